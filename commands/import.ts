/**
 * `lightbox import DIR`: sends every DICOM file below a directory to the running Lightbox, through the same door as
 * everybody else. Safe to repeat: what is there already changes nothing.
 */
import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createToken, revokeToken } from '#access/tokens.ts';
import type { Settings } from '#settings/settings.ts';

import { BadUsage, type Command } from './command.ts';
import { isDataDirLocked } from './data-dir-lock.ts';
import { type DicomFile, filesBelow, type FoundFile, recognise } from './dicom-files.ts';
import { inOrder } from './in-order.ts';
import { interruptible } from './interruptible.ts';
import { counted, duration, Progress, size } from './progress.ts';
import { readRunFile } from './run-file.ts';
import { NotNow, type Outcome, StoreClient } from './store-files.ts';
import { withDatabase } from './with-database.ts';

/** A request is closed when it has so many files, or so many bytes. */
const filesPerRequest = 100;
const bytesPerRequest = 256 * 1024 * 1024;
/** One is on the disk of the archive while the next is read here. */
const requestsAtOnce = 2;
const recognisedAtOnce = 16;
/** How long a Lightbox that restarts, or whose database does, is waited for. */
const patienceMs = 5 * 60_000;
const retryMs = 2_000;

const cannotUnderstand = 0xc000;

export const importDirectory: Command = {
  usage: 'DIR',
  help: {
    en: 'sends every DICOM file below a directory to the running Lightbox; repeating it does no harm',
    vi: 'gửi mọi tệp DICOM trong thư mục vào Lightbox đang chạy; chạy lại cũng không sao',
  },
  async run(args, settings) {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
    const [directory = '', ...more] = positionals;
    if (directory === '' || more.length > 0) throw new BadUsage('import takes one directory');
    const found = await stat(directory).catch(() => undefined);
    if (!found?.isDirectory()) throw new Error(`${directory} is not a directory that can be read.`);
    return await importFrom(directory, settings, await runningAddress(settings));
  },
};

/** Where the Lightbox on this DATA_DIR answers. @throws Error with one line that says what to do */
async function runningAddress({ dataDir, tls }: Settings): Promise<string> {
  const running = (await isDataDirLocked(dataDir)) ? await readRunFile(dataDir) : undefined;
  if (running?.http === undefined)
    throw new Error(
      `No Lightbox is running on DATA_DIR ${dataDir}; start it ("npm start"), or give the DATA_DIR of the one that runs, and import again.`,
    );
  if (running.http.startsWith('https:') && !tls)
    throw new Error('Lightbox runs with TLS; set TLS_CERT and TLS_KEY here as they are set there.');
  return running.http;
}

async function importFrom(directory: string, settings: Settings, address: string): Promise<number> {
  return await interruptible((signal) =>
    withDatabase(settings, async ({ pool }) => {
      const name = `import ${new Date().toISOString()} ${process.pid}`;
      const token = await createToken({ database: pool, name, rights: ['store'] });
      if (token === undefined) throw new Error(`There is a token "${name}" already; import again.`);
      try {
        const destination = { address, token, certPath: settings.tls?.certPath };
        using client = await StoreClient.open(destination, signal);
        return await new Import(client, signal).run(directory);
      } finally {
        await revokeToken({ database: pool, name });
      }
    }),
  );
}

class Import {
  readonly #client: StoreClient;
  readonly #signal: AbortSignal;
  readonly #progress = new Progress({ unit: 'files' });
  #stored = 0;
  #failed = 0;
  #directories = 0;
  #others = 0;

  constructor(client: StoreClient, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  /** @returns exit status */
  async run(directory: string): Promise<number> {
    using progress = this.#progress;
    void progress.expectAll(lengths(directory));
    let stopped: unknown;
    try {
      const requests = this.#requests(directory);
      for await (const outcomes of inOrder(requests, requestsAtOnce, (files) => this.#send(files)))
        for (const outcome of outcomes) this.#note(outcome);
    } catch (error) {
      stopped = error;
    }
    this.#summarise();
    if (this.#signal.aborted) progress.line('Interrupted; import again to go on.');
    else if (stopped instanceof NotNow)
      progress.line(`Stopped, because Lightbox does not take more: ${stopped.message}. Import again to go on.`);
    else if (stopped) throw stopped;
    return stopped || this.#failed > 0 ? 1 : 0;
  }

  /** The instances below a directory, in lots for one request each; what is none is counted on the way. */
  async *#requests(directory: string): AsyncGenerator<DicomFile[]> {
    let files: DicomFile[] = [];
    let bytes = 0;
    for await (const recognised of inOrder(filesBelow(directory), recognisedAtOnce, recognise)) {
      this.#signal.throwIfAborted();
      const { kind, file } = recognised;
      if (kind === 'unreadable') this.#fail(file, recognised.reason);
      else if (kind === 'directory') this.#passOver(file, 'a table of contents (DICOMDIR)');
      else if (kind === 'other') this.#passOver(file);
      if (kind !== 'instance') continue;
      files.push(recognised.file);
      bytes += file.length;
      if (files.length < filesPerRequest && bytes < bytesPerRequest) continue;
      yield files;
      files = [];
      bytes = 0;
    }
    if (files.length > 0) yield files;
  }

  /** Sends one lot, as often as it takes while Lightbox is away for a moment. @throws NotNow */
  async #send(files: readonly DicomFile[]): Promise<Outcome[]> {
    const until = performance.now() + patienceMs;
    for (;;) {
      try {
        return await this.#client.store(files);
      } catch (error) {
        if (!(error instanceof NotNow)) throw error;
        const waitMs = error.retryAfterMs ?? retryMs;
        if (performance.now() + waitMs > until) throw error;
        await delay(waitMs, undefined, { signal: this.#signal });
      }
    }
  }

  #note({ file, refused, status }: Outcome): void {
    if (refused === undefined) {
      this.#stored++;
      this.#progress.add(file.length);
    } else if (status === cannotUnderstand && !file.prefixed) {
      // It began as a bare data set might, and was none.
      this.#passOver(file);
    } else {
      this.#fail(file, refused);
    }
  }

  #fail(file: FoundFile, reason: string): void {
    this.#failed++;
    this.#progress.add(file.length);
    this.#progress.line(`failed: ${file.path}  ${reason}`);
  }

  #passOver(file: FoundFile, what?: string): void {
    if (what === undefined) this.#others++;
    else this.#directories++;
    this.#progress.add(file.length);
    this.#progress.line(`passed over: ${file.path}  ${what ?? 'not a DICOM file'}`);
  }

  #summarise(): void {
    const progress = this.#progress;
    const { count, bytes } = progress.done;
    progress.line(`${counted(count, 'file')} (${size(bytes)}) in ${duration(progress.elapsedMs)}:`);
    progress.line(`  ${counted(this.#stored, 'instance')} stored, or there already`);
    if (this.#directories > 0) progress.line(`  ${counted(this.#directories, 'DICOMDIR')} passed over`);
    if (this.#others > 0) progress.line(`  ${counted(this.#others, 'file')} passed over: not DICOM`);
    if (this.#failed > 0) progress.line(`  ${counted(this.#failed, 'file')} failed, as listed above`);
  }
}

async function* lengths(directory: string): AsyncGenerator<number> {
  for await (const { length } of filesBelow(directory)) yield length;
}
