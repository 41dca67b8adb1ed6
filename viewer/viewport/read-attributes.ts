// What tells how a frame is read, read from DICOM JSON; how it is says dicom/pixels/as-read.ts, for server and viewer alike.
import { isOfHounsfieldUnits, type ReadAttributes } from '#dicom/pixels/as-read.ts';
import { string } from './dicom-json.ts';
import type { Frame } from './display-sets.ts';
import { isHeldInColor } from './held-in-color.ts';
import { unitAttributesOf } from './unit.ts';

type Of = Pick<Frame, 'instance' | 'frameNumber'>;

export const readAttributesOf = (frame: Of): ReadAttributes => ({
  ...unitAttributesOf(frame),
  SOPClassUID: string(frame.instance, '00080016'),
  isColor: isHeldInColor(frame.instance),
});

export const isInHounsfieldUnits = (frame: Of): boolean => isOfHounsfieldUnits(readAttributesOf(frame));
