/**
 * The transfer syntax that a data set is in, where that is another of those without compressed pixels than its file says (PS3.10
 * Section 7.1), or than the presentation context that it came in has. Only certain signs count, as in `observedEncoding`.
 */
import { constants, inflateRawSync, inflateSync } from 'node:zlib';
import { type Uid, uid } from '../data/uid.ts';
import { isZlib, observedEncoding, startsAsExplicit } from './leniencies.ts';
import type { Encoding } from './element-header.ts';
import { Prefix } from './prefix.ts';
import {
  deflatedExplicitLittleEndian,
  explicitBigEndian,
  explicitLittleEndian,
  implicitLittleEndian,
} from '../syntax/native.ts';

const deflated = deflatedExplicitLittleEndian.uid;

const encodings: ReadonlyMap<string, Encoding> = new Map(
  [implicitLittleEndian, explicitLittleEndian, explicitBigEndian].map((syntax) => [syntax.uid, syntax]),
);

/** So many first bytes of a data set show how it is written, also when it is deflated. */
export const telltaleBytes = 512;

/** A data set that arrives without a file around it. @param pieces  each may be lent until the next one is asked for */
export async function observedDataset(
  declared: Uid,
  pieces: AsyncIterable<Uint8Array>,
): Promise<{ readonly transferSyntaxUID: Uid; readonly dataset: AsyncIterable<Uint8Array> }> {
  if (!encodings.has(declared) && declared !== deflated) return { transferSyntaxUID: declared, dataset: pieces };
  const source = new Prefix(pieces);
  await source.need(telltaleBytes);
  const transferSyntaxUID = uid(observedSyntax(declared, source.bytes.subarray(0, telltaleBytes)));
  return { transferSyntaxUID, dataset: source.rest(0) };
}

/** @param head the first bytes of the data set */
export function observedSyntax(declared: string, head: Buffer): string {
  if (head.length < 8) return declared;
  const encoding = encodings.get(declared === deflated ? explicitLittleEndian.uid : declared);
  if (!encoding) return declared;
  const observed = observedEncoding(head, 0, encoding);
  // What was deflated may begin with any bytes, those of an element among them.
  if (declared === deflated && (!observed || isDeflated(head))) return declared;
  if (!observed) return isDeflated(head) ? deflated : declared;
  for (const [uid, { explicitVR, bigEndian }] of encodings)
    if (explicitVR === observed.explicitVR && bigEndian === observed.bigEndian) return uid;
  return declared;
}

/** True where the bytes inflate to the beginning of a data set. */
function isDeflated(head: Buffer): boolean {
  const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 1024 * 1024 };
  try {
    return startsAsExplicit(isZlib(head) ? inflateSync(head, options) : inflateRawSync(head, options));
  } catch {
    return false;
  }
}
