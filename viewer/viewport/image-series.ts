// A series as the viewport shows it: its frames in reading order, made from the series metadata of WADO-RS. No Cornerstone
// and no HTTP here, so all of it can be tested as plain functions.
import { frameUrl, type JsonDataset } from '../archive-client.ts';
import { functionalGroup, number, numbers, string, strings } from './dicom-json.ts';

/** One picture: an instance, or one frame of a multi-frame instance. */
export interface Frame {
  /** what Cornerstone knows it by: `wadors:` and the address of the frame */
  imageId: string;
  instance: JsonDataset;
  SOPInstanceUID: string;
  /** counted from 1 */
  frameNumber: number;
}

export interface ImageSeries {
  StudyInstanceUID: string;
  SeriesInstanceUID: string;
  frames: Frame[];
}

// A frame count is data from outside; past this the list itself would be the attack.
const mostFramesOfAnInstance = 20_000;

export function imageSeries(study: string, series: string, instances: JsonDataset[]): ImageSeries {
  const frames = inReadingOrder(instances.filter(isImage)).flatMap((instance) => {
    const sop = string(instance, '00080018')!;
    const count = Math.min(Math.max(1, Math.floor(number(instance, '00280008') ?? 1)), mostFramesOfAnInstance);
    const drawable = asCornerstoneReadsIt(instance);
    return Array.from({ length: count }, (_, index) => ({
      imageId: `wadors:${frameUrl(study, series, sop, index + 1)}`,
      instance: drawable,
      SOPInstanceUID: sop,
      frameNumber: index + 1,
    }));
  });
  return { StudyInstanceUID: study, SeriesInstanceUID: series, frames };
}

/** The tables of a PALETTE COLOR image, each with its descriptor (PS3.3 C.7.6.3.1.5 and .6). */
const paletteTables = [
  ['00281201', '00281101'],
  ['00281202', '00281102'],
  ['00281203', '00281103'],
] as const;

/**
 * The dataset with what Cornerstone stumbles over put right: the tables come as binary words and are read as numbers (entries
 * of 8 bits may be packed two to a word); and without a modality it throws where nobody catches.
 */
function asCornerstoneReadsIt(instance: JsonDataset): JsonDataset {
  const tables = paletteTables.flatMap(([tag, descriptor]) => {
    const binary = instance[tag]?.InlineBinary;
    if (binary === undefined) return [];
    const bytes = Uint8Array.from(atob(binary), (character) => character.charCodeAt(0));
    const entries = number(instance, descriptor) || 0x10000; // 0 stands for 65,536, which 16 bits cannot say
    const words = Array.from(
      { length: bytes.length >> 1 },
      (_, index) => bytes[2 * index]! | (bytes[2 * index + 1]! << 8),
    );
    return [[tag, { vr: 'US', Value: bytes.length < 2 * entries ? [...bytes] : words }] as const];
  });
  const modality = string(instance, '00080060') ? [] : [['00080060', { vr: 'CS', Value: ['OT'] }] as const];
  return { ...instance, ...Object.fromEntries([...tables, ...modality]) };
}

/**
 * Whether Cornerstone has all it needs to make a picture of this instance. Without this it would be waited for in vain: some
 * of its failures reach nobody.
 */
export function canBeDrawn(instance: JsonDataset): boolean {
  const photometric = string(instance, '00280004');
  const bits = number(instance, '00280100');
  if (!photometric || !number(instance, '00280002') || !bits || bits % 8 !== 0) return false;
  return photometric !== 'PALETTE COLOR' || paletteTables.every(([tag]) => instance[tag]?.Value);
}

/** Has pixels: Rows and Columns are Type 1 wherever there is an image (PS3.3 C.7.6.3). */
function isImage(instance: JsonDataset): boolean {
  return Boolean(string(instance, '00080018') && number(instance, '00280010') && number(instance, '00280011'));
}

/**
 * Slices of one orientation at different places are read from one end of the patient to the other; everything else by
 * Instance Number. The direction follows the Instance Numbers, so that the first image is the one the modality calls first.
 */
export function inReadingOrder(instances: JsonDataset[]): JsonDataset[] {
  const byNumber = instances.toSorted((a, b) => instanceNumber(a) - instanceNumber(b));
  const placed = byNumber.map((instance) => ({ instance, place: placeAlongNormal(instance) }));
  const orientations = new Set(
    byNumber.map((instance) =>
      orientationOf(instance)
        ?.map((c) => c.toFixed(3))
        .join(),
    ),
  );
  const places = new Set(placed.map(({ place }) => place?.toFixed(3)));
  if (orientations.size !== 1 || places.has(undefined) || places.size !== placed.length) return byNumber;
  const rising = placed.at(-1)!.place! >= placed[0]!.place!;
  const sorted = placed.toSorted((a, b) => (rising ? a.place! - b.place! : b.place! - a.place!));
  return sorted.map(({ instance }) => instance);
}

const instanceNumber = (instance: JsonDataset) => number(instance, '00200013') ?? Number.MAX_SAFE_INTEGER;

/** Image Orientation (Patient): six direction cosines. */
export function orientationOf(instance: JsonDataset): number[] | undefined {
  const cosines = numbers(functionalGroup(instance, '00209116'), '00200037');
  return cosines.length === 6 ? cosines : undefined;
}

/** How far along the slice normal the image lies, mm (PS3.3 C.7.6.2.1.1). */
function placeAlongNormal(instance: JsonDataset): number | undefined {
  const [rx, ry, rz, cx, cy, cz] = orientationOf(instance) ?? [];
  const [x, y, z] = numbers(instance, '00200032');
  if (rx === undefined || x === undefined || y === undefined || z === undefined) return undefined;
  return x * (ry! * cz! - rz! * cy!) + y * (rz! * cx! - rx * cz!) + z * (rx * cy! - ry! * cx!);
}

/**
 * What a millimetre on this image is worth. `calibrated`: Pixel Spacing is given. `atDetector`: only Imager Pixel Spacing
 * is, which is true at the detector and not in the patient (PS3.3 10.7.1.3). `none`: nothing can be measured in mm.
 */
export function calibrationOf(instance: JsonDataset): 'calibrated' | 'atDetector' | 'none' {
  if (numbers(functionalGroup(instance, '00289110'), '00280030').length === 2) return 'calibrated';
  return numbers(instance, '00181164').length === 2 ? 'atDetector' : 'none';
}

/** Transfer syntaxes the archive announced for the instance's pixels (Available Transfer Syntax UID, 0008,3002). */
export function announcedSyntaxes(instance: JsonDataset): string[] {
  return [...strings(instance, '00083002'), ...strings(instance, '00020010')];
}
