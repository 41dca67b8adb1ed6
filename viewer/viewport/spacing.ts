// What a pixel measures, and how far that may be trusted (PS3.3 10.7.1.3, C.8.5.5, C.8.7.1.1.3). A length without its state is a
// trap: the spacing of a radiograph holds at the detector, not in the patient.
import type { JsonDataset } from '../archive-client.ts';
import { functionalGroup, items, number, numbers, string } from './dicom-json.ts';

/**
 * `calibrated`: true in the patient. `magnified`: at the detector, corrected by the magnification factor the device gave.
 * `atDetector`: true at the detector only. `unknown`: the file says a spacing but not where it holds. `region`: inside an
 * ultrasound region only. `none`: nothing can be measured in mm.
 */
export type CalibrationState = 'calibrated' | 'magnified' | 'atDetector' | 'unknown' | 'region' | 'none';

export interface Spacing {
  /** mm between rows and between columns; where nothing is known the pixel's shape, 1 high */
  rowMm: number;
  columnMm: number;
  state: CalibrationState;
}

/** An ultrasound region (C.8.5.5): a part of the image with a scale of its own. Pixels counted from 0. */
export interface UltrasoundRegion {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  /** Region Data Type (0018,6014): 1 is tissue */
  dataType: number;
  /** Physical Units (0018,6024, 0018,6026): 3 is cm, 4 seconds */
  unitX: number;
  unitY: number;
  deltaX: number;
  deltaY: number;
  /** Reference Pixel (0018,6020, 0018,6022) and its value */
  referenceX: number;
  referenceY: number;
}

const centimetres = 3;
const projections = new Set(['CR', 'DX', 'MG', 'RF', 'XA', 'PX', 'IO', 'RG', 'RTIMAGE', 'BMD']);

export function spacingOf(instance: JsonDataset, frame = 1): Spacing {
  const pixel = pair(numbers(functionalGroup(instance, '00289110', frame), '00280030'));
  const detector = pair(numbers(instance, '00181164'));
  const isProjection = projections.has(string(instance, '00080060') ?? '');
  if (isProjection) return ofProjection(instance, pixel, detector);
  if (ultrasoundRegions(instance).some(isCentimetres)) return { ...(pixel ?? shape(instance)), state: 'region' };
  if (pixel) return { ...pixel, state: 'calibrated' };
  const nominal = pair(numbers(instance, '00182010'));
  if (detector ?? nominal) return { ...(detector ?? nominal)!, state: 'atDetector' };
  return { ...shape(instance), state: 'none' };
}

/** 10.7.1.3: Pixel Spacing that differs from Imager Pixel Spacing was corrected by someone; the same says nothing new. */
function ofProjection(instance: JsonDataset, pixel: Pair | undefined, detector: Pair | undefined): Spacing {
  const type = string(instance, '00280A02');
  const differs = pixel && detector && Math.abs(pixel.rowMm / detector.rowMm - 1) > 0.001;
  if (pixel && (differs || type === 'GEOMETRY' || type === 'FIDUCIAL')) return { ...pixel, state: 'calibrated' };
  if (detector) {
    const magnification = number(instance, '00181114') ?? 0;
    if (magnification <= 1) return { ...detector, state: 'atDetector' };
    const { rowMm, columnMm } = detector;
    return { rowMm: rowMm / magnification, columnMm: columnMm / magnification, state: 'magnified' };
  }
  return pixel ? { ...pixel, state: 'unknown' } : { ...shape(instance), state: 'none' };
}

interface Pair {
  rowMm: number;
  columnMm: number;
}

function pair([rowMm, columnMm]: number[]): Pair | undefined {
  return rowMm && columnMm && rowMm > 0 && columnMm > 0 ? { rowMm, columnMm } : undefined;
}

/** Pixel Aspect Ratio (0028,0034): the height of a pixel to its width. */
function shape(instance: JsonDataset): Pair {
  const ratio = pair(numbers(instance, '00280034'));
  return ratio ? { rowMm: 1, columnMm: ratio.columnMm / ratio.rowMm } : { rowMm: 1, columnMm: 1 };
}

function ultrasoundRegions(instance: JsonDataset): UltrasoundRegion[] {
  return items(instance, '00186011').flatMap((item): UltrasoundRegion[] => {
    const [x0, y0, x1, y1, dataType, unitX, unitY, deltaX, deltaY] = [
      '00186018',
      '0018601A',
      '0018601C',
      '0018601E',
      '00186014',
      '00186024',
      '00186026',
      '0018602C',
      '0018602E',
    ].map((tag) => number(item, tag));
    if (x0 === undefined || y0 === undefined || x1 === undefined || y1 === undefined) return [];
    if (!deltaX || !deltaY) return [];
    const at = { x0, y0, x1, y1, dataType: dataType ?? 0, unitX: unitX ?? 0, unitY: unitY ?? 0, deltaX, deltaY };
    return [{ ...at, referenceX: number(item, '00186020') ?? 0, referenceY: number(item, '00186022') ?? 0 }];
  });
}

const isCentimetres = ({ unitX, unitY }: UltrasoundRegion) => unitX === centimetres && unitY === centimetres;

/** The spacing that holds at all of these points (column, row): of an ultrasound image that of the region they lie in. */
export function spacingAt(instance: JsonDataset, frame: number, points: (readonly number[])[]): Spacing {
  const whole = spacingOf(instance, frame);
  if (whole.state !== 'region') return whole;
  const holds = ({ x0, y0, x1, y1 }: UltrasoundRegion) =>
    points.every(([x = -1, y = -1]) => x >= x0 && x <= x1 && y >= y0 && y <= y1);
  const region = ultrasoundRegions(instance).find((candidate) => isCentimetres(candidate) && holds(candidate));
  if (!region) return { ...shape(instance), state: 'none' };
  return { rowMm: Math.abs(region.deltaY) * 10, columnMm: Math.abs(region.deltaX) * 10, state: 'region' };
}
