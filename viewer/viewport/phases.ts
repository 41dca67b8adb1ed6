// The phases of a volume that was made again and again: those of contrast in CT, the time points of a dynamic MR, those of a heartbeat. In
// one stack each slice would come after itself, or after one of another phase.
import type { JsonDataset } from '../archive-client.ts';
import { functionalGroup, number, string, strings } from './dicom-json.ts';
import type { Frame } from './display-sets.ts';
import { placeAlongNormal, positionOf, type Triple } from './geometry.ts';
import { bValueOf } from './magnetic-resonance.ts';

/** More are a film of the volume (functional MR has hundreds), and no list to choose from. */
const mostPhases = 64;
/** What lies nearer together than this lies at one place. */
const samePlaceMm = 0.1;
/** Two ranges that overlap at their ends have some places in common: phases have most of them. */
const leastRepetition = 1.5;
/** Nobody is examined for longer without getting up. */
const longestHours = 6;

type Moment = number | string;

interface Clock {
  momentOf: (instance: JsonDataset, frame: number) => Moment | undefined;
  /** It counts whatever is made: of an image and what was computed of it, each has a moment. */
  ofOneKind?: true;
}

/** What says when in time a frame belongs, the plainest first. */
const clocks: Clock[] = [
  { momentOf: temporalPosition },
  { momentOf: heartbeat },
  { momentOf: acquisitionNumber, ofOneKind: true },
  { momentOf: acquisitionTime, ofOneKind: true },
];

/**
 * Each phase by itself, the first one first; none where not the same places come again: neither in a volume, nor in a film of one place.
 * A clock that not all frames know says nothing. What is made in several directions of diffusion comes again at the same places, too.
 */
export function phasesOf(frames: readonly Frame[]): Frame[][] {
  if (frames.some(({ instance, frameNumber }) => (bValueOf(instance, frameNumber) ?? 0) > 0)) return [];
  const places = placesOf(frames);
  if (!places || places.length < 2 || frames.length < leastRepetition * places.length) return [];
  const kinds = new Set(frames.map(({ instance }) => strings(instance, '00080008').join('\\')));
  for (const { momentOf, ofOneKind } of clocks) {
    if (ofOneKind && kinds.size > 1) continue;
    const moments = new Map<Frame, Moment>();
    for (const frame of frames) {
      const moment = momentOf(frame.instance, frame.frameNumber);
      if (moment !== undefined) moments.set(frame, moment);
    }
    if (moments.size < frames.length) continue;
    const inOrder = pastMidnight(moments);
    const phases = atOneMoment(frames, places, inOrder) ?? inTurn(frames, places, inOrder);
    if (phases) return phases;
  }
  return [];
}

/** As many moments as there are frames at one place: each is a phase, of which slices may be missing. */
function atOneMoment(
  frames: readonly Frame[],
  places: Frame[][],
  moments: ReadonlyMap<Frame, Moment>,
): Frame[][] | undefined {
  const values = [...new Set(moments.values())].sort(inTime);
  const most = Math.max(...places.map((place) => place.length));
  if (values.length !== most || most > mostPhases || !areApart(places, moments)) return undefined;
  return values.map((value) => frames.filter((frame) => moments.get(frame) === value));
}

/**
 * Each slice has moments of its own, as many as every other one: the first ones are the first phase. So it is where the table moves, and in
 * a heart of which one slice after the other was made, each over some beats.
 */
function inTurn(
  frames: readonly Frame[],
  places: Frame[][],
  moments: ReadonlyMap<Frame, Moment>,
): Frame[][] | undefined {
  const count = places[0]!.length;
  if (count > mostPhases || places.some((place) => place.length !== count) || !areApart(places, moments))
    return undefined;
  const turns = new Map<Frame, number>();
  for (const place of places) {
    const ordered = place.toSorted((a, b) => inTime(moments.get(a)!, moments.get(b)!));
    ordered.forEach((frame, turn) => turns.set(frame, turn));
  }
  return Array.from({ length: count }, (_, turn) => frames.filter((frame) => turns.get(frame) === turn));
}

/** No two frames of one place are of one moment. */
const areApart = (places: Frame[][], moments: ReadonlyMap<Frame, Moment>) =>
  places.every((place) => new Set(place.map((frame) => moments.get(frame))).size === place.length);

const inTime = (a: Moment, b: Moment) => (a < b ? -1 : a > b ? 1 : 0);

/** Temporal Position Index (0020,9128) of an enhanced image, else Temporal Position Identifier (0020,0100). */
function temporalPosition(instance: JsonDataset, frame: number): number | undefined {
  return number(functionalGroup(instance, '00209111', frame), '00209128') ?? number(instance, '00200100');
}

/** Nominal Cardiac Trigger Delay Time (0020,9153), Nominal Percentage of Cardiac Phase (0020,9241), Trigger Time (0018,1060). */
function heartbeat(instance: JsonDataset, frame: number): number | undefined {
  const group = functionalGroup(instance, '00189118', frame);
  return number(group, '00209153') ?? number(group, '00209241') ?? number(instance, '00181060');
}

/** Frame Acquisition Number (0020,9156) of an enhanced image, else Acquisition Number (0020,0012). */
function acquisitionNumber(instance: JsonDataset, frame: number): number | undefined {
  return number(functionalGroup(instance, '00209111', frame), '00209156') ?? number(instance, '00200012');
}

/** Frame Acquisition DateTime (0018,9074), Acquisition DateTime (0008,002A); else date and time of the acquisition, or of the content. */
function acquisitionTime(instance: JsonDataset, frame: number): string | undefined {
  const dateTime = string(functionalGroup(instance, '00209111', frame), '00189074') ?? string(instance, '0008002A');
  if (dateTime) return dateTime;
  const ofAcquisition = string(instance, '00080032');
  const [date, time] = ofAcquisition
    ? [string(instance, '00080022'), ofAcquisition]
    : [string(instance, '00080023'), string(instance, '00080033')];
  return time && `${date ?? ''}${time}`;
}

/**
 * Times of the day of which no day is said: where nothing lies between two of them for most of a day, they went on past midnight, and
 * what is before that is of the next day. Others are of one day: what was made in the morning comes before what was made in the evening.
 */
function pastMidnight(moments: Map<Frame, Moment>): Map<Frame, Moment> {
  const hours = new Map<Frame, number>();
  for (const [frame, moment] of moments) {
    if (typeof moment !== 'string' || !timeAlone.test(moment)) return moments;
    hours.set(frame, Number(moment.slice(0, 2)) + Number(moment.slice(2, 4)) / 60);
  }
  const inOrder = [...new Set(hours.values())].sort((a, b) => a - b);
  const begun = inOrder.find((hour, at) => at > 0 && hour - inOrder[at - 1]! > 24 - longestHours);
  if (begun === undefined) return moments;
  const goneOn = ([frame, moment]: [Frame, Moment]): [Frame, Moment] => {
    const isOfNextDay = hours.get(frame)! < begun;
    return [frame, isOfNextDay ? `${Number(String(moment).slice(0, 2)) + 24}${String(moment).slice(2)}` : moment];
  };
  return new Map([...moments].map(goneOn));
}

/** HHMMSS.FFFFFF, of which all but the hours may be left out (PS3.5 Table 6.2-1). */
const timeAlone = /^\d{2}(\d{2}){0,2}(\.\d+)?$/;

/** The frames at each place of the patient, wherever it lies along the normal and within its plane. */
function placesOf(frames: readonly Frame[]): Frame[][] | undefined {
  const placed: { frame: Frame; along: number; position: Triple }[] = [];
  for (const frame of frames) {
    const along = placeAlongNormal(frame.instance, frame.frameNumber);
    const position = positionOf(frame.instance, frame.frameNumber);
    if (along === undefined || !position) return undefined;
    placed.push({ frame, along, position });
  }
  placed.sort((a, b) => a.along - b.along);
  const places: Place[] = [];
  for (const { frame, along, position } of placed) {
    const place = placeAt(places, along, position);
    if (place) place.frames.push(frame);
    else places.push({ along, position, frames: [frame] });
  }
  return places.map((place) => place.frames);
}

interface Place {
  along: number;
  position: Triple;
  frames: Frame[];
}

/** @param places  along the normal, of which none lies beyond what is looked for */
function placeAt(places: readonly Place[], along: number, position: Triple): Place | undefined {
  for (let at = places.length - 1; at >= 0 && along - places[at]!.along < samePlaceMm; at -= 1)
    if (distance(places[at]!.position, position) < samePlaceMm) return places[at];
  return undefined;
}

const distance = (a: Triple, b: Triple) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
