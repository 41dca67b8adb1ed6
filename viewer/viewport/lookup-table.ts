// Lookup tables out of DICOM JSON, where binary words come in base64 or, of other VRs, as numbers. What a table does once it is
// read stands in dicom/pixels/lookup-table.ts, for server and viewer alike.
import { type LookupTable, tableOf } from '#dicom/pixels/lookup-table.ts';
import { expandSegments } from '#dicom/pixels/palette-segments.ts';
import type { JsonDataset } from '../archive-client.ts';
import { inlineBytes, numbers } from './dicom-json.ts';

export type { LookupTable };

/** The LUT of an item of a Modality or VOI LUT Sequence (PS3.3 C.11.1.1, C.11.2.1.1). @param signed  its inputs may be negative */
export function lutOf(item: JsonDataset | undefined, signed: boolean): LookupTable | undefined {
  return item && tableBetween(item, '00283002', '00283006', signed);
}

/** Each image of a series brings its own, which as a rule is the same one. */
export const sameTable = (a: LookupTable | undefined, b: LookupTable | undefined) =>
  a === b ||
  (a?.first === b?.first &&
    a?.bits === b?.bits &&
    a?.entries.length === b?.entries.length &&
    a?.entries.every((entry, at) => entry === b?.entries[at]) === true);

export interface Palette {
  red: LookupTable;
  green: LookupTable;
  blue: LookupTable;
}

/** Palette Color Lookup Tables (PS3.3 C.7.6.3.1.5 and .6), whole or in segments (C.7.9.2). */
export function paletteOf(instance: JsonDataset, signed: boolean): Palette | undefined {
  const [red, green, blue] = ['1', '2', '3'].map((color) =>
    tableBetween(instance, `0028110${color}`, `0028120${color}`, signed, `0028122${color}`),
  );
  return red && green && blue ? { red, green, blue } : undefined;
}

function tableBetween(
  dataset: JsonDataset,
  descriptorTag: string,
  dataTag: string,
  signed: boolean,
  segmentsTag?: string,
): LookupTable | undefined {
  const [count, first, bits = 16] = numbers(dataset, descriptorTag);
  if (count === undefined || first === undefined) return undefined;
  const numberOfEntries = count & 0xffff || 65_536; // 65,536 does not fit 16 bits, so it is written as 0
  const segments = segmentsTag ? segmentWords(dataset, segmentsTag, bits) : undefined;
  const words =
    entriesOf(dataset, dataTag, numberOfEntries) ?? (segments && expandSegments(segments, numberOfEntries, bits));
  const firstInput = signed ? (first << 16) >> 16 : first & 0xffff;
  return words && tableOf({ numberOfEntries, first: firstInput, bits: bits >= 1 && bits <= 16 ? bits : 0 }, words);
}

/** Entries of 8 bits may lie two to a word; the length tells. */
function entriesOf(dataset: JsonDataset, tag: string, numberOfEntries: number): Uint16Array | undefined {
  const bytes = inlineBytes(dataset, tag);
  if (!bytes) {
    const values = numbers(dataset, tag);
    return values.length > 0 ? Uint16Array.from(values) : undefined;
  }
  if (bytes.length < 2 * numberOfEntries && bytes.length >= numberOfEntries) {
    return Uint16Array.from(bytes.subarray(0, numberOfEntries));
  }
  return wordsOf(bytes);
}

/** Opcodes, counts and values of segments are as wide as an entry: bytes, two to a word, where that is 8 bits. */
function segmentWords(dataset: JsonDataset, tag: string, bits: number): Uint16Array | undefined {
  const bytes = inlineBytes(dataset, tag);
  if (!bytes?.length) return undefined;
  return bits === 8 ? Uint16Array.from(bytes) : wordsOf(bytes);
}

function wordsOf(bytes: Uint8Array): Uint16Array {
  return Uint16Array.from({ length: bytes.length >> 1 }, (_, at) => bytes[2 * at]! | (bytes[2 * at + 1]! << 8));
}
