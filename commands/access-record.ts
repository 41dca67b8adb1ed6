/**
 * The access record on a disk: `access.log`, and `refused.log` of who was refused. Anybody may be refused, as often as he likes: in a ring
 * of their own those lines push out none that says who saw what. It knows whether lines of `access.log` are lost.
 */
import { randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { BadSetting, type Settings } from '#settings/settings.ts';
import { syncDirectory } from '#settings/sync-directory.ts';

import { LogFile, type LogPlace, logsOf } from './log-file.ts';
import { counted } from './progress.ts';

export interface RecordOptions {
  readonly settings: Pick<Settings, 'dataDir' | 'accessLogDir' | 'accessLogBytes'>;
  /** One line for the person who started us. */
  readonly print: (line: string) => void;
  /** Told when lines begin to be lost, and when they are written again (null). */
  readonly onLost: (since: Date | null) => void;
}

interface Lost {
  lines: number;
  readonly since: Date;
}

export class AccessRecord implements Disposable {
  readonly #done: LogFile;
  readonly #refused: LogFile;
  readonly #options: RecordOptions;
  #lost: Lost | undefined;

  /** @throws BadSetting where it cannot be written to, or its number not be read */
  static async open(options: RecordOptions): Promise<AccessRecord> {
    return new AccessRecord(options, await placeOf(options.settings));
  }

  private constructor(options: RecordOptions, place: LogPlace) {
    this.#options = options;
    this.#done = new LogFile(place, 'access', options.settings.accessLogBytes);
    this.#refused = new LogFile(place, 'refused');
  }

  /** One line of JSON. Never throws. */
  write(line: string, { isRefusal }: { isRefusal: boolean }): void {
    if (isRefusal) {
      // Lost, it is neither told nor counted: one that finds room in its own last block would end the alarm, and the next begin it again.
      this.#refused.write(line);
      return;
    }
    const trouble = this.#done.write(line);
    if (trouble !== undefined) this.#lose(trouble);
    else if (this.#lost) this.#goOn(this.#lost);
  }

  [Symbol.dispose](): void {
    // No line comes behind which it would stand.
    if (this.#lost && !this.#noteGap(this.#lost)) {
      const { lines, since } = this.#lost;
      this.#options.print(
        `${counted(lines, 'line')} of the access record since ${since.toISOString()} are lost, and there is no room in it to say so.`,
      );
    }
    this.#done.close();
    this.#refused.close();
  }

  #lose(trouble: string): void {
    if (this.#lost) {
      this.#lost.lines++;
      return;
    }
    const since = new Date();
    this.#lost = { lines: 1, since };
    const { print, onLost, settings } = this.#options;
    const place = settings.accessLogDir === undefined ? 'logs in DATA_DIR' : 'ACCESS_LOG_DIR';
    print(`The access record cannot be written, and lines of it are lost (${trouble}). Look at the disk of ${place}.`);
    onLost(since);
  }

  #goOn(lost: Lost): void {
    // Where there was room for no more than one line, it is written behind the next one.
    if (!this.#noteGap(lost)) return;
    const { print, onLost } = this.#options;
    const { lines, since } = lost;
    this.#lost = undefined;
    print(`The access record is written again; ${lines} of its lines since ${since.toISOString()} are lost.`);
    onLost(null);
  }

  /** What is missing stands in the record itself, too. @returns whether there was room for it */
  #noteGap({ lines, since }: Lost): boolean {
    const gap = { level: 40, time: new Date(), lost: lines, since, msg: 'lines of the record are lost' };
    return this.#done.write(JSON.stringify(gap)) === undefined;
  }
}

/**
 * Machines that share the directory have one each, of their name. Of two Lightboxes on one machine, or of two machines with one name, each
 * still has its own: by a number that it keeps in its DATA_DIR.
 */
async function placeOf({ dataDir, accessLogDir: value }: RecordOptions['settings']): Promise<LogPlace> {
  if (value === undefined) return logsOf(dataDir);
  return {
    setting: 'ACCESS_LOG_DIR',
    value,
    within: `${hostname()}-${await ownNumber(dataDir)}`,
  };
}

/** @throws BadSetting where it cannot be read, or is none: another one in its place would part the record; or cannot be written */
async function ownNumber(dataDir: string): Promise<string> {
  const path = join(dataDir, 'record-number');
  const kept = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new BadSetting('DATA_DIR', dataDir, `one of the user who starts Lightbox (${cause.message})`, { cause });
  });
  if (kept === undefined) return await newNumber(dataDir, path);
  // A person who put it back with an editor put an end of line behind it.
  const number = kept.trim();
  if (/^[0-9a-f]{8}$/.test(number)) return number;
  throw new BadSetting(
    'DATA_DIR',
    dataDir,
    `eight digits from 0 to f in its file record-number, after which the directory in ACCESS_LOG_DIR is named; write those of this machine's directory into it, or remove the file to begin another directory`,
  );
}

async function newNumber(dataDir: string, path: string): Promise<string> {
  const number = randomBytes(4).toString('hex');
  const unfinished = `${path}.new`;
  try {
    {
      await using file = await open(unfinished, 'w', 0o600);
      await file.writeFile(number);
      await file.sync();
    }
    await rename(unfinished, path);
    await syncDirectory(dataDir);
  } catch (cause) {
    const room = `one with room for the number of the access record, and that may be written to (${(cause as Error).message})`;
    throw new BadSetting('DATA_DIR', dataDir, room, { cause });
  }
  return number;
}
