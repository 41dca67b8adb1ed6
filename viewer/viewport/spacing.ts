// What a pixel measures, and how far that may be trusted (PS3.3 10.7.1.3, C.8.5.5, C.8.7.1.1.3). A length without its state is a
// trap: the spacing of a radiograph holds at the detector, not in the patient.
import { isSecondaryCapture } from '#dicom/pixels/as-read.ts';
import type { JsonDataset } from '../archive-client.ts';
import { functionalGroup, number, numbers, string } from './dicom-json.ts';
import { orientationOf } from './geometry.ts';
import { isInCentimetres, regionAt, ultrasoundRegions } from './ultrasound-regions.ts';

/**
 * `calibrated`: true in the patient. `magnified`: at the detector, corrected by the magnification factor the device gave.
 * `atDetector`: true at the detector only. `unknown`: the file says a spacing but not where it holds. `region`: inside an
 * ultrasound region only. `outside`: not in one region of such an image. `none`: nothing can be measured in mm.
 */
export type CalibrationState = 'calibrated' | 'magnified' | 'atDetector' | 'unknown' | 'region' | 'outside' | 'none';

export interface Spacing {
  /** mm between rows and between columns; where nothing is known the pixel's shape, 1 high */
  rowMm: number;
  columnMm: number;
  state: CalibrationState;
}

const storage = (last: string) => `1.2.840.10008.5.1.4.1.1.${last}`;
// Ultrasound Image and Multi-frame Image Storage, and what they were before 1995.
const ultrasound = new Set(['6.1', '3.1', '6', '3'].map(storage));
// CT, X-Ray 3D and Breast Tomosynthesis Image Storage: slices, whatever modality made the projections that they come from.
const reconstructed = new Set(['2', '2.1', '13.1.1', '13.1.2', '13.1.3'].map(storage));
// VL Endoscopic, Photographic and Ophthalmic Photography, and the videos of the first two: pictures of what lies nearer and farther.
const photographs = new Set(['77.1.1', '77.1.1.1', '77.1.4', '77.1.4.1', '77.1.5.1', '77.1.5.2'].map(storage));
const projections = new Set(['CR', 'DX', 'MG', 'RF', 'XA', 'PX', 'IO', 'RG', 'RTIMAGE', 'BMD']);

export function spacingOf(instance: JsonDataset, frame = 1): Spacing {
  const measures = functionalGroup(instance, '00289110', frame);
  const pixel = pair(numbers(measures, '00280030'));
  // A film lay where the detector lies now.
  const detector =
    pair(numbers(functionalGroup(instance, '00289443', frame), '00181164')) ?? pair(numbers(instance, '00182010'));
  if (isProjection(instance)) return ofProjection(instance, pixel, detector);
  if (ultrasoundRegions(instance).length > 0) return { ...(pixel ?? shape(instance)), state: 'region' };
  if (isPage(instance, frame)) return ofProjection(instance, pixel, detector);
  if (isUltrasound(instance) && measures === instance) {
    return { rowMm: 1, columnMm: pixel ? pixel.columnMm / pixel.rowMm : shape(instance).columnMm, state: 'none' };
  }
  if (pixel) return { ...pixel, state: isPhotograph(instance) ? 'unknown' : 'calibrated' };
  if (detector) return { ...detector, state: 'atDetector' };
  return { ...shape(instance), state: 'none' };
}

/**
 * One whose modules (A.6, A.7) have no Pixel Spacing (0028,0030): where a device writes it all the same, it does not say of which part of
 * its screen.
 */
const isUltrasound = (instance: JsonDataset) => ultrasound.has(string(instance, '00080016') ?? '');

/** A spacing of these is nominal, as that at the retina is (C.8.17.2), or of one distance from the lens. */
const isPhotograph = (instance: JsonDataset) => photographs.has(string(instance, '00080016') ?? '');

/**
 * A film that was scanned, or what somebody captured of a screen, maybe smaller or beside others, with the spacing of what was on it
 * (10.7.1.3). A slice that lies somewhere in the patient was made of slices.
 */
const isPage = (instance: JsonDataset, frame: number) =>
  isSecondaryCapture(string(instance, '00080016')) && orientationOf(instance, frame) === undefined;

const isProjection = (instance: JsonDataset) =>
  projections.has(string(instance, '00080060') ?? '') && !reconstructed.has(string(instance, '00080016') ?? '');

/** 10.7.1.3: Pixel Spacing that differs from that of the detector, or of the scanner, was corrected by someone; the same says nothing new. */
function ofProjection(instance: JsonDataset, pixel: Pair | undefined, detector: Pair | undefined): Spacing {
  const type = string(instance, '00280A02');
  const isOther = (a: number, b: number) => Math.abs(a / b - 1) > 0.001;
  const differs =
    pixel && detector && (isOther(pixel.rowMm, detector.rowMm) || isOther(pixel.columnMm, detector.columnMm));
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

/** The spacing that holds at all of these points (column, row): of an ultrasound image that of the region they lie in. */
export function spacingAt(instance: JsonDataset, frame: number, points: (readonly number[])[]): Spacing {
  const whole = spacingOf(instance, frame);
  if (whole.state !== 'region') return whole;
  const region = regionAt(instance, points);
  if (!region || !isInCentimetres(region)) return { ...shape(instance), state: region ? 'none' : 'outside' };
  return { rowMm: Math.abs(region.y.delta) * 10, columnMm: Math.abs(region.x.delta) * 10, state: 'region' };
}

/** Of a whole image. */
export interface Extent {
  readonly widthMm: number;
  readonly heightMm: number;
}

/** Whether a length is one of millimetres. */
export const isInMillimetres = ({ state }: Spacing) => state !== 'none' && state !== 'outside';
