// One image of a series, as an address, a report or the reader's way back names it.
import { string } from '../viewport/dicom-json.ts';
import { frameCount, type DisplaySet, type Frame } from '../viewport/display-sets.ts';

export interface Place {
  SOPInstanceUID: string;
  /** counted from 1; the first there is where none is said, none at all where what is said is no number of a frame */
  frameNumber: number | undefined;
}

/** In an address: anybody may have written it. */
export function frameNumberIn(said: string | undefined): number | undefined {
  if (said === undefined) return undefined;
  return /^[1-9]\d{0,8}$/.test(said) ? Number(said) : 0;
}

/** Which place a series is opened for. */
export interface Where {
  /** what somebody has called the image to be looked at: no other one is shown for it */
  asked?: Place | undefined;
  /** where the reader was; it may have gone meanwhile */
  left?: Place | undefined;
}

const isAt = (place: Place, { SOPInstanceUID, frameNumber }: Frame) =>
  SOPInstanceUID === place.SOPInstanceUID && (place.frameNumber ?? frameNumber) === frameNumber;

/** Index of it among the frames of a set; below zero where it is not one of them. */
export const indexOf = (place: Place, { frames }: DisplaySet) => frames.findIndex((frame) => isAt(place, frame));

/** Of several frames of an instance each by its number, the first too: another one may stand before it. */
export const placeOf = ({ SOPInstanceUID, instance, frameNumber }: Frame): Place => ({
  SOPInstanceUID,
  frameNumber: frameCount(instance) > 1 ? frameNumber : undefined,
});

/** Where a set is read at one of its frames; a document has none, and is a place itself. */
export function placeIn({ frames, instance }: DisplaySet, index: number): Place {
  const frame = frames[index];
  return frame ? placeOf(frame) : { SOPInstanceUID: string(instance, '00080018')!, frameNumber: undefined };
}

/** A document has no frames, and is there or not. */
export const holds = (set: DisplaySet, place: Place) =>
  set.frames.length > 0 ? indexOf(place, set) >= 0 : string(set.instance, '00080018') === place.SOPInstanceUID;
