/**
 * The instances of one answer, each as far open as tells whether it can be read: until its status is said an answer can still
 * leave one out (PS3.18 Section 10.4.3).
 */
import type { Response } from 'express';
import { patiently } from '#derive/patiently.ts';
import { blockBytes } from '#storage/block-pool.ts';
import { datasetStream, fileMetaOf } from '../retrieve.ts';
import type { RetrieveParts } from '../retrieve.ts';
import { inSyntax } from '../transcoded.ts';
import type { Given } from './decodable.ts';
import { lostBefore, reasonToLeaveOut, rememberLost } from '../unreadable.ts';
import { quotable } from './negotiate.ts';
import { begun, readBlock, sendBlock, sendPieces } from './send.ts';

/** Where an answer goes, and what it is read with. */
export interface Answering {
  readonly response: Response;
  readonly signal: AbortSignal;
  readonly parts: RetrieveParts;
}

/** What one answer gives, and how many that were asked for it does not. */
export interface Giving {
  readonly given: readonly Given[];
  readonly missing: number;
}

/** What is left out is said by the status (10.4.3), and why by a warning. */
export function sayLeftOut(response: Response, count: number, why: string): void {
  response.removeHeader('ETag'); // of all that there is
  response.status(206).set('Warning', `299 lightbox "${count} instances are left out: ${quotable(why)}"`);
}

/** Preamble and file meta information in the syntax in which it is given. */
export function headOf({ instance, syntax }: Given): Buffer {
  return fileMetaOf({ ...instance, syntax });
}

/**
 * Each that can be read, in order. One that cannot is left out while the status can say so, and breaks the answer off later.
 * @param opening  begins to read one
 * @throws what reading the last of them throws, where none can be read
 */
export async function* openedOf<Opened>(
  { given, missing }: Giving,
  opening: (each: Given) => Promise<Opened>,
  { response, signal, parts }: Answering,
): AsyncGenerator<{ readonly each: Given; readonly opened: Opened }> {
  const before = await lostBefore(
    given.map(({ instance }) => instance),
    parts,
  );
  const [why] = before.values();
  if (why && before.size === given.length) throw why;
  let leftOut = before.size;
  if (why) sayLeftOut(response, missing + leftOut, why.message);
  for (const each of given) {
    if (before.has(each.instance)) continue;
    if (signal.aborted) return;
    const open = (): Promise<Opened> => opening(each);
    // Once the status has said that it comes, it waits for its turn.
    const opened = await (response.headersSent ? patiently(open, signal) : open()).catch((error: unknown) => {
      if (response.headersSent) rememberLost(error, each.instance);
      const why = response.headersSent ? undefined : reasonToLeaveOut(error, each.instance, parts.log);
      if (!why || ++leftOut === given.length) throw error;
      sayLeftOut(response, missing + leftOut, why.message);
    });
    if (opened) yield { each, opened };
  }
}

/** The data set of one as pieces, of which the first has been read. */
export async function openPieces(
  { instance, syntax, opened }: Given,
  { response, signal, parts }: Answering,
): Promise<{ length: number | undefined; pieces: AsyncIterable<Uint8Array> }> {
  const found =
    opened ??
    (syntax === instance.syntax
      ? { length: instance.row.length, pieces: datasetStream(instance, parts.storage) }
      : await inSyntax(instance, syntax, parts, signal));
  return { length: found.length, pieces: await begun(response, found.pieces) };
}

/** The same, for one that is sent as it is. */
export async function open(
  given: Given,
  answering: Answering,
): Promise<{ length: number | undefined; send(): Promise<void> }> {
  const { response, signal, parts } = answering;
  const { instance, syntax, opened } = given;
  const { key, offset, length } = instance.row;
  const isAsStored = !opened && syntax === instance.syntax;
  // Its headers are all of the answer (RFC 9110 Section 9.3.2).
  if (response.req.method === 'HEAD' && isAsStored) return { length, send: async () => {} };
  if (isAsStored && length <= blockBytes) {
    const block = await readBlock((into) => parts.storage.readRange(key, offset, length, into));
    return { length, send: () => sendBlock(response, block, signal) };
  }
  const found = await openPieces(given, answering);
  return { length: found.length, send: () => sendPieces(response, found.pieces, signal) };
}
