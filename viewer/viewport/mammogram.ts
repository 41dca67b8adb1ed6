// Where the chest is in a mammogram (PS3.3 C.8.11.7): breasts are compared chest wall to chest wall.
import type { JsonDataset } from '../archive-client.ts';
import { items, number, string } from './dicom-json.ts';
import type { Frame } from './display-sets.ts';
import { edgeLetters, sideOf, type Turn } from './orientation.ts';
import { isInMillimetres, spacingOf, type Extent } from './spacing.ts';

/**
 * To which edge of its viewport it is moved, where the other breast is at its other side. A right breast that is stored with its chest
 * wall at the left stays in the middle: at that edge it would be far from the left one, and hang as if it were one.
 */
export function leaningOf(frame: Frame, turn: Turn): 'left' | 'right' | undefined {
  const wall = chestWallOf(frame, turn);
  const side = sideOf(frame.instance);
  const isOuter = (side === 'R' && wall === 'left') || (side === 'L' && wall === 'right');
  return isOuter ? undefined : wall;
}

/** At which side of the screen, by Patient Orientation (0020,0020); undefined of other images, and where it is above or below. */
function chestWallOf({ instance, frameNumber }: Frame, turn: Turn): 'left' | 'right' | undefined {
  if (string(instance, '00080060') !== 'MG') return undefined;
  const letters = edgeLetters(instance, frameNumber, turn);
  if (letters?.left.startsWith('P')) return 'left';
  return letters?.right.startsWith('P') ? 'right' : undefined;
}

/** A view of the whole breast: neither magnified nor of a spot of it (View Modifier Code Sequence, 0054,0222). */
export function isOfWholeBreast(instance: JsonDataset): boolean {
  const [view] = items(instance, '00540220');
  return items(view, '00540222').length === 0 && items(instance, '00540222').length === 0;
}

/** Of what is compared with other mammograms, as large as they are; undefined of anything else. */
export function comparedExtent({ instance, frameNumber }: Frame): Extent | undefined {
  if (string(instance, '00080060') !== 'MG' || !isOfWholeBreast(instance)) return undefined;
  const spacing = spacingOf(instance, frameNumber);
  if (!isInMillimetres(spacing)) return undefined;
  const [rows, columns] = [number(instance, '00280010') ?? 0, number(instance, '00280011') ?? 0];
  return { widthMm: columns * spacing.columnMm, heightMm: rows * spacing.rowMm };
}
