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
  const side = sideOf(frame.instance, frame.frameNumber);
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

/** A view of the whole breast as it is: neither modified in any way (View Modifier Code Sequence, 0054,0222) nor magnified. */
export const isOfWholeBreast = (instance: JsonDataset) =>
  modifiersOf(instance).length === 0 && !isMagnifiedByFactor(instance);

function modifiersOf(instance: JsonDataset): JsonDataset[] {
  const [view] = items(instance, '00540220');
  return [...items(view, '00540222'), ...items(instance, '00540222')];
}

/** Estimated Radiographic Magnification Factor (0018,1114): that of a breast on the detector is below 1.1, of one on a table 1.5 to 1.8. */
const isMagnifiedByFactor = (instance: JsonDataset) => (number(instance, '00181114') ?? 1) > 1.2;

/** Magnification and Spot Compression (CID 4015), by SNOMED CT, and by the codes that the standard had before. */
const magnifying = new Set(['399163009', 'R-102D6', '399055006', 'R-102D7']);

/** Made to be seen larger than the rest. One that was rolled, or whose implant was pushed aside, is as large as any. */
const isMagnifiedOrSpot = (instance: JsonDataset) =>
  isMagnifiedByFactor(instance) ||
  modifiersOf(instance).some((code) => magnifying.has(string(code, '00080100')?.trim() ?? ''));

/** Of what is compared with other mammograms, as large as they are; undefined of anything else. */
export function comparedExtent({ instance, frameNumber }: Frame): Extent | undefined {
  if (string(instance, '00080060') !== 'MG' || isMagnifiedOrSpot(instance)) return undefined;
  const spacing = spacingOf(instance, frameNumber);
  if (!isInMillimetres(spacing)) return undefined;
  const [rows, columns] = [number(instance, '00280010') ?? 0, number(instance, '00280011') ?? 0];
  return { widthMm: columns * spacing.columnMm, heightMm: rows * spacing.rowMm };
}
