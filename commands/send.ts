/**
 * `lightbox send`: sends DICOM files to a device (C-STORE, PS3.4 Annex B), as they are where it takes that, else written
 * anew as C-MOVE does: decoded, or compressed without loss.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { leave } from '#access/leave-association.ts';
import { inSyntax } from '#derive/in-syntax.ts';
import { PixelPool } from '#derive/pixel-pool.ts';
import { isUid, type Uid } from '#dicom/data/uid.ts';
import { sopClassName } from '#dicom/data/sop-class.ts';
import type { Exchange } from '#dicom/dimse/exchange.ts';
import { store } from '#dicom/dimse/requests.ts';
import { planAssociations, waysOver, type PlannedAssociation, type Way } from '#dicom/dimse/store-contexts.ts';
import { openPart10 } from '#dicom/file/part10-reader.ts';
import { AssociationLost } from '#dicom/network/association-user.ts';
import { losslessEncodings, transferSyntaxOf } from '#dicom/syntax/all.ts';
import { limits } from '#settings/limits.ts';

import { BadUsage, type Command } from './command.ts';
import { type DicomFile, filesBelow, type FoundFile, recognise } from './dicom-files.ts';
import { fileInstance } from './file-instance.ts';
import { inOrder } from './in-order.ts';
import { interruptible } from './interruptible.ts';
import { associate, isSuccess, type Peer, peerUsage, readPeerArgs, statusText } from './peer.ts';
import { counted, duration, Progress, size } from './progress.ts';

/** Files whose presentation contexts are negotiated together. */
const filesAtOnce = 500;
const recognisedAtOnce = 16;

interface Instance {
  readonly file: DicomFile;
  readonly sopClassUID: Uid;
  readonly sopInstanceUID: Uid;
  readonly transferSyntaxUID: Uid;
}

export const send: Command = {
  usage: `AET@host:port ${peerUsage} FILE|DIR …`,
  help: {
    en: 'sends DICOM files, and every one below a directory, to a device (C-STORE)',
    vi: 'gửi các tệp DICOM, và mọi tệp trong thư mục, đến một thiết bị (C-STORE)',
  },
  async run(args, settings) {
    const { peer, others } = await readPeerArgs(args, settings, {});
    if (others.length === 0) throw new BadUsage('name the files or directories to send');
    for (const path of others)
      if (!(await stat(path).catch(() => undefined))) throw new Error(`${path} cannot be read. Check the path.`);
    return await interruptible(async (signal) => {
      await using pixels = new PixelPool(limits.pixels);
      return await new Sending(peer, pixels, signal).run(others);
    });
  },
};

class Sending {
  readonly #peer: Peer;
  readonly #pixels: PixelPool;
  readonly #signal: AbortSignal;
  readonly #progress = new Progress({ unit: 'files' });
  #sent = 0;
  #warnings = 0;
  #failed = 0;
  #others = 0;

  constructor(peer: Peer, pixels: PixelPool, signal: AbortSignal) {
    this.#peer = peer;
    this.#pixels = pixels;
    this.#signal = signal;
  }

  /** @returns exit status */
  async run(paths: readonly string[]): Promise<number> {
    using progress = this.#progress;
    void progress.expectAll(lengths(paths));
    let stopped: unknown;
    try {
      for await (const lot of this.#lots(paths))
        for (const planned of planAssociations(lot, (instance) => instance, losslessEncodings))
          await this.#deliver(planned);
    } catch (error) {
      stopped = error;
    }
    this.#summarise();
    if (this.#signal.aborted) progress.line('Interrupted; send again to go on.');
    else if (stopped) throw stopped;
    return this.#signal.aborted || this.#failed > 0 ? 1 : 0;
  }

  async *#lots(paths: readonly string[]): AsyncGenerator<Instance[]> {
    let lot: Instance[] = [];
    for await (const recognised of inOrder(filesOf(paths), recognisedAtOnce, recognise)) {
      if (this.#signal.aborted) return;
      const { kind, file } = recognised;
      if (kind === 'unreadable') this.#fail(file, recognised.reason);
      else if (kind !== 'instance') this.#passOver(file, kind === 'directory' ? 'a DICOMDIR' : 'not a DICOM file');
      if (kind !== 'instance') continue;
      const { SOPClassUID = '', SOPInstanceUID = '', transferSyntaxUID } = recognised.file;
      if (isUid(SOPClassUID) && isUid(SOPInstanceUID) && isUid(transferSyntaxUID))
        lot.push({
          file: recognised.file,
          sopClassUID: SOPClassUID,
          sopInstanceUID: SOPInstanceUID,
          transferSyntaxUID,
        });
      else this.#fail(file, 'its file meta information does not name SOP class and instance; import it and send it on');
      if (lot.length < filesAtOnce) continue;
      yield lot;
      lot = [];
    }
    if (lot.length > 0) yield lot;
  }

  /** One association; where the device ends it, the rest over another. @throws Error when there is none to be had */
  async #deliver({ contexts, instances }: PlannedAssociation<Instance>): Promise<void> {
    const left = [...instances];
    let inVain = 0;
    while (left.length > 0 && !this.#signal.aborted) {
      const exchange = await associate(this.#peer, { contexts });
      const before = left.length;
      try {
        await this.#sendOver(exchange, left);
      } catch (error) {
        if (!(error instanceof AssociationLost)) throw error;
        inVain = left.length < before ? 0 : inVain + 1;
        if (inVain > limits.retrieve.reconnections)
          this.#fail((left.shift() as Instance).file, `${this.#peer.aeTitle} ended the association: ${error.message}`);
      } finally {
        await leave(exchange);
      }
    }
  }

  /** Takes instances off `left` as they are answered. @throws AssociationLost */
  async #sendOver(exchange: Exchange<undefined>, left: Instance[]): Promise<void> {
    const wayOf = waysOver(exchange.contexts.values(), losslessEncodings);
    for (let instance = left[0]; instance && !this.#signal.aborted; instance = left[0]) {
      const way = wayOf(instance);
      if (way) await this.#sendOne(exchange, instance, way);
      else this.#fail(instance.file, `${this.#peer.aeTitle} takes no ${nameOf(instance.sopClassUID)}`);
      left.shift();
    }
  }

  async #sendOne(exchange: Exchange<undefined>, instance: Instance, way: Way): Promise<void> {
    const { file, sopClassUID, sopInstanceUID } = instance;
    let broken: unknown;
    const watched = async function* (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      try {
        yield* pieces;
      } catch (error) {
        broken = error;
        throw error;
      }
    };
    try {
      const dataset = watched(await this.#datasetOf(instance, way));
      const transferSyntaxUID = way.transferSyntaxUID as Uid;
      const answer = await store(exchange, { sopClassUID, sopInstanceUID, transferSyntaxUID, dataset });
      if (!isSuccess(answer.status)) return this.#fail(file, statusText(answer.status, answer.errorComment));
      this.#sent++;
      if (answer.status !== 0) {
        this.#warnings++;
        this.#progress.line(`warning: ${file.path}  ${statusText(answer.status, answer.errorComment)}`);
      }
      this.#progress.add(file.length);
    } catch (error) {
      // What the file did is told of the file: the association went because half of it was sent.
      if (broken === undefined && error instanceof AssociationLost) throw error;
      const what = way.isAsStored ? 'cannot be read' : this.#cannotBeWritten(instance);
      this.#fail(file, `${what}: ${((broken ?? error) as Error).message}`);
    }
  }

  /** As it stands in the file, or written anew as the way wants it: what can fail early fails before anything is sent. */
  async #datasetOf({ file, transferSyntaxUID }: Instance, way: Way): Promise<AsyncIterable<Uint8Array>> {
    if (way.isAsStored)
      return (await openPart10(createReadStream(file.location, { highWaterMark: limits.retrieve.wholeBytes }))).dataset;
    const instance = await fileInstance(file, transferSyntaxOf(transferSyntaxUID));
    const [pixels, signal] = [this.#pixels, this.#signal];
    const into = transferSyntaxOf(way.transferSyntaxUID);
    const { pieces } = await inSyntax(instance, into, pixels, signal);
    return pieces;
  }

  #cannotBeWritten({ transferSyntaxUID }: Instance): string {
    const { name } = transferSyntaxOf(transferSyntaxUID);
    return `${this.#peer.aeTitle} takes no ${name}, and it cannot be written otherwise`;
  }

  #fail(file: FoundFile, reason: string): void {
    this.#failed++;
    this.#progress.add(file.length);
    this.#progress.line(`failed: ${file.path}  ${reason}`);
  }

  #passOver(file: FoundFile, what: string): void {
    this.#others++;
    this.#progress.add(file.length);
    this.#progress.line(`passed over: ${file.path}  ${what}`);
  }

  #summarise(): void {
    const progress = this.#progress;
    const { count, bytes } = progress.done;
    progress.line(`${counted(count, 'file')} (${size(bytes)}) in ${duration(progress.elapsedMs)}:`);
    progress.line(`  ${counted(this.#sent, 'image')} sent to ${this.#peer.aeTitle}`);
    if (this.#warnings > 0) progress.line(`  ${this.#warnings} of them with a warning`);
    if (this.#others > 0) progress.line(`  ${counted(this.#others, 'file')} passed over`);
    if (this.#failed > 0) progress.line(`  ${counted(this.#failed, 'file')} failed, as listed above`);
  }
}

function nameOf(sopClassUID: Uid): string {
  return sopClassName(sopClassUID) ?? sopClassUID;
}

async function* filesOf(paths: readonly string[]): AsyncGenerator<FoundFile> {
  for (const path of paths) {
    const found = await stat(path);
    if (found.isDirectory()) yield* filesBelow(path);
    else yield { path, location: path, length: found.size };
  }
}

async function* lengths(paths: readonly string[]): AsyncGenerator<number> {
  for await (const { length } of filesOf(paths)) yield length;
}
