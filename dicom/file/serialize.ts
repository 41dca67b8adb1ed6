/**
 * A data set in memory as bytes, in every uncompressed encoding of PS3.5 Annex A and deflated (A.5), or with encapsulated
 * Pixel Data (A.4). Strict where reading is lenient: even lengths, no group lengths, defined lengths everywhere but
 * around fragments. `serializeElements` writes a part of it, for who streams Pixel Data behind the head.
 */
import { deflateRawSync } from 'node:zlib';
import { turned } from '../data/dataset.ts';
import type { Dataset, Element } from '../data/dataset.ts';
import { hexTag, impliedVR } from '../data/dictionary.ts';
import { elementHeader, itemHeader, longHeaderVRs, sequenceDelimiter, valueRepresentations } from './element-header.ts';
import type { Encoding } from './element-header.ts';
import { mapInTurns } from './turn.ts';

/** A value that was too long to be kept when the data set was read: it cannot be written. */
export class ValueNotKept extends Error {
  override name = 'ValueNotKept';
  readonly tag: number;
  constructor({ tag, length }: Element) {
    super(`${hexTag(tag)}: a value of ${length < 0 ? 'undefined length' : `${length} bytes`} is not in memory`);
    this.tag = tag;
  }
}

/** VRs of text, padded with a blank; the others with zero (PS3.5 6.2). */
const blankPadded = new Set('AE AS CS DA DS DT IS LO LT PN SH ST TM UC UR UT'.split(' '));
const known = new Set(valueRepresentations);
/** The longest value of a VR whose explicit header counts in two bytes. */
const longestShortValue = 0xfffe;

/** @throws ValueNotKept */
export function serializeDataset(dataset: Dataset, syntax: Encoding & { readonly deflated?: boolean }): Buffer {
  return deflatedWhere(syntax, serializeElements(dataset, syntax));
}

/** The same in turns of the loop, for a data set of which a sequence may have some ten thousand items. @throws ValueNotKept */
export async function serializeInTurns(
  dataset: Dataset,
  syntax: Encoding & { readonly deflated?: boolean },
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (const tag of writtenTags(dataset)) {
    const element = dataset.elements.get(tag) as Element;
    if (element.items)
      writeSequence(tag, await mapInTurns(element.items, (item) => serializeElements(item, syntax)), syntax, pieces);
    else writeElement(element, dataset.bigEndian, syntax, pieces);
  }
  return deflatedWhere(syntax, Buffer.concat(pieces));
}

function deflatedWhere({ deflated: isDeflated }: { readonly deflated?: boolean }, bytes: Buffer): Buffer {
  if (!isDeflated) return bytes;
  const deflated = deflateRawSync(bytes);
  // PS3.5 A.5: one byte of zero behind a deflate stream of odd length.
  return deflated.length % 2 ? Buffer.concat([deflated, Buffer.alloc(1)]) : deflated;
}

/** The elements from one tag to another, that one not included; all of them without. @throws ValueNotKept */
export function serializeElements(dataset: Dataset, encoding: Encoding, from = 0, to = Infinity): Buffer {
  const pieces: Buffer[] = [];
  for (const tag of writtenTags(dataset)) {
    if (tag < from || tag >= to) continue;
    writeElement(dataset.elements.get(tag) as Element, dataset.bigEndian, encoding, pieces);
  }
  return Buffer.concat(pieces);
}

/** Group lengths (PS3.5 7.2) are retired, and would have to be counted anew. */
function writtenTags({ elements }: Dataset): number[] {
  return [...elements.keys()].filter((tag) => (tag & 0xffff) !== 0).sort((a, b) => a - b);
}

/** @param written  its items */
function writeSequence(tag: number, written: readonly Buffer[], encoding: Encoding, pieces: Buffer[]): void {
  const { explicitVR, bigEndian } = encoding;
  // A reader of Implicit VR knows a private sequence by nothing but its undefined length (PS3.5 6.2.2, 7.5.1).
  const isTold = explicitVR || impliedVR(tag) === 'SQ';
  const length = isTold ? written.reduce((sum, item) => sum + 8 + item.length, 0) : -1;
  pieces.push(elementHeader(tag, 'SQ', length, explicitVR, bigEndian));
  for (const item of written) pieces.push(itemHeader(item.length, bigEndian), item);
  if (!isTold) pieces.push(bigEndian ? turned('AT', sequenceDelimiter) : sequenceDelimiter);
}

function writeElement(element: Element, isBigEndian: boolean, encoding: Encoding, pieces: Buffer[]): void {
  const { tag, items, fragments } = element;
  const { explicitVR, bigEndian } = encoding;
  if (items) {
    const written = items.map((item) => serializeElements(item, encoding));
    writeSequence(tag, written, encoding, pieces);
    return;
  }
  if (fragments) {
    pieces.push(elementHeader(tag, 'OB', -1, explicitVR, bigEndian));
    for (const fragment of fragments) {
      const even = padded('OB', fragment);
      pieces.push(itemHeader(even.length, bigEndian), even);
    }
    pieces.push(bigEndian ? turned('AT', sequenceDelimiter) : sequenceDelimiter);
    return;
  }
  if (!element.bytes && element.length !== 0) throw new ValueNotKept(element);
  const bytes = padded(element.vr, element.bytes ?? Buffer.alloc(0));
  const vr = known.has(element.vr) && !isTooLong(element.vr, bytes, explicitVR) ? element.vr : 'UN';
  // UN is Little Endian in every syntax, in case somebody knows its VR (PS3.5 6.2.2 Note 2).
  const turns = isBigEndian !== (vr === 'UN' ? false : bigEndian);
  const value = turns ? turned(element.vr, bytes) : bytes;
  pieces.push(elementHeader(tag, vr, value.length, explicitVR, bigEndian), value);
}

/**
 * PS3.5 6.2.2 (CP-1066): a value that the two bytes of its VR's length cannot count, as Implicit VR may well have had it,
 * is written as UN, whose length has four.
 */
function isTooLong(vr: string, bytes: Buffer, explicitVR: boolean): boolean {
  return explicitVR && bytes.length > longestShortValue && !longHeaderVRs.has(vr);
}

function padded(vr: string, bytes: Buffer): Buffer {
  if (bytes.length % 2 === 0) return bytes;
  return Buffer.concat([bytes, Buffer.from(blankPadded.has(vr) ? ' ' : '\0')]);
}
