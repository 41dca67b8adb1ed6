// Where the chest is in a mammogram (PS3.3 C.8.11.7): breasts are compared chest wall to chest wall.
import { string } from './dicom-json.ts';
import type { Frame } from './display-sets.ts';
import { edgeLetters, type Turn } from './orientation.ts';

/** At which side of the screen, by Patient Orientation (0020,0020); undefined of other images, and where it is above or below. */
export function chestWallOf({ instance, frameNumber }: Frame, turn: Turn): 'left' | 'right' | undefined {
  if (string(instance, '00080060') !== 'MG') return undefined;
  const letters = edgeLetters(instance, frameNumber, turn);
  if (letters?.left.startsWith('P')) return 'left';
  return letters?.right.startsWith('P') ? 'right' : undefined;
}
