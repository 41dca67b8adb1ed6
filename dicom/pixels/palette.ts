/** Palette Color Lookup Tables (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6), whole or in segments (C.7.9.2): stored values to RGB. */
import { type Dataset, textValue } from '../data/dataset.ts';
import { descriptorOf, type LookupTable, type LookupTableDescriptor, lutWords, tableOf } from './lookup-table.ts';
import { expandSegments } from './palette-segments.ts';

export interface Palette {
  readonly red: LookupTable;
  readonly green: LookupTable;
  readonly blue: LookupTable;
}

const colours = [
  { descriptor: 0x00281101, data: 0x00281201, segmented: 0x00281221 },
  { descriptor: 0x00281102, data: 0x00281202, segmented: 0x00281222 },
  { descriptor: 0x00281103, data: 0x00281203, segmented: 0x00281223 },
] as const;
const PixelPresentation = 0x00089205;

/** @param signed stored values may be negative @returns undefined when one of the three tables is missing */
export function paletteOf(dataset: Dataset, signed: boolean): Palette | undefined {
  const [red, green, blue] = colours.map(({ descriptor: descriptorTag, data: dataTag, segmented }) => {
    const descriptor = descriptorOf(dataset, descriptorTag, signed);
    const data = dataset.elements.get(dataTag);
    if (!descriptor) return undefined;
    if (data?.bytes?.length) return tableOf(descriptor, lutWords(data, dataset.bigEndian, descriptor.numberOfEntries));
    const words = segmentWords(dataset, segmented, descriptor);
    return words && tableOf(descriptor, expandSegments(words, descriptor.numberOfEntries, descriptor.bits));
  });
  return red && green && blue && { red, green, blue };
}

/**
 * The palette of an image that is grey up to the first value of the palette and coloured from there on (Supplemental
 * Palette Color LUT, C.7.6.19).
 */
export function supplementalPaletteOf(dataset: Dataset, signed: boolean): Palette | undefined {
  const presentation = textValue(dataset, PixelPresentation);
  return presentation === 'COLOR' || presentation === 'MIXED' ? paletteOf(dataset, signed) : undefined;
}

/** Opcodes, counts and values of segments have the width of an entry (C.7.9.2): two to a word where that is 8 bits. */
function segmentWords(dataset: Dataset, tag: number, { bits }: LookupTableDescriptor): Uint16Array | undefined {
  const element = dataset.elements.get(tag);
  if (!element?.bytes?.length) return undefined;
  const units = bits === 8 ? element.bytes.length : element.bytes.length >> 1;
  return lutWords(element, dataset.bigEndian, units);
}
