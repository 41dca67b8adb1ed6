// One image of a series, as an address, a report or the reader's way back names it.
import { string } from '../viewport/dicom-json.ts';
import type { DisplaySet, Frame } from '../viewport/display-sets.ts';

export interface Place {
  SOPInstanceUID: string;
  /** counted from 1; the first there is where none is said */
  frameNumber: number | undefined;
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

/** Where a set is read at one of its frames; a document has none, and is a place itself. */
export const placeIn = ({ frames, instance }: DisplaySet, index: number): Place =>
  frames[index] ?? { SOPInstanceUID: string(instance, '00080018')!, frameNumber: undefined };

/** A document has no frames, and is there or not. */
export const holds = (set: DisplaySet, place: Place) =>
  set.frames.length > 0 ? indexOf(place, set) >= 0 : string(set.instance, '00080018') === place.SOPInstanceUID;
