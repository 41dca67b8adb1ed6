/** VOI LUT (PS3.3 C.11.2): the values of interest among those of the modality, spread from dark (0) to bright (1). */
import { type Dataset, numbersInPlace, textValue } from '../data/dataset.ts';
import { functionalGroupOf } from './functional-groups.ts';
import { type LookupTable, lookUp, lookupTableOf } from './lookup-table.ts';
import { LUTData, LUTDescriptor } from './modality-lut.ts';

/** VOI LUT Function (C.11.2.1.3). */
export type VoiLutFunction = 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';

export interface Window {
  readonly center: number;
  readonly width: number;
  readonly function: VoiLutFunction;
}

export type VoiLut =
  { readonly kind: 'window'; readonly window: Window } | { readonly kind: 'table'; readonly table: LookupTable };

const FrameVOILUTSequence = 0x00289132;
const WindowCenter = 0x00281050;
const WindowWidth = 0x00281051;
const VOILUTFunction = 0x00281056;
const VOILUTSequence = 0x00283010;

/** C.11.2.1.2.1: LINEAR needs a width of at least 1, the others one above 0. */
export function isWindow({ center, width, function: shape }: Window): boolean {
  return Number.isFinite(center) && Number.isFinite(width) && (shape === 'LINEAR' ? width >= 1 : width > 0);
}

/**
 * What holds for one frame: its functional group (C.7.6.16.2.10 and, with tables, C.7.6.16.2.10b), else the image itself.
 * @param frame   counted from 1
 * @param signed  modality values may be negative
 */
export function voiLutOf(dataset: Dataset, frame: number, signed: boolean): VoiLut | undefined {
  const group = functionalGroupOf(dataset, FrameVOILUTSequence, frame);
  return (group && firstVoiLut(group, signed)) ?? firstVoiLut(dataset, signed);
}

/** The first window, else the first table: where there are several, each is an alternative view (C.11.2.1.2). */
function firstVoiLut(dataset: Dataset, signed: boolean): VoiLut | undefined {
  const window = windowOf(dataset);
  if (window) return { kind: 'window', window };
  const item = dataset.elements.get(VOILUTSequence)?.items?.[0];
  const table = item && lookupTableOf(item, { descriptor: LUTDescriptor, data: LUTData }, signed);
  return table && { kind: 'table', table };
}

/** Leniency: LINEAR with a width below 1 is written for values of small units (PET, portal images); it means LINEAR_EXACT. */
function windowOf(dataset: Dataset): Window | undefined {
  const name = textValue(dataset, VOILUTFunction);
  const widths = numbersInPlace(dataset, WindowWidth);
  const windows = numbersInPlace(dataset, WindowCenter).map((center, index): Window => {
    const width = widths[index] ?? NaN;
    const isExact = name === 'LINEAR_EXACT' || width < 1;
    return { center, width, function: name === 'SIGMOID' ? name : isExact ? 'LINEAR_EXACT' : 'LINEAR' };
  });
  return windows.find(isWindow);
}

/** A modality value to 0 … 1. */
export function voiValue(lut: VoiLut, x: number): number {
  return lut.kind === 'table' ? lookUp(lut.table, x) / (2 ** lut.table.bits - 1) : windowed(x, lut.window);
}

function windowed(x: number, { center, width, function: shape }: Window): number {
  // C.11.2.1.3.1
  if (shape === 'SIGMOID') return 1 / (1 + Math.exp((-4 * (x - center)) / width));
  // C.11.2.1.3.2
  if (shape === 'LINEAR_EXACT') return clamp((x - center) / width + 0.5);
  // C.11.2.1.2.1: centred on c − 0.5 and w − 1 wide, so that a width of 1 is a threshold and not 0/0.
  if (width === 1) return x <= center - 0.5 ? 0 : 1;
  return clamp((x - (center - 0.5)) / (width - 1) + 0.5);
}

function clamp(y: number): number {
  return y <= 0 ? 0 : y >= 1 ? 1 : y;
}
