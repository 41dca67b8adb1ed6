// The regions of an ultrasound image (PS3.3 C.8.5.5): parts of the screen of the device, each with a scale of its own. Tissue is
// measured in centimetres both ways; along an M-mode or a spectrum runs time, and up it depth or velocity.
import type { JsonDataset } from '../archive-client.ts';
import { items, number } from './dicom-json.ts';

/** Physical Units X, Y Direction (0018,6024, 0018,6026), C.8.5.5.1.15; undefined where a direction has none. */
type PhysicalUnit = 'cm' | 's' | 'Hz' | 'cm/s' | '%' | 'dB' | 'dB/s' | 'cm²' | 'cm²/s' | 'cm³' | 'cm³/s' | '°';

const unitOf: Record<number, PhysicalUnit> = {
  1: '%',
  2: 'dB',
  3: 'cm',
  4: 's',
  5: 'Hz',
  6: 'dB/s',
  7: 'cm/s',
  8: 'cm²',
  9: 'cm²/s',
  10: 'cm³',
  11: 'cm³/s',
  12: '°',
};

/** Along the rows, or down the columns. */
export interface Axis {
  unit: PhysicalUnit | undefined;
  /** how many units a pixel is, below zero where they fall to the right or downwards */
  delta: number;
  /** the pixel, counted in the image from 0, at which the physical value is 0; undefined where the file does not say */
  zeroAt: number | undefined;
}

export interface UltrasoundRegion {
  /** pixels counted from 0, all of them inside */
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  /** Region Spatial Format (0018,6012): 1 is two-dimensional, 2 M-mode, 3 a spectrum, 4 a wave form */
  format: number;
  /** Region Flags (0018,6016), bit 0: it is drawn over others */
  isOver: boolean;
  x: Axis;
  y: Axis;
}

/**
 * Those that have a scale at all. None where one of them reaches past the image: the device made the image smaller and left the regions
 * as they were, so no scale is true. (Some count one pixel too many.)
 */
export function ultrasoundRegions(instance: JsonDataset): UltrasoundRegion[] {
  const [rows, columns] = [number(instance, '00280010'), number(instance, '00280011')];
  const regions = readRegions(instance);
  const reachesPast = ({ x1, y1 }: UltrasoundRegion) => x1 > (columns ?? Infinity) || y1 > (rows ?? Infinity);
  return regions.some(reachesPast) ? [] : regions;
}

function readRegions(instance: JsonDataset): UltrasoundRegion[] {
  return items(instance, '00186011').flatMap((item): UltrasoundRegion[] => {
    const [x0, y0, x1, y1] = ['00186018', '0018601A', '0018601C', '0018601E'].map((tag) => number(item, tag));
    if (x0 === undefined || y0 === undefined || x1 === undefined || y1 === undefined) return [];
    const x = axisOf(item, x0, ['00186024', '0018602C', '00186020', '00186028']);
    const y = axisOf(item, y0, ['00186026', '0018602E', '00186022', '0018602A']);
    if (!x.unit && !y.unit) return [];
    const isOver = ((number(item, '00186016') ?? 0) & 1) === 0;
    return [{ x0, y0, x1, y1, format: number(item, '00186012') ?? 0, isOver, x, y }];
  });
}

/** @param tags  of unit, delta, reference pixel (which is counted from where the region begins) and its physical value */
function axisOf(item: JsonDataset, begin: number, tags: [string, string, string, string]): Axis {
  const [code, delta, pixel, value] = tags.map((tag) => number(item, tag));
  const unit = delta ? unitOf[code ?? 0] : undefined;
  const zeroAt = pixel === undefined || !delta ? undefined : begin + pixel - (value ?? 0) / delta;
  return { unit, delta: delta ?? 0, zeroAt };
}

/** Whether it measures lengths in every direction. */
export const isInCentimetres = ({ x, y }: UltrasoundRegion) => x.unit === 'cm' && y.unit === 'cm';

/**
 * The region whose scale holds at all of these points (column, row): they lie in it, and none of them in another one with another scale
 * that is drawn there too. (Wave forms are drawn across the image, and take nothing from it, whatever their priority: they count where
 * there is nothing else.) A line within tissue may begin in the colour box, whose scale is the same (figure C.8-6).
 */
export function regionAt(instance: JsonDataset, points: readonly (readonly number[])[]): UltrasoundRegion | undefined {
  const regions = ultrasoundRegions(instance);
  const holds = ({ x0, y0, x1, y1 }: UltrasoundRegion, [x = -1, y = -1]: readonly number[]) =>
    x >= x0 && x <= x1 && y >= y0 && y <= y1;
  const area = ({ x0, y0, x1, y1 }: UltrasoundRegion) => (x1 - x0) * (y1 - y0);
  const [region] = regions
    .filter((each) => points.every((point) => holds(each, point)))
    .sort(
      (a, b) =>
        Number(isWaveForm(a)) - Number(isWaveForm(b)) || Number(b.isOver) - Number(a.isOver) || area(a) - area(b),
    );
  if (!region) return undefined;
  const covers = (other: UltrasoundRegion) =>
    !isWaveForm(other) &&
    !sameScale(other, region) &&
    (other.isOver || !region.isOver) &&
    area(other) < area(region) &&
    points.some((point) => holds(other, point));
  return regions.some(covers) ? undefined : region;
}

const isWaveForm = ({ format }: UltrasoundRegion) => format === 4;

/** Devices compute the deltas of each region anew, and they differ in their last digits: by less than can be seen in any length. */
const nearly = 0.001;

const sameScale = (a: UltrasoundRegion, b: UltrasoundRegion) => sameAxis(a.x, b.x) && sameAxis(a.y, b.y);

function sameAxis(a: Axis, b: Axis): boolean {
  const [one, other] = [Math.abs(a.delta), Math.abs(b.delta)];
  return a.unit === b.unit && Math.abs(one - other) <= nearly * Math.max(one, other);
}
