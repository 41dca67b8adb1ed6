/** Modality LUT (PS3.3 C.11.1): stored values to what the modality measured, by a table or by a slope and an intercept. */
import { type Dataset, numberValues } from '../data/dataset.ts';
import { functionalGroupOf } from './functional-groups.ts';
import { type LookupTable, lookUp, lookupTableOf } from './lookup-table.ts';

export type ModalityLut =
  | { readonly kind: 'rescale'; readonly slope: number; readonly intercept: number }
  | { readonly kind: 'table'; readonly table: LookupTable };

const PixelValueTransformationSequence = 0x00289145;
const RescaleIntercept = 0x00281052;
const RescaleSlope = 0x00281053;
export const DoseGridScaling = 0x3004000e;
const ModalityLUTSequence = 0x00283000;
export const LUTDescriptor = 0x00283002;
export const LUTData = 0x00283006;

/**
 * What holds for one frame: its functional group (C.7.6.16.2.9), else the table of the image, else its rescaling.
 * @param frame   counted from 1
 * @param signed  stored values may be negative
 */
export function modalityLutOf(dataset: Dataset, frame: number, signed: boolean): ModalityLut {
  const group = functionalGroupOf(dataset, PixelValueTransformationSequence, frame);
  if (group) return rescaleOf(group);
  const item = dataset.elements.get(ModalityLUTSequence)?.items?.[0];
  const table = item && lookupTableOf(item, { descriptor: LUTDescriptor, data: LUTData }, signed);
  return table ? { kind: 'table', table } : rescaleOf(dataset);
}

/**
 * Of doses (C.8.8.3) their own scaling. Leniency: a slope of zero would make everything one grey; devices write it where they mean
 * "none".
 */
function rescaleOf(dataset: Dataset): ModalityLut {
  const slope = numberValues(dataset, RescaleSlope)[0] || numberValues(dataset, DoseGridScaling)[0] || 1;
  return { kind: 'rescale', slope, intercept: numberValues(dataset, RescaleIntercept)[0] ?? 0 };
}

/** @returns in the units of the modality (Rescale Type, such as HU), or an entry of the table */
export function modalityValue(lut: ModalityLut, storedValue: number): number {
  return lut.kind === 'table' ? lookUp(lut.table, storedValue) : storedValue * lut.slope + lut.intercept;
}
