// How and when an image was made, and which of its series it is, in the words of its corners: read of the frame that is drawn, so that
// nothing of another one stays.
import { measure as written } from '../format.ts';
import { text, type Msg } from '../text.ts';
import type { JsonDataset } from '../archive-client.ts';
import { functionalGroup, items, number, string } from '../viewport/dicom-json.ts';
import { frameCount, type Distinction, type Frame } from '../viewport/display-sets.ts';
import { normalTo, orientationOf, placeAlongNormal } from '../viewport/geometry.ts';
import { bValueOf, echoTime, saysDiffusion } from '../viewport/magnetic-resonance.ts';
import { countedIn } from '../viewport/nuclear.ts';
import { lettersOf } from '../viewport/orientation.ts';

const said = (amount: number | undefined, words: Msg, digits: number) =>
  amount !== undefined && text(words, { n: written(amount, digits) });

const together = (parts: (string | false | undefined)[]) => parts.filter(Boolean).join(' · ') || undefined;

/**
 * The times of magnetic resonance in ms and its b-value, kV and mAs of X-rays, what nuclear medicine counted. Enhanced images say them
 * in functional groups, by other attributes (PS3.3 C.8.13.5.2, C.8.13.5.4, C.8.13.5.6, C.8.15.3.8, C.8.15.3.9).
 * @param distinction  of its display set
 */
export function technique(frame: Frame, distinction: Distinction = {}): string | undefined {
  const { instance, frameNumber } = frame;
  const group = (tag: string) => functionalGroup(instance, tag, frameNumber);
  const exposure = group('00189321');
  const modifier = group('00189115');
  return together(
    string(instance, '00080060') === 'MR'
      ? [
          said(number(group('00189112'), '00180080'), 'repetitionOf', 1),
          said(echoTime(instance, frameNumber), 'echoOf', 2),
          // Nought is what devices write that inverted nothing.
          said(number(modifier, '00189079') || number(modifier, '00180082') || undefined, 'inversionOf', 1),
          said(weighting(frame, distinction), 'bValueOf', 0),
        ]
      : [
          said(number(group('00189325'), '00180060'), 'voltageOf', 0),
          said(number(exposure, '00189332') ?? number(exposure, '00181152'), 'exposureOf', 1),
          ...countedIn(instance, frameNumber),
        ],
  );
}

/** What a frame of a segmentation marks (PS3.3 C.8.20.2): all of them look alike, white on black. */
export function segment({ instance, frameNumber }: Frame): string | undefined {
  const marked = number(functionalGroup(instance, '0062000A', frameNumber), '0062000B');
  const found = items(instance, '00620002').find((item) => number(item, '00620004') === marked);
  const label = found && marked !== undefined && string(found, '00620005');
  return label ? text('segmentOf', { name: label }) : undefined;
}

/** Nought is also what devices write where nothing is weighted by diffusion. */
function weighting(frame: Frame, { bValue }: Distinction): number | undefined {
  const found = bValueOf(frame.instance, frame.frameNumber);
  return found || bValue !== undefined || saysDiffusion(frame) ? found : undefined;
}

/**
 * Slice Location (0020,1041), which need not be there and is one for all frames; else where the slice lies along its normal. From where
 * that is counted, and which way, the former does not say (PS3.3 C.7.6.2.1.2): it stands as the console has it.
 */
export function location(frame: Frame): string | false {
  const { instance, frameNumber } = frame;
  const isOneForAll = frameCount(instance) > 1;
  const liesByItself = !isOneForAll || ['52009230', '3004000C', '00540080'].some((tag) => instance[tag]);
  const own = number(instance, '00201041');
  const place = liesByItself ? placeAlongNormal(instance, frameNumber) : undefined;
  if (place !== undefined && (isOneForAll || own === undefined)) return placeWords(frame, place);
  return said(own, 'locationOf', 1);
}

/** To which side of the patient, in the letters of the edges: a sign would say something only to who knows which way the normal points. */
function placeWords({ instance, frameNumber }: Frame, place: number): string {
  const n = written(Math.abs(place), 1);
  const side = lettersOf(normalTo(orientationOf(instance, frameNumber)!).map((part) => part * Math.sign(place)));
  return [text('locationOf', { n }), n !== written(0) && side].filter(Boolean).join(' ');
}

/** When it was acquired, and in which phase: what tells images of one slice apart that show contrast come and go. */
export function acquired({ instance, frameNumber }: Frame): string | undefined {
  const content = functionalGroup(instance, '00209111', frameNumber);
  // A date and time may be a date alone (PS3.5 6.2).
  const ofDateTime = (value: string | undefined) => timeOfDay(value?.slice('YYYYMMDD'.length));
  const at =
    ofDateTime(string(content, '00189074')) ??
    ofDateTime(string(instance, '0008002A')) ??
    timeOfDay(string(instance, '00080032'));
  const phase = number(content, '00209128') ?? number(content, '00200100');
  const phases = number(instance, '00200105') ?? 0;
  return together([
    at && text('acquiredAt', { time: at }),
    phase !== undefined && Math.max(phase, phases) > 1 && text('phaseOf', { n: written(phase) }),
  ]);
}

/** A DICOM time (HHMMSS.FFFFFF, seconds and what follows may be missing) as HH:MM:SS; what is no time of day as it was sent. */
export function timeOfDay(value: string | undefined): string | undefined {
  const [, ...parts] = /^(\d{2}):?(\d{2}):?(\d{2})?/.exec(value ?? '') ?? [];
  const [hours, minutes, seconds = '00'] = parts;
  if (!hours || !minutes) return undefined;
  const isTime = hours < '24' && minutes < '60' && seconds < '61'; // a leap second
  return parts.filter(Boolean).join(isTime ? ':' : '');
}

/**
 * Which image of the set it is, and what its modality calls it, where that is another number: by that it is spoken of. The number of an
 * instance of several frames says nothing of the one that is shown.
 */
export function imageNumber({ instance }: Frame, at: number, total: number): string | undefined {
  const own = frameCount(instance) > 1 ? undefined : number(instance, '00200013');
  return together([
    text('imageOf', { n: written(at + 1), total: written(total) }),
    own !== undefined && own !== at + 1 && text('instanceOf', { n: written(own) }),
  ]);
}

export const seriesWords = (instance: JsonDataset): string | undefined =>
  together([said(number(instance, '00200011'), 'seriesNumber', 0), string(instance, '0008103E')]);
