// The letters at the edges of an image that say which way the patient lies (PS3.3 C.7.6.1.1.1): R, L, A, P, H, F.
import type { JsonDataset } from '../archive-client.ts';
import { strings } from './dicom-json.ts';
import { orientationOf } from './image-series.ts';

export interface EdgeLetters {
  left: string;
  right: string;
  top: string;
  bottom: string;
}

const opposite: Record<string, string> = { R: 'L', L: 'R', A: 'P', P: 'A', H: 'F', F: 'H' };

/** From the direction cosines, else from Patient Orientation (0020,0020); nothing rather than a guess without either. */
export function edgeLetters(instance: JsonDataset): EdgeLetters | undefined {
  const cosines = orientationOf(instance);
  const [right, bottom] = cosines
    ? [lettersOf(cosines.slice(0, 3)), lettersOf(cosines.slice(3))]
    : strings(instance, '00200020').map((value) => value.trim());
  if (!isDirection(right) || !isDirection(bottom)) return undefined;
  return { right, bottom, left: turned(right), top: turned(bottom) };
}

/** The main direction first; a second and third letter where the image is oblique by more than about 6 degrees. */
function lettersOf(vector: number[]): string {
  const [x = 0, y = 0, z = 0] = vector;
  const along = [
    { size: Math.abs(x), letter: x < 0 ? 'R' : 'L' },
    { size: Math.abs(y), letter: y < 0 ? 'A' : 'P' },
    { size: Math.abs(z), letter: z < 0 ? 'F' : 'H' },
  ];
  return along
    .filter(({ size }) => size > 0.1)
    .toSorted((a, b) => b.size - a.size)
    .map(({ letter }) => letter)
    .join('');
}

const isDirection = (letters: string | undefined): letters is string => /^[RLAPHF]{1,3}$/.test(letters ?? '');
const turned = (letters: string) => [...letters].map((letter) => opposite[letter]).join('');
