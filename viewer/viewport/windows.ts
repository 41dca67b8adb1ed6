// The window (VOI LUT) by which stored values become grey (PS3.3 C.11.2): the ones in the file, and the usual ones for CT.
import type { JsonDataset } from '../archive-client.ts';
import { functionalGroup, numbers, string, strings } from './dicom-json.ts';
import type { Msg } from '../text.ts';

export interface Window {
  center: number;
  width: number;
}

export interface Preset extends Window {
  name: Msg;
  /** what the file calls it (0028,1055); said instead of the name */
  explanation?: string;
}

/** The usual windows for CT, in Hounsfield units, in the order of their keys. */
const forCt: Preset[] = [
  { name: 'presetSoft', center: 40, width: 400 },
  { name: 'presetLung', center: -600, width: 1500 },
  { name: 'presetLiver', center: 90, width: 150 },
  { name: 'presetBone', center: 480, width: 2500 },
  { name: 'presetBrain', center: 40, width: 80 },
  { name: 'presetMediastinum', center: 50, width: 350 },
];

/** The windows the file carries, then, for CT, the usual ones. A width below 1 is no window (C.11.2.1.2.1). */
export function presetsFor(instance: JsonDataset): Preset[] {
  return [...windowsInFile(instance), ...(string(instance, '00080060') === 'CT' ? forCt : [])];
}

export function windowsInFile(instance: JsonDataset): Preset[] {
  const voi = functionalGroup(instance, '00289132');
  const centers = numbers(voi, '00281050');
  const widths = numbers(voi, '00281051');
  const explanations = strings(voi, '00281055');
  return centers.flatMap((center, index): Preset[] => {
    const width = widths[index];
    if (width === undefined || width < 1) return [];
    return [{ name: 'presetFile', explanation: explanations[index]?.trim() ?? '', center, width }];
  });
}

/** A window over all values, for an image that brings none; an image of one value is black. */
export function windowOver(smallest: number, largest: number): Window {
  if (smallest === largest) return { center: largest + 2, width: 2 };
  return { center: (smallest + largest + 1) / 2, width: Math.max(2, largest - smallest + 1) };
}

/** One drag step: sideways changes the width, up and down the centre; `perPixel` is how many values a pixel is worth. */
export function dragWindow({ center, width }: Window, dx: number, dy: number, perPixel: number): Window {
  return { center: center + dy * perPixel, width: Math.max(1, width + dx * perPixel) };
}

/** Values per pixel of drag, so that about a thousand pixels cross the whole range of the image. */
export const dragSpeed = (smallest: number, largest: number) => Math.max((largest - smallest) / 1024, 1 / 256);
