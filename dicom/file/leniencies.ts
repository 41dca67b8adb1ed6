/**
 * Where we read what the standard does not allow, because devices send it: each leniency is one function, here or where
 * the list says, with a sample in leniencies.test.ts. What is written is always as PS3.5 and PS3.10 want it.
 */
import { impliedVR, keywordOf } from '../data/dictionary.ts';
import { binarySizes } from '../data/dataset.ts';
import { formAt, longAt, shortAt, tagAt, withoutVR } from './element-header.ts';
import type { Encoding, HeaderForm } from './element-header.ts';

export interface Leniency {
  readonly name: string;
  /** What is wrong, and what is done. */
  readonly reads: string;
  /** The section that forbids it. */
  readonly section: string;
}

/** In the order in which a file meets them. */
export const leniencies: readonly Leniency[] = [
  { name: 'startOfMeta', reads: 'no preamble, no prefix, or no file meta information at all', section: 'PS3.10 7.1' },
  {
    name: 'metaHeader',
    reads: 'file meta information without VRs, or without its group length',
    section: 'PS3.10 7.1',
  },
  { name: 'guessSyntax', reads: 'no Transfer Syntax UID: the first element shows the encoding', section: 'PS3.10 7.1' },
  {
    name: 'observedSyntax',
    reads:
      'a data set that is not in the uncompressed or deflated syntax its file or context declares, as its first element shows',
    section: 'PS3.10 7.1',
  },
  {
    name: 'observedEncoding',
    reads: 'a data set in another VR encoding or byte order than its transfer syntax has',
    section: 'PS3.5 10',
  },
  { name: 'isZlib', reads: 'a deflated data set in a zlib wrapper', section: 'PS3.5 A.5' },
  { name: 'startsAsExplicit', reads: 'a data set that is declared deflated and is not', section: 'PS3.5 A.5' },
  {
    name: 'strangeForm',
    reads: 'an element of Explicit VR without a VR (read as Implicit VR), or with letters that name none (read as UN)',
    section: 'PS3.5 7.1.2',
  },
  { name: 'betterThanUN', reads: 'UN where the dictionary knows better', section: 'PS3.5 6.2.2' },
  { name: 'itemEnd', reads: 'an item longer than what is left of its sequence', section: 'PS3.5 7.5.1' },
  {
    name: 'strayDelimiter',
    reads: 'a delimiter or an empty item where none belongs, as behind a sequence of defined length',
    section: 'PS3.5 7.5.1',
  },
  { name: 'missingItemDelimiter', reads: 'a sequence delimiter in an item that has not ended', section: 'PS3.5 7.5.2' },
  { name: 'oddLength', reads: 'a value of odd length', section: 'PS3.5 7.1.1' },
  { name: 'padding', reads: 'zeros behind the data set', section: 'PS3.5 7.1' },
  {
    name: 'isGroupLength',
    reads: 'a group length of group 0000 before the data set, as DCMTK sends a file that has zeros behind it',
    section: 'PS3.5 7.1',
  },
];

/**
 * A tag of the standard that a data set may have, so that bytes which make one are hardly anything else: no command
 * (0000,xxxx), no file meta information (0002,xxxx).
 */
function isListed(tag: number): boolean {
  return tag >= 0x00040000 && (keywordOf(tag) !== undefined || firstGroupLengths.has(tag));
}
/** Group lengths, with which many a data set begins. */
const firstGroupLengths: ReadonlySet<number> = new Set([0x00040000, 0x00080000, 0x00100000]);

/** True where an element's header stands as Explicit VR has it: a tag of the standard and a VR that fits it. */
function isExplicitHeader(bytes: Buffer, at: number, bigEndian: boolean): boolean {
  const tag = tagAt(bytes, at, bigEndian);
  const letters = formAt(bytes, at)?.letters;
  if (letters === undefined || !isListed(tag)) return false;
  return letters === impliedVR(tag);
}

/**
 * A first element is short: what has a length beyond that is no header of Implicit VR. Nor is one whose length spells a
 * VR: that would be 16 KiB and more, and mostly odd.
 */
const plausibleLength = 0xffff;

function isImplicitHeader(bytes: Buffer, at: number, bigEndian: boolean): boolean {
  const length = longAt(bytes, at + 4, bigEndian);
  if (formAt(bytes, at) || !isListed(tagAt(bytes, at, bigEndian))) return false;
  return length <= plausibleLength || length === 0xffffffff;
}

/**
 * The encoding that the first element of a data set is in, whatever was declared (PS3.5 Section 10): only certain signs
 * count, a tag of the standard with a VR or a length that fits it.
 * @param bytes  at least 8 from `at`
 * @returns undefined where they show nothing
 */
export function observedEncoding(bytes: Buffer, at: number, declared: Encoding): Encoding | undefined {
  const { bigEndian, explicitVR } = declared;
  if (explicitVR && formAt(bytes, at) && isListed(tagAt(bytes, at, bigEndian))) return declared;
  for (const order of [bigEndian, !bigEndian]) {
    if (isExplicitHeader(bytes, at, order)) return { explicitVR: true, bigEndian: order };
    if (isImplicitHeader(bytes, at, order)) return { explicitVR: false, bigEndian: order };
  }
  return undefined;
}

/** True where Explicit VR Little Endian stands uncompressed, although it should be deflated. */
export function startsAsExplicit(bytes: Buffer): boolean {
  return bytes.length >= 8 && isExplicitHeader(bytes, 0, false);
}

/**
 * A zlib header (RFC 1950) before the deflate stream. A deflate stream with such a first byte would begin with a stored
 * block, and say its length twice.
 */
export function isZlib(bytes: Buffer): boolean {
  if (bytes.length < 5 || ((bytes[0] as number) & 0x0f) !== 8 || bytes.readUInt16BE(0) % 31 !== 0) return false;
  return (bytes.readUInt16LE(1) ^ bytes.readUInt16LE(3)) !== 0xffff;
}

/** Whether a tag of (0000,0000) has the VR, or in Implicit VR the length, of a group length. Padding has neither. */
export function isGroupLength(bytes: Buffer, at: number, { letters }: HeaderForm, bigEndian: boolean): boolean {
  return letters === 'UL' || (letters === undefined && longAt(bytes, at + 4, bigEndian) === 4);
}

const unknownShort: HeaderForm = { letters: 'UN', bytes: 8 };
const unknownLong: HeaderForm = { letters: 'UN', bytes: 12 };

/**
 * The header of an element of Explicit VR where none of the 34 VRs stands. New VRs have the long form (PS3.5 7.1.2),
 * whose reserved bytes are zero; `??`, blanks and small letters are written with the short one; anything else is the
 * length of an element in Implicit VR.
 */
export function strangeForm(bytes: Buffer, at: number, bigEndian: boolean): HeaderForm {
  const first = bytes[at + 4] as number;
  const second = bytes[at + 5] as number;
  const isZero = shortAt(bytes, at + 6, bigEndian) === 0;
  if (isCapital(first) && isCapital(second)) return isZero ? unknownLong : unknownShort;
  return isFiller(first) && isFiller(second) && !isZero ? unknownShort : withoutVR;
}

const isCapital = (byte: number): boolean => byte >= 0x41 && byte <= 0x5a;
/** `?`, a blank, `-`, or a letter of any size. */
const isFiller = (byte: number): boolean => byte === 0x3f || byte === 0x20 || byte === 0x2d || isCapital(byte & ~0x20);

/** Where an item ends: with its sequence, where its length runs past that. */
export function itemEnd(end: number, sequenceEnd: number): number {
  return Math.min(end, sequenceEnd);
}

/**
 * What UN may be read as: the VR of the dictionary (PS3.5 6.2.2 Note 2), where the length does not contradict it.
 * @param known  the dictionary's VR, UN when it has none
 */
export function betterThanUN(known: string, length: number): string {
  const size = known === 'AT' ? 4 : (binarySizes[known] ?? 1);
  return length % size === 0 ? known : 'UN';
}
