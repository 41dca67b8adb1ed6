/**
 * A data set in memory (PS3.5 Section 7): elements by tag, each with its value as bytes or, for a sequence, its items.
 * Made by `dicom/file/parse.ts`; values are decoded when they are asked for.
 */
import type { SpecificCharacterSet } from './character-sets.ts';
import { recogniseText } from './mislabelled-text.ts';
import { trimmedValue, withoutPadding } from './padding.ts';

export interface Element {
  readonly tag: number;
  readonly vr: string;
  /** The value as received; undefined for a sequence, and for a value that was too long to be kept. */
  readonly bytes: Buffer | undefined;
  /** The items of a sequence. */
  readonly items: readonly Dataset[] | undefined;
  /** The fragments of encapsulated Pixel Data (PS3.5 A.4), the Basic Offset Table first, where they were kept. */
  readonly fragments?: readonly Buffer[];
  /** Length of the value in the data set, in bytes; -1 when undefined. */
  readonly length: number;
}

export interface Dataset {
  readonly elements: ReadonlyMap<number, Element>;
  /** Its own Specific Character Set, or that of the data set around it (PS3.3 C.12.1.1.2). */
  readonly characterSet: SpecificCharacterSet;
  readonly bigEndian: boolean;
}

/** Text VRs that Specific Character Set governs (PS3.5 6.1.2.2). */
export const characterVRs: ReadonlySet<string> = new Set(['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT']);
/** Text VRs with one value, in which a backslash is a character. */
const singleTextVRs = new Set(['LT', 'ST', 'UT', 'UR']);

/** Values of an element as strings, padding removed; [] when it is absent or empty. */
export function textValues(dataset: Dataset, tag: number): string[] {
  const element = dataset.elements.get(tag);
  if (!element?.bytes || element.bytes.length === 0) return [];
  const whole = characterVRs.has(element.vr)
    ? recogniseText(element.bytes, dataset.characterSet, element.vr).text
    : element.bytes.toString('latin1');
  if (singleTextVRs.has(element.vr)) return [withoutPadding(whole)];
  return whole.split('\\').map(trimmedValue);
}

/** The first value as text, or ''. */
export function textValue(dataset: Dataset, tag: number): string {
  return textValues(dataset, tag)[0] ?? '';
}

/** Bytes of one value of the numeric binary VRs (PS3.5 Table 6.2-1). */
export const binarySizes: Readonly<Record<string, number>> = { US: 2, SS: 2, UL: 4, SL: 4, FL: 4, FD: 8, SV: 8, UV: 8 };

/** Bytes of one unit of a value, whose order changes with the endianness (PS3.5 Section 7.3); of other VRs, none. */
export const unitBytes: Readonly<Record<string, number>> = { ...binarySizes, AT: 2, OW: 2, OF: 4, OL: 4, OD: 8, OV: 8 };

/**
 * Bytes of one unit of native Pixel Data, whose order changes with the endianness. OW is made of words of 16 bits; larger
 * cells are turned around as a whole, as devices write them (PS3.5 D.2). OB has no order that could change (PS3.5 6.2,
 * 7.3): cells of more than 8 bits do not belong there, and where they are, they stand as in little endian.
 * @param vr  undefined where it is not known
 */
export function pixelUnitBytes(bitsAllocated: number, vr: string | undefined): number {
  if (vr === 'OB') return 1;
  if (bitsAllocated === 16 || bitsAllocated === 32 || bitsAllocated === 64) return bitsAllocated / 8;
  return vr === 'OW' || (vr === undefined && bitsAllocated > 8) ? 2 : 1;
}

/** A value's bytes in the other byte order; a piece of a unit at its end stays as it is. */
export function turned(vr: string, bytes: Buffer): Buffer {
  const unit = unitBytes[vr] ?? 1;
  if (unit === 1) return bytes;
  const copy = Buffer.from(bytes);
  const whole = copy.subarray(0, copy.length - (copy.length % unit));
  if (unit === 2) whole.swap16();
  else if (unit === 4) whole.swap32();
  else whole.swap64();
  return copy;
}

/** Values of a numeric element: binary VRs, and DS and IS; what is no number is left out. */
export function numberValues(dataset: Dataset, tag: number): number[] {
  const values = numbersInPlace(dataset, tag);
  const isBinary = binarySizes[dataset.elements.get(tag)?.vr ?? ''] !== undefined;
  return isBinary ? values : values.filter(Number.isFinite);
}

/** The same where each belongs to a value of another element: NaN in the place of what is no number. */
export function numbersInPlace(dataset: Dataset, tag: number): number[] {
  const element = dataset.elements.get(tag);
  if (!element?.bytes) return [];
  const { vr, bytes } = element;
  const size = binarySizes[vr];
  if (size === undefined) return textValues(dataset, tag).map((text) => (text === '' ? NaN : Number(text)));
  const numbers: number[] = [];
  for (let at = 0; at + size <= bytes.length; at += size)
    numbers.push(Number(binaryNumber(vr, bytes, at, dataset.bigEndian)));
  return numbers;
}

/** One value of a binary VR; 64-bit integers as bigint. */
export function binaryNumber(vr: string, bytes: Buffer, at: number, bigEndian: boolean): number | bigint {
  switch (vr) {
    case 'SS':
      return bigEndian ? bytes.readInt16BE(at) : bytes.readInt16LE(at);
    case 'UL':
      return bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
    case 'SL':
      return bigEndian ? bytes.readInt32BE(at) : bytes.readInt32LE(at);
    case 'FL':
      return bigEndian ? bytes.readFloatBE(at) : bytes.readFloatLE(at);
    case 'FD':
      return bigEndian ? bytes.readDoubleBE(at) : bytes.readDoubleLE(at);
    case 'SV':
      return bigEndian ? bytes.readBigInt64BE(at) : bytes.readBigInt64LE(at);
    case 'UV':
      return bigEndian ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at);
    default:
      return bigEndian ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at);
  }
}
