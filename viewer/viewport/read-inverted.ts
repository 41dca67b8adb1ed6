// Which images are read with black and white changed, before anybody asks for it.
import { string } from './dicom-json.ts';
import type { DisplaySet } from './display-sets.ts';
import { pixelFormatOf } from './frame-pixels.ts';
import { isHeldInColor } from './held-in-color.ts';

const secondaryCapture = '1.2.840.10008.5.1.4.1.1.7';

/** PET is read black on white: what takes up is dark. What is so already stays so, and colours of a fused image are what they are. */
export function isReadInverted({ instance }: Pick<DisplaySet, 'instance'>): boolean {
  if (string(instance, '00080060') !== 'PT' || isHeldInColor(instance)) return false;
  // Pages and projections that a workstation has made to be looked at as they are.
  if (string(instance, '00080016')?.startsWith(secondaryCapture)) return false;
  return pixelFormatOf(instance).photometric === 'MONOCHROME2' && string(instance, '20500020') !== 'INVERSE';
}
