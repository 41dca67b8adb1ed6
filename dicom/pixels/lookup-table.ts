/**
 * A lookup table as Modality, VOI, Presentation and Palette Color LUTs write it: a descriptor of three numbers and the
 * entries (PS3.3 C.11.1.1.1, C.11.2.1.1, C.7.6.3.1.5).
 */
import type { Dataset, Element } from '../data/dataset.ts';

export interface LookupTable {
  /** The input of the first entry: lower inputs take it too, and those above the last entry take the last. */
  readonly first: number;
  readonly entries: Uint16Array;
  /** Of an entry, so that outputs span 0 … 2^bits − 1. */
  readonly bits: number;
}

export interface LookupTableDescriptor {
  readonly numberOfEntries: number;
  readonly first: number;
  readonly bits: number;
}

/** @param input  as the descriptor counts, rounded to a whole number @returns 0 … 2^bits − 1 */
export function lookUp({ first, entries }: LookupTable, input: number): number {
  const at = Math.min(Math.max(Math.round(input) - first, 0), entries.length - 1);
  return entries[at] as number;
}

/** An entry of a palette as 8 bits. @param input  a stored value */
export function entryAs8Bits(table: LookupTable, input: number): number {
  const entry = lookUp(table, input);
  return table.bits > 8 ? entry >> (table.bits - 8) : entry << (8 - table.bits);
}

/** 0 … 1 to 0 … 1, where the inputs of a table span all that comes out of the step before it (PS3.3 C.11.4.1). */
export function lookUpShare(table: LookupTable, y: number): number {
  return lookUp(table, table.first + y * (table.entries.length - 1)) / (2 ** table.bits - 1);
}

/**
 * Reads a table from its two attributes.
 * @param signed  inputs may be negative: the descriptor is US or SS by that, which no data set in Implicit VR tells
 * @returns undefined when either attribute is missing or says nothing
 */
export function lookupTableOf(
  dataset: Dataset,
  attributes: { readonly descriptor: number; readonly data: number },
  signed: boolean,
): LookupTable | undefined {
  const descriptor = descriptorOf(dataset, attributes.descriptor, signed);
  const data = dataset.elements.get(attributes.data);
  if (!descriptor || !data?.bytes || data.bytes.length === 0) return undefined;
  return tableOf(descriptor, lutWords(data, dataset.bigEndian, descriptor.numberOfEntries));
}

/** A table of the entries that are there, as wide as its descriptor or its largest entry asks. */
export function tableOf(
  { numberOfEntries, first, bits }: LookupTableDescriptor,
  words: Uint16Array,
): LookupTable | undefined {
  if (words.length === 0) return undefined;
  const entries = words.length > numberOfEntries ? words.subarray(0, numberOfEntries) : words;
  let largest = 0;
  for (const entry of entries) if (entry > largest) largest = entry;
  return { first, entries, bits: Math.max(bits, Math.ceil(Math.log2(largest + 1)), 1) };
}

/** The descriptor's three numbers, whatever the VR of the words claims. */
export function descriptorOf(dataset: Dataset, tag: number, signed: boolean): LookupTableDescriptor | undefined {
  const element = dataset.elements.get(tag);
  if (!element?.bytes || element.bytes.length < 6) return undefined;
  const [count = 0, first = 0, bits = 0] = words16(element.bytes, dataset.bigEndian);
  return {
    // 65,536 does not fit 16 bits, so it is written as 0.
    numberOfEntries: count || 65_536,
    first: signed && first >= 0x8000 ? first - 0x1_0000 : first,
    // Nothing but 8 … 16 is defined; where something else stands, the entries themselves decide.
    bits: bits >= 1 && bits <= 16 ? bits : 0,
  };
}

/**
 * The entries as words. Leniency: 8-bit entries lie one to a word, or two (the first in the low byte), and the
 * descriptor does not always say which; the length does.
 */
export function lutWords({ bytes, vr }: Element, bigEndian: boolean, numberOfEntries: number): Uint16Array {
  if (!bytes) return new Uint16Array();
  if (bytes.length >= 2 * numberOfEntries || bytes.length < numberOfEntries) return words16(bytes, bigEndian);
  const flip = bigEndian && vr !== 'OB' ? 1 : 0;
  return Uint16Array.from({ length: numberOfEntries }, (_, index) => bytes[index ^ flip] ?? 0);
}

function words16(bytes: Buffer, bigEndian: boolean): Uint16Array {
  return Uint16Array.from({ length: bytes.length >> 1 }, (_, index) =>
    bigEndian ? bytes.readUInt16BE(2 * index) : bytes.readUInt16LE(2 * index),
  );
}
