// Which images are read with black and white changed, before anybody asks for it.
import { isInvertedAsRead } from '#dicom/pixels/as-read.ts';
import { items, string } from './dicom-json.ts';
import type { DisplaySet } from './display-sets.ts';
import { pixelFormatOf } from './frame-pixels.ts';
import { readAttributesOf } from './read-attributes.ts';

/** What is black on white already stays so. */
export function isReadInverted({ instance }: Pick<DisplaySet, 'instance'>): boolean {
  const isInverse = pixelFormatOf(instance).photometric === 'MONOCHROME1' || string(instance, '20500020') === 'INVERSE';
  const isAsItIs = !isInverse && items(instance, '20500010').length === 0;
  return isInvertedAsRead(readAttributesOf({ instance, frameNumber: 1 }), isAsItIs);
}
