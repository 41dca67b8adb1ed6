/** The data set of an instance on its way out by C-STORE: as stored where the peer takes that, or re-encoded. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Way } from '#dicom/dimse/store-contexts.ts';
import type { Transcoded } from '#derive/transcoded.ts';
import { PixelPoolSaturated } from '#derive/pixel-pool.ts';
import type { InstanceRow } from '#index/instances.ts';
import { transferSyntaxOf } from '#dicom/syntax/all.ts';
import { limits } from '#settings/limits.ts';
import { giveBlock, takeBlock } from '#storage/block-pool.ts';
import { ObjectTooShort, type Storage } from '#storage/storage.ts';
import type { RetrieveParts, RetrievedInstance } from '../retrieve.ts';
import { inSyntax } from '../transcoded.ts';

export type OutgoingParts = Pick<RetrieveParts, 'storage' | 'pixels'>;

export interface Outgoing {
  /** Whole, or in pieces. */
  readonly dataset: Buffer | AsyncGenerator<Uint8Array, void, void>;
  /** The peer has all of it: its memory may be used again. */
  sent(): void;
  /** It is not wanted any more. */
  close(): void;
}

const { wholeBytes, decoderTries, decoderWaitMs } = limits.retrieve;

/**
 * What can fail fails here, before a byte of it is sent: half a message cannot be taken back.
 * @throws Problem, StorageFailed, BadDataset, PixelPoolSaturated
 */
export async function openOutgoing(
  instance: RetrievedInstance,
  { isAsStored, transferSyntaxUID }: Pick<Way, 'isAsStored' | 'transferSyntaxUID'>,
  { storage, pixels }: OutgoingParts,
  signal: AbortSignal,
): Promise<Outgoing> {
  const { row } = instance;
  if (!isAsStored) {
    const syntax = transferSyntaxOf(transferSyntaxUID);
    const { pieces } = await withPatience(() => inSyntax(instance, syntax, { storage, pixels }, signal), signal);
    return await begun(pieces);
  }
  if (row.length <= wholeBytes) return await storedWhole(row, storage);
  const found = await storage.length(row.key);
  if (found === undefined || found < row.offset + row.length)
    throw new ObjectTooShort(`object ${row.key} has ${found ?? 'no'} bytes`);
  return inPieces(storedPieces(row, storage));
}

/** In a block that is used again: a fresh buffer for each object costs more than sending it. */
async function storedWhole({ key, offset, length }: InstanceRow, storage: Storage): Promise<Outgoing> {
  const block = takeBlock();
  try {
    const dataset = await storage.readRange(key, offset, length, block);
    // What was not sent may still lie in the socket's queue, and is left to the garbage collector.
    return { dataset, sent: () => giveBlock(block), close() {} };
  } catch (error) {
    giveBlock(block);
    throw error;
  }
}

function inPieces(dataset: AsyncGenerator<Uint8Array, void, void>): Outgoing {
  return { dataset, sent() {}, close: () => void dataset.return().catch(() => {}) };
}

/** Each piece is read while the one before it is sent. */
async function* storedPieces(
  { key, offset, length }: InstanceRow,
  storage: Storage,
): AsyncGenerator<Uint8Array, void, void> {
  const read = (at: number) => {
    const piece = storage.readRange(key, offset + at, Math.min(wholeBytes, length - at));
    piece.catch(() => {}); // told when its turn comes
    return piece;
  };
  let next = read(0);
  for (let at = wholeBytes; at < length; at += wholeBytes) {
    const piece = await next;
    next = read(at);
    yield piece;
  }
  yield await next;
}

/** Takes what comes until it is all, or too much to be kept: then the rest follows when it is asked for. */
async function begun(pieces: AsyncIterable<Uint8Array>): Promise<Outgoing> {
  const rest = pieces[Symbol.asyncIterator]();
  const kept: Uint8Array[] = [];
  let bytes = 0;
  while (bytes <= wholeBytes) {
    const { done, value } = await rest.next();
    if (done === true) return { dataset: Buffer.concat(kept, bytes), sent() {}, close() {} };
    kept.push(value);
    bytes += value.length;
  }
  const all = async function* (): AsyncGenerator<Uint8Array, void, void> {
    yield* kept.splice(0);
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  };
  return { dataset: all(), sent() {}, close: () => void rest.return?.().catch(() => {}) };
}

/** A request of many images has time: one that finds every decoder busy comes again. */
async function withPatience(transcode: () => Promise<Transcoded>, signal: AbortSignal): Promise<Transcoded> {
  for (let tried = 1; ; tried++) {
    try {
      return await transcode();
    } catch (error) {
      if (!(error instanceof PixelPoolSaturated) || tried === decoderTries) throw error;
      await delay(decoderWaitMs, undefined, { signal });
    }
  }
}
