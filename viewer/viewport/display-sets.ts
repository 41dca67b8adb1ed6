// A series as readers look at it: display sets, each one stack of frames that belong together, or one document. Made from the
// series metadata of WADO-RS; no Cornerstone and no HTTP here, so all of it is plain functions.
import { isSecondaryCapture } from '#dicom/pixels/as-read.ts';
import { isOfLocalizer } from '#dicom/pixels/value-unit.ts';
import { type JsonDataset } from '../archive-client.ts';
import { frameUrl } from '../image-client.ts';
import { functionalGroup, number, string, strings } from './dicom-json.ts';
import { normalTo, orientationOf, placeAlongNormal } from './geometry.ts';
import { isHeldInColor } from './held-in-color.ts';
import { bValueOf, echoTime } from './magnetic-resonance.ts';
import { missingSlices, type Gap } from './missing-slices.ts';
import { phasesOf } from './phases.ts';
import { suvOf, type Suv } from './suv.ts';
import { toldApart, type Told } from './told-apart.ts';
import { videoTypeOf } from './video-type.ts';

/** One picture: an instance, or one frame of a multi-frame instance. */
export interface Frame {
  /** what Cornerstone knows it by: `frame:` and the address of the frame */
  imageId: string;
  instance: JsonDataset;
  SOPInstanceUID: string;
  /** counted from 1 */
  frameNumber: number;
  /** of all slices of its series; where there is none its values are said as they are */
  suv?: Suv;
}

/** What tells a display set from the others of its series; each is said in the strip. */
export interface Distinction extends Told {
  orientation?: 'axial' | 'coronal' | 'sagittal' | 'oblique';
  localizer?: boolean;
  echoTimeMs?: number;
  bValue?: number;
  /** of a volume that was made again and again */
  phase?: { number: number; of: number };
}

export interface DisplaySet {
  uid: string;
  StudyInstanceUID: string;
  SeriesInstanceUID: string;
  /** how many instances the series had when it was read */
  seriesInstances: number;
  kind: 'images' | 'video' | 'pdf' | 'clinicalDocument' | 'report' | 'nothing';
  /** of images; a document has none */
  frames: Frame[];
  /** the first instance: what is said of the whole set comes from here */
  instance: JsonDataset;
  distinction: Distinction;
  /** where slices are missing among the frames */
  gaps: Gap[];
}

// A frame count is data from outside; past this the list itself would be the attack.
const mostFramesOfAnInstance = 20_000;
// Slices that turn around an axis have each an orientation of their own, and belong together all the same.
const mostOrientations = 4;
const encapsulated: Readonly<Record<string, DisplaySet['kind']>> = {
  '1.2.840.10008.5.1.4.1.1.104.1': 'pdf',
  '1.2.840.10008.5.1.4.1.1.104.2': 'clinicalDocument',
};
const structuredReports = '1.2.840.10008.5.1.4.1.1.88.';

export function displaySets(study: string, series: string, instances: JsonDataset[]): DisplaySet[] {
  const known = instances.filter((instance) => string(instance, '00080018'));
  const of = (kind: DisplaySet['kind'], instance: JsonDataset, frames: Frame[], distinction: Distinction) => {
    const uid = `${series}/${string(instance, '00080018')!}/${frames[0]?.frameNumber ?? 0}`;
    return {
      uid,
      StudyInstanceUID: study,
      SeriesInstanceUID: series,
      seriesInstances: instances.length,
      kind,
      frames,
      instance,
      distinction,
      gaps: missingSlices(frames),
    };
  };
  const pictures = known.filter(isImage);
  const slices = new Set(pictures.filter(isOfModality));
  const suv = suvOf([...slices]);
  const images = groupsOf(
    pictures.flatMap((instance) => framesOf(study, series, instance, slices.has(instance) ? suv : undefined)),
  );
  const sets = images.map(({ frames, distinction }) =>
    of('images', frames[0]!.instance, inReadingOrder(frames), distinction),
  );
  const documents = byInstanceNumber(known.filter((instance) => !isImage(instance)));
  const told = toldApart(documents);
  return [...sets, ...documents.map((instance, at) => of(documentKind(instance), instance, [], told[at]!))];
}

/** Rather than a page or a fused picture that was made of such and put beside them: its greys and colours measure nothing. */
const isOfModality = (instance: JsonDataset) =>
  !isSecondaryCapture(string(instance, '00080016')) && !isHeldInColor(instance);

/** Says that it is an image: Rows and Columns are Type 1 wherever there is one (PS3.3 C.7.6.3). */
export const isDescribedAsImage = (instance: JsonDataset) =>
  Boolean(number(instance, '00280010') && number(instance, '00280011'));

/** Pixel Data, Float and Double Float Pixel Data (C.7.6.3, C.7.6.24, C.7.6.25), of which metadata have one wherever it came along. */
const pixelTags = ['7FE00010', '7FE00008', '7FE00009'];
const hasPixels = (instance: JsonDataset) => isDescribedAsImage(instance) && pixelTags.some((tag) => instance[tag]);
const isImage = (instance: JsonDataset) => hasPixels(instance) && !videoTypeOf(instance);

function documentKind(instance: JsonDataset): DisplaySet['kind'] {
  if (hasPixels(instance)) return 'video';
  const sopClass = string(instance, '00080016') ?? '';
  if (encapsulated[sopClass]) return encapsulated[sopClass];
  return sopClass.startsWith(structuredReports) || instance['0040A730'] ? 'report' : 'nothing';
}

/** Text, which runs over as many pages of paper as it takes. */
export const isText = (set: DisplaySet | undefined) => set?.kind === 'report' || set?.kind === 'clinicalDocument';

function framesOf(study: string, series: string, instance: JsonDataset, suv: Suv | undefined): Frame[] {
  const SOPInstanceUID = string(instance, '00080018')!;
  return Array.from({ length: frameCount(instance) }, (_, index) => ({
    imageId: `frame:${frameUrl(study, series, SOPInstanceUID, index + 1)}`,
    instance,
    SOPInstanceUID,
    frameNumber: index + 1,
    ...(suv && { suv }),
  }));
}

export const frameCount = (instance: JsonDataset) =>
  Math.min(Math.max(1, Math.floor(number(instance, '00280008') ?? 1)), mostFramesOfAnInstance);

const concatenationOf = ({ instance }: Frame) => string(instance, '00209161');

/** Of the image that the frame is a part of: the instances of a concatenation are one (PS3.3 C.7.6.16.2.2.4). */
export const imageUidOf = (frame: Frame): string => concatenationOf(frame) ?? frame.SOPInstanceUID;

interface Group {
  frames: Frame[];
  distinction: Distinction;
}

/**
 * A multi-frame instance is never mixed with others but those that are one image together, a concatenation (PS3.3 C.7.6.16.2.2.4);
 * apart from that, frames that differ in what is listed here part.
 */
function groupsOf(frames: Frame[]): Group[] {
  const instancesApart = partedBy(
    frames,
    (frame) => concatenationOf(frame) ?? (frameCount(frame.instance) > 1 ? frame.SOPInstanceUID : ''),
  );
  const told = toldApart(instancesApart.map(([frame]) => frame!.instance));
  return instancesApart.flatMap((together, at) => {
    const ofFilm = frameCount(together[0]!.instance) > 1 ? told[at] : {};
    return split(together, localizers)
      .flatMap((group) => split(group.frames, orientations, group.distinction))
      .flatMap((group) => split(group.frames, echoes, group.distinction))
      .flatMap((group) => split(group.frames, diffusion, group.distinction))
      .flatMap(inPhases)
      .map((group) => ({ ...group, distinction: { ...ofFilm, ...group.distinction } }));
  });
}

interface Splitter {
  part: (frames: Frame[]) => Frame[][];
  say: (frame: Frame) => Distinction;
  /** more groups than this are no groups */
  most: number;
}

function split(frames: Frame[], { part: parted, say, most }: Splitter, before: Distinction = {}): Group[] {
  const parts = parted(frames);
  if (parts.length < 2 || parts.length > most) return [{ frames, distinction: before }];
  return parts.map((part) => ({ frames: part, distinction: { ...before, ...say(part[0]!) } }));
}

const localizers: Splitter = {
  part: (frames) => partedBy(frames, ({ instance, frameNumber }) => String(isLocalizer(instance, frameNumber))),
  say: ({ instance, frameNumber }) => (isLocalizer(instance, frameNumber) ? { localizer: true } : {}),
  most: 2,
};

const orientations: Splitter = {
  part: partedByDirection,
  say: ({ instance, frameNumber }) => {
    const orientation = planeOf(orientationOf(instance, frameNumber));
    return orientation ? { orientation } : {};
  },
  most: mostOrientations,
};

const echoes: Splitter = {
  part: (frames) =>
    partedBy(frames, ({ instance, frameNumber }) => String(echoTime(instance, frameNumber)?.toFixed(2))),
  say: ({ instance, frameNumber }) => {
    const echoTimeMs = echoTime(instance, frameNumber);
    return echoTimeMs === undefined ? {} : { echoTimeMs };
  },
  most: 64,
};

const diffusion: Splitter = {
  part: (frames) => partedBy(frames, ({ instance, frameNumber }) => String(bValueOf(instance, frameNumber))),
  say: ({ instance, frameNumber }) => {
    const bValue = bValueOf(instance, frameNumber);
    return bValue === undefined ? {} : { bValue };
  },
  most: 32,
};

function inPhases(group: Group): Group[] {
  const { frames, distinction } = group;
  const phases = phasesOf(frames);
  if (phases.length < 2) return [group];
  return phases.map((part, at) => {
    return { frames: part, distinction: { ...distinction, phase: { number: at + 1, of: phases.length } } };
  });
}

/** Image Type (0008,0008), and Frame Type of a functional group, that of MR or of CT. */
export const imageTypesOf = (instance: JsonDataset, frame: number): string[] => [
  ...strings(instance, '00080008'),
  ...['00189226', '00189329'].flatMap((type) => strings(functionalGroup(instance, type, frame), '00089007')),
];

const isLocalizer = (instance: JsonDataset, frame: number) => isOfLocalizer(imageTypesOf(instance, frame));

/** Nothing but localizers: what the modality plans by, not what a reader opens a study for. */
export const isForPlanning = ({ frames }: DisplaySet): boolean =>
  frames[0] !== undefined && isLocalizer(frames[0].instance, frames[0].frameNumber);

function planeOf(cosines: number[] | undefined): Distinction['orientation'] {
  if (!cosines) return undefined;
  const normal = normalTo(cosines).map(Math.abs);
  const main = normal.indexOf(Math.max(...normal));
  if (normal[main]! < 0.8) return 'oblique';
  return (['sagittal', 'coronal', 'axial'] as const)[main];
}

/** In the order in which each key is first met, by Instance Number. (Chromium 109 and Safari 16 have no Map.groupBy.) */
function partedBy(frames: Frame[], key: (frame: Frame) => string): Frame[][] {
  const parts = new Map<string, Frame[]>();
  for (const frame of sortedByNumber(frames)) {
    const part = parts.get(key(frame));
    if (part) part.push(frame);
    else parts.set(key(frame), [frame]);
  }
  return [...parts.values()];
}

/** Within half a degree: the cosines of one volume differ in their last digits, and in the sign of what is all but zero. */
const sameDirection = (a: number[] | undefined, b: number[] | undefined) =>
  a === b || (a !== undefined && b !== undefined && a.every((cosine, at) => Math.abs(cosine - b[at]!) < 0.01));

function partedByDirection(frames: Frame[]): Frame[][] {
  const parts: { direction: number[] | undefined; frames: Frame[] }[] = [];
  for (const frame of sortedByNumber(frames)) {
    const direction = orientationOf(frame.instance, frame.frameNumber);
    const part = parts.find((candidate) => sameDirection(candidate.direction, direction));
    if (part) part.frames.push(frame);
    else parts.push({ direction, frames: [frame] });
    if (parts.length > mostOrientations) break; // no groups any more, whatever comes
  }
  return parts.map((part) => part.frames);
}

const instanceNumber = (instance: JsonDataset) => number(instance, '00200013') ?? Number.MAX_SAFE_INTEGER;

const byInstanceNumber = (instances: JsonDataset[]) =>
  [...instances].sort((a, b) => instanceNumber(a) - instanceNumber(b));

/** In-concatenation Number (0020,9162): the parts of a concatenation may all have the Instance Number of the whole. */
const partNumber = (instance: JsonDataset) => number(instance, '00209162') ?? 0;

const sortedByNumber = (frames: Frame[]) =>
  [...frames].sort(
    (a, b) =>
      instanceNumber(a.instance) - instanceNumber(b.instance) ||
      partNumber(a.instance) - partNumber(b.instance) ||
      a.frameNumber - b.frameNumber,
  );

/**
 * Slices of one orientation at different places are read from one end of the patient to the other; everything else by
 * Instance Number. The direction follows the Instance Numbers, so that the first image is the one the modality calls first.
 */
function inReadingOrder(frames: Frame[]): Frame[] {
  const byNumber = sortedByNumber(frames);
  const placed = byNumber.map((frame) => ({ frame, place: placeAlongNormal(frame.instance, frame.frameNumber) }));
  const oneOrientation = partedByDirection(byNumber).length === 1;
  const places = new Set(placed.map(({ place }) => place?.toFixed(3)));
  if (!oneOrientation || places.has(undefined) || places.size !== placed.length) return byNumber;
  const rising = placed.at(-1)!.place! >= placed[0]!.place!;
  return placed.sort((a, b) => (rising ? a.place! - b.place! : b.place! - a.place!)).map(({ frame }) => frame);
}
