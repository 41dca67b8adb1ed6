/** Presentation LUT (PS3.3 C.11.4, C.11.6): the VOI's output to P-Values, the last step before 8 bits. */
import { type Dataset, textValue } from '../data/dataset.ts';
import { type LookupTable, lookUpShare, lookupTableOf } from './lookup-table.ts';
import { LUTData, LUTDescriptor } from './modality-lut.ts';

export type PresentationLut =
  { readonly kind: 'shape'; readonly inverse: boolean } | { readonly kind: 'table'; readonly table: LookupTable };

const PresentationLUTSequence = 0x20500010;
const PresentationLUTShape = 0x20500020;

/** A table gives P-Values as they are to be shown; without one MONOCHROME1 is INVERSE, whether the shape repeats it or not. */
export function presentationLutOf(dataset: Dataset, photometricInterpretation: string): PresentationLut {
  const item = dataset.elements.get(PresentationLUTSequence)?.items?.[0];
  const table = item && lookupTableOf(item, { descriptor: LUTDescriptor, data: LUTData }, false);
  if (table) return { kind: 'table', table };
  const inverse = photometricInterpretation === 'MONOCHROME1' || textValue(dataset, PresentationLUTShape) === 'INVERSE';
  return { kind: 'shape', inverse };
}

/** The VOI's output, 0 … 1, to 0 … 1. */
export function presentationValue(lut: PresentationLut, y: number): number {
  if (lut.kind === 'table') return lookUpShare(lut.table, y);
  return lut.inverse ? 1 - y : y;
}
