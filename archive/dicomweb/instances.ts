/**
 * WADO-RS of studies, series and instances (PS3.18 Section 10.4.1.1): as stored, decoded to Explicit VR Little Endian, or
 * compressed without loss for who names another transfer syntax.
 */
import type { Response } from 'express';
import type { Resource } from '#archive/http/resource.ts';
import { Problem } from '#archive/problems.ts';
import { datasetStream, fileMetaOf, retrieve } from '#archive/retrieve.ts';
import type { RetrieveParts, RetrievedInstance } from '#archive/retrieve.ts';
import { canBeDecoded, compressible, inSyntax } from '#archive/transcoded.ts';
import { decodableOf } from '#archive/dicomweb/decodable.ts';
import type { Given } from '#archive/dicomweb/decodable.ts';
import { lostBefore, reasonToLeaveOut, rememberLost } from '#archive/unreadable.ts';
import { acceptedBy, answerUnchanged, quotable } from '#archive/dicomweb/negotiate.ts';
import { begun, readBlock, sendBlock, sendPieces } from '#archive/dicomweb/send.ts';
import { selectionOf } from '#archive/dicomweb/selection.ts';
import { patiently } from '#derive/patiently.ts';
import { blockBytes } from '#storage/block-pool.ts';
import { explicitLittleEndian } from '#dicom/syntax/native.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { choose } from '#dicom/web/media-types.ts';
import type { Accepted, Offer } from '#dicom/web/media-types.ts';
import { multipart } from '#dicom/web/multipart.ts';

const paths = [
  '/studies/:StudyInstanceUID',
  '/studies/:StudyInstanceUID/series/:SeriesInstanceUID',
  '/studies/:StudyInstanceUID/series/:SeriesInstanceUID/instances/:SOPInstanceUID',
];
const type = 'application/dicom';

export function instanceResources(parts: RetrieveParts): Resource[] {
  return paths.map((path) => ({
    method: 'get' as const,
    path,
    right: 'read' as const,
    handle: async (request, response, signal) => {
      const accepted = acceptedBy(request);
      const found = await retrieve(selectionOf(request), request.caller, [], parts);
      const chosen = found.flatMap((instance) => chosenOf(instance, accepted));
      if (chosen.length === 0) throw notAcceptable(found);
      const single = chosen.every((each) => each.single);
      if (single && found.length > 1)
        throw new Problem('notAcceptable', `several instances come as multipart/related; type="${type}"`);
      const { given, leftOut } = await decodableOf(chosen, parts, signal);
      const [first] = given;
      if (!first) throw leftOut[0] ?? notAcceptable(found);
      const what = given.map(({ instance, syntax }) => `${instance.row.digest.toString('base64url')} ${syntax.uid}`);
      if (answerUnchanged(request, response, `${what.join()} ${single}`)) return;
      const missing = found.length - given.length;
      if (missing > 0) sayLeftOut(response, missing, leftOut[0]?.message ?? notAcceptable(found).message);
      if (single) await sendSingle(first, response, signal, parts);
      else await sendMultipart({ given, missing, what: what.join() }, response, signal, parts);
    },
  }));
}

interface DicomOffer extends Offer {
  readonly syntax: TransferSyntax;
}

function chosenOf(instance: RetrievedInstance, accepted: Accepted): (Given & { single: boolean })[] {
  const choice = choose(accepted, offersOf(instance));
  if (!choice) return [];
  return [{ instance, syntax: choice.offer.syntax, single: choice.range.type === type }];
}

/**
 * Explicit VR Little Endian for who names no transfer syntax (Table 8.7.3-2); as stored for who names that, or any;
 * compressed for who names the syntax.
 */
function offersOf(instance: RetrievedInstance): DicomOffer[] {
  const { syntax } = instance;
  const explicit = explicitLittleEndian;
  const compressed = compressible(instance).map((into) => ({ type, answers: [into.uid], syntax: into }));
  if (syntax === explicit) return [{ type, answers: ['', '*', explicit.uid], syntax }, ...compressed];
  const stored = { type, answers: ['*', syntax.uid], syntax, toAnybody: true };
  if (!canBeDecoded(instance)) return [stored];
  return [{ type, answers: ['', explicit.uid], syntax: explicit }, stored, ...compressed];
}

function notAcceptable(found: readonly RetrievedInstance[]): Problem {
  const syntaxes = [...new Set(found.map(({ syntax }) => syntax))];
  const [first] = syntaxes;
  const why = first?.encapsulated && !first.decodeFrame && first.undecodable ? ` (${first.undecodable})` : '';
  return new Problem(
    'notAcceptable',
    `nothing that is accepted can be given: instances are ${type}, stored as ${syntaxes.map(({ uid }) => uid).join(', ')}${why}`,
  );
}

function headOf({ instance, syntax }: Given): Buffer {
  return fileMetaOf({ ...instance, syntax });
}

async function sendSingle(given: Given, response: Response, signal: AbortSignal, parts: RetrieveParts): Promise<void> {
  const head = headOf(given);
  const { length, send } = await open(given, response, parts, signal);
  response.set('Content-Type', `${type}; transfer-syntax=${given.syntax.uid}`);
  if (length !== undefined) response.set('Content-Length', String(head.length + length));
  response.write(head);
  await send();
  response.end();
}

/** What is left out is said by the status (10.4.3), and why by a warning. */
function sayLeftOut(response: Response, count: number, why: string): void {
  response.status(206).set('Warning', `299 lightbox "${count} instances are left out: ${quotable(why)}"`);
}

/** @throws what reading the last of them throws, where none can be read */
async function sendMultipart(
  { given, missing, what }: { readonly given: readonly Given[]; readonly missing: number; readonly what: string },
  response: Response,
  signal: AbortSignal,
  parts: RetrieveParts,
): Promise<void> {
  const form = multipart(type, what);
  response.set('Content-Type', form.contentType);
  const before = await lostBefore(
    given.map(({ instance }) => instance),
    parts,
  );
  const [why] = before.values();
  if (why && before.size === given.length) throw why;
  let leftOut = before.size;
  if (why) {
    response.removeHeader('ETag'); // of all that there is
    sayLeftOut(response, missing + leftOut, why.message);
  }
  for (const each of given) {
    if (before.has(each.instance)) continue;
    if (signal.aborted) return;
    const opening = (): ReturnType<typeof open> => open(each, response, parts, signal);
    // Once the status has said that it comes, it waits for its turn.
    const found = await (response.headersSent ? patiently(opening, signal) : opening()).catch((error: unknown) => {
      if (response.headersSent) rememberLost(error, each.instance);
      const why = response.headersSent ? undefined : reasonToLeaveOut(error, each.instance, parts.log);
      if (!why || ++leftOut === given.length) throw error;
      response.removeHeader('ETag'); // of all that there is
      sayLeftOut(response, missing + leftOut, why.message);
    });
    if (!found) continue;
    response.write(Buffer.concat([form.head(`${type}; transfer-syntax=${each.syntax.uid}`), headOf(each)]));
    await found.send().catch((error: unknown) => {
      rememberLost(error, each.instance);
      throw error;
    });
  }
  response.end(form.tail);
}

/** Reads as much of it as tells whether it can be read, so that the answer can still say that it cannot. */
async function open(
  { instance, syntax, opened }: Given,
  response: Response,
  parts: RetrieveParts,
  signal: AbortSignal,
): Promise<{ length: number | undefined; send(): Promise<void> }> {
  const { storage } = parts;
  const { key, offset, length } = instance.row;
  // Its headers are all of the answer (RFC 9110 Section 9.3.2).
  if (response.req.method === 'HEAD' && !opened && syntax === instance.syntax) return { length, send: async () => {} };
  if (!opened && syntax === instance.syntax && length <= blockBytes) {
    const block = await readBlock((into) => storage.readRange(key, offset, length, into));
    return { length, send: () => sendBlock(response, block, signal) };
  }
  const found =
    opened ??
    (syntax === instance.syntax
      ? { length, pieces: datasetStream(instance, storage) }
      : await inSyntax(instance, syntax, parts, signal));
  const pieces = await begun(response, found.pieces);
  return { length: found.length, send: () => sendPieces(response, pieces, signal) };
}
