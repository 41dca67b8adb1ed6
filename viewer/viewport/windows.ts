// The VOI LUT by which values become grey (PS3.3 C.11.2): windows and tables in the file, and the usual windows for CT and PET.
import { softTissue, windowAsRead as windowOfReaders } from '#dicom/pixels/as-read.ts';
import { lookUp } from '#dicom/pixels/lookup-table.ts';
import type { VoiLutFunction } from '#dicom/pixels/voi-lut.ts';
import type { JsonDataset } from '../archive-client.ts';
import type { Msg } from '../text.ts';
import { functionalGroup, items, numbers, numbersInPlace, string } from './dicom-json.ts';
import { type FramePixels, pixelFormatOf } from './frame-pixels.ts';
import { lutOf, type LookupTable } from './lookup-table.ts';
import { isInHounsfieldUnits, readAttributesOf } from './read-attributes.ts';
import type { Suv } from './suv.ts';

export interface Window {
  center: number;
  width: number;
  /** LINEAR where nothing else is said */
  shape?: VoiLutFunction;
  /** stands in place of the window's own curve: a VOI LUT Sequence of the file */
  table?: LookupTable;
}

export interface Preset extends Window {
  name: Msg;
  /** what the file calls it (0028,1055 or 0028,3003); said instead of the name */
  explanation?: string;
}

/** The usual windows for CT, in Hounsfield units, in the order of their keys. */
const forCt: Preset[] = [
  { name: 'presetSoft', center: softTissue.center, width: softTissue.width },
  { name: 'presetLung', center: -600, width: 1500 },
  { name: 'presetLiver', center: 90, width: 150 },
  { name: 'presetBone', center: 480, width: 2500 },
  { name: 'presetBrain', center: 40, width: 80 },
  { name: 'presetMediastinum', center: 50, width: 350 },
  { name: 'presetSubdural', center: 75, width: 200 },
  { name: 'presetStroke', center: 40, width: 40 },
  { name: 'presetTemporalBone', center: 600, width: 4000 },
];

/** Those for uptake values begin at 0, where nothing is taken up. */
const mostUptakes = [5, 7, 10, 15];

const forUptake = ({ factor }: Suv): Preset[] =>
  mostUptakes.map((most) => ({
    name: 'presetUptake',
    center: most / factor / 2,
    width: most / factor,
    shape: 'LINEAR_EXACT',
  }));

/** For CT and uptake values the usual windows, which have the keys 1 to 9, then those the file carries. */
export function presetsFor(instance: JsonDataset, frame = 1, suv?: Suv): Preset[] {
  const usual = suv ? forUptake(suv) : isInHounsfieldUnits({ instance, frameNumber: frame }) ? forCt : [];
  return [...usual, ...windowsInFile(instance, frame)];
}

/** The first of the file, else that by which readers begin; what has neither is shown over its values. */
export const openingWindow = (instance: JsonDataset, frame = 1): Window | undefined =>
  windowsInFile(instance, frame)[0] ?? windowAsRead(instance, frame);

/** Where the file brings none. */
export function windowAsRead(instance: JsonDataset, frame = 1): Window | undefined {
  const isWithout = windowsInFile(instance, frame).length === 0;
  const read = isWithout ? windowOfReaders(readAttributesOf({ instance, frameNumber: frame })) : undefined;
  return read && { center: read.center, width: read.width, shape: read.function };
}

/** Every window of a frame, then every table, of its functional group (C.7.6.16.2.10b) or else of the image: each is a view of its own (C.11.2.1.2). */
export function windowsInFile(instance: JsonDataset, frame = 1): Preset[] {
  const signed = mayBeNegative(instance, frame);
  const inDataset = (voi: JsonDataset) => [...windowsOf(voi), ...tablesOf(voi, signed)];
  const own = inDataset(functionalGroup(instance, '00289132', frame));
  return own.length > 0 ? own : inDataset(instance);
}

function windowsOf(voi: JsonDataset): Preset[] {
  const centers = numbersInPlace(voi, '00281050');
  const widths = numbersInPlace(voi, '00281051');
  const explanations = voi['00281055']?.Value ?? [];
  const curve = string(voi, '00281056');
  return centers.flatMap((center, index): Preset[] => {
    const width = widths[index] ?? NaN;
    if (!Number.isFinite(center) || !Number.isFinite(width)) return [];
    // LINEAR with a width below 1 is written for values of small units (PET); it means LINEAR_EXACT.
    const shape = curve === 'SIGMOID' ? curve : curve === 'LINEAR_EXACT' || width < 1 ? 'LINEAR_EXACT' : 'LINEAR';
    if (width <= 0) return [];
    const explanation = explanations[index];
    const said = typeof explanation === 'string' ? explanation.trim() : '';
    return [{ name: 'presetFile', explanation: said, center, width, shape }];
  });
}

function tablesOf(voi: JsonDataset, signed: boolean): Preset[] {
  return items(voi, '00283010').flatMap((item): Preset[] => {
    const table = lutOf(item, signed);
    if (!table) return [];
    const width = table.entries.length;
    const explanation = string(item, '00283003') ?? '';
    return [{ name: 'presetTable', explanation, center: table.first + width / 2, width, table }];
  });
}

/** Modality values below zero can occur: then a table's first input is signed (C.11.2.1.1). */
function mayBeNegative(instance: JsonDataset, frame: number): boolean {
  const group = functionalGroup(instance, '00289145', frame);
  const { signed, bitsStored } = pixelFormatOf(instance);
  if (group === instance && lutOf(items(instance, '00283000')[0], signed)) return false;
  const least = signed ? -(2 ** (bitsStored - 1)) : 0;
  const slope = numbers(group, '00281053')[0] || 1;
  const intercept = numbers(group, '00281052')[0] ?? 0;
  return Math.min(least * slope, (least + 2 ** bitsStored - 1) * slope) + intercept < 0;
}

/**
 * A window over all values, for an image that brings none. One value lies where it does among all that it could be: a single bit is
 * black or white. Where no other could be, in the middle of a width of 1: with 0 there would be no brightness (C.11.2.1.3.2).
 */
export function windowOver({ possible, ...values }: Pick<FramePixels, 'smallest' | 'largest' | 'possible'>): Window {
  const { smallest, largest } = possible ?? values;
  return { center: (smallest + largest) / 2, width: largest - smallest || 1, shape: 'LINEAR_EXACT' };
}

/** One drag step: sideways changes the width, up and down the centre; `perPixel` is how many values a pixel is worth. */
export function dragWindow({ center, width, shape }: Window, dx: number, dy: number, perPixel: number): Window {
  // LINEAR ends at 1 (C.11.2.1.2.1); the others at anything above 0.
  const least = shape === undefined || shape === 'LINEAR' ? 1 : perPixel / 4;
  const next = { center: center + dy * perPixel, width: Math.max(least, width + dx * perPixel) };
  return shape ? { ...next, shape } : next;
}

/** Values per pixel of drag, so that about a thousand pixels cross the whole range of the image. */
export const dragSpeed = (smallest: number, largest: number) => Math.max((largest - smallest) / 1024, 1e-4);

export const sameWindow = (a: Window | undefined, b: Window | undefined) =>
  a?.center === b?.center &&
  a?.width === b?.width &&
  a?.table === b?.table &&
  (a?.shape ?? 'LINEAR') === (b?.shape ?? 'LINEAR');

/** A value to 0 (dark) … 1 (bright): C.11.2.1.2 and .3. */
export function brightness({ center, width, shape, table }: Window, value: number): number {
  if (table) return lookUp(table, value) / (2 ** table.bits - 1);
  if (shape === 'SIGMOID') return 1 / (1 + Math.exp((-4 * (value - center)) / width));
  if (shape === 'LINEAR_EXACT') return clamp((value - center) / width + 0.5);
  if (width <= 1) return value <= center - 0.5 ? 0 : 1;
  return clamp((value - (center - 0.5)) / (width - 1) + 0.5);
}

const clamp = (y: number) => Math.min(Math.max(y, 0), 1);

/** The values between which the brightness changes. */
export function rangeOf({ center, width, shape, table }: Window): { lower: number; upper: number } {
  // An entry holds for half a value to either side.
  if (table) return { lower: table.first - 0.5, upper: table.first + table.entries.length - 0.5 };
  if (shape === 'SIGMOID') return { lower: center - 1.5 * width, upper: center + 1.5 * width };
  if (shape === 'LINEAR_EXACT') return { lower: center - width / 2, upper: center + width / 2 };
  const half = Math.max(width - 1, 0.001) / 2;
  return { lower: center - 0.5 - half, upper: center - 0.5 + half };
}
