/**
 * The transfer syntax that a file is in, where that is another of those without compressed pixels than it says (PS3.10
 * Section 7.1). Only certain signs count, as in `observedEncoding`.
 */
import { constants, inflateRawSync, inflateSync } from 'node:zlib';
import { isZlib, observedEncoding, startsAsExplicit } from '#dicom/file/leniencies.ts';
import type { Encoding } from '#dicom/file/element-header.ts';

const implicitLittle = '1.2.840.10008.1.2';
const explicitLittle = '1.2.840.10008.1.2.1';
const deflated = '1.2.840.10008.1.2.1.99';
const explicitBig = '1.2.840.10008.1.2.2';

const encodings: ReadonlyMap<string, Encoding> = new Map([
  [implicitLittle, { explicitVR: false, bigEndian: false }],
  [explicitLittle, { explicitVR: true, bigEndian: false }],
  [explicitBig, { explicitVR: true, bigEndian: true }],
]);

/** @param head the first bytes of the data set */
export function observedSyntax(declared: string, head: Buffer): string {
  if (head.length < 8) return declared;
  const encoding = encodings.get(declared === deflated ? explicitLittle : declared);
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
