// The letters at the edges of an image that say which way the patient lies (PS3.3 C.7.6.1.1.1): R, L, A, P, H, F. They follow
// every rotation and flip, because a letter that stays behind is worse than none.
import type { JsonDataset } from '../archive-client.ts';
import { functionalGroup, string, strings } from './dicom-json.ts';
import { cosinesIn, orientationOf } from './geometry.ts';
import { projectionOf } from './nuclear.ts';

export interface EdgeLetters {
  left: string;
  right: string;
  top: string;
  bottom: string;
}

/** How the image is turned on the screen: flipped first, then rotated. */
export interface Turn {
  /** clockwise, degrees, a multiple of 90 */
  rotation: number;
  flipHorizontal: boolean;
  flipVertical: boolean;
}

export const unturned: Turn = { rotation: 0, flipHorizontal: false, flipVertical: false };

/** Turned by a right angle as it is seen on the screen. */
export const rotated = (turn: Turn, degrees: 90 | -90): Turn => ({
  ...turn,
  rotation: (turn.rotation + degrees + 360) % 360,
});

/** Mirrored as it is seen on the screen: what was turned right is turned left in the mirror. */
export function flipped(turn: Turn, direction: 'horizontal' | 'vertical'): Turn {
  const rotation = (360 - turn.rotation) % 360;
  return direction === 'horizontal'
    ? { ...turn, rotation, flipHorizontal: !turn.flipHorizontal }
    : { ...turn, rotation, flipVertical: !turn.flipVertical };
}

/** Whether left and right have changed places against the way the image was acquired. */
export const isMirrored = ({ flipHorizontal, flipVertical }: Turn) => flipHorizontal !== flipVertical;

type Direction = [number, number];

/** What points right and down on the screen, as steps along the image's rows and columns. */
function screenAxes({ rotation, flipHorizontal, flipVertical }: Turn): { right: Direction; down: Direction } {
  const [cos, sin] = [Math.cos((rotation * Math.PI) / 180), Math.sin((rotation * Math.PI) / 180)];
  const [x, y] = [flipHorizontal ? -1 : 1, flipVertical ? -1 : 1];
  return { right: [x * cos, y * -sin], down: [x * sin, y * cos] };
}

const opposite: Record<string, string> = { R: 'L', L: 'R', A: 'P', P: 'A', H: 'F', F: 'H' };

/**
 * Of which side of the patient an image is: Frame Laterality (0020,9072) of an enhanced one, else Image Laterality (0020,0062), else
 * Laterality (0020,0060). What is unpaired (U) has none.
 */
export function sideOf(instance: JsonDataset, frame = 1): string | undefined {
  const ofFrame = string(functionalGroup(instance, '00209071', frame), '00209072');
  const side = ofFrame ?? string(instance, '00200062') ?? string(instance, '00200060');
  return side === 'U' ? undefined : side;
}

/**
 * From the direction cosines, else from Patient Orientation (0020,0020), which enhanced images have in a functional group (C.7.6.16.2.15);
 * nothing rather than a guess without either.
 */
export function edgeLetters(instance: JsonDataset, frame = 1, turn: Turn = unturned): EdgeLetters | undefined {
  const { right, down } = screenAxes(turn);
  const [toRight, toBottom] = [right, down].map((direction) => lettersAlong(instance, frame, direction));
  if (!isDirection(toRight) || !isDirection(toBottom)) return undefined;
  return { right: toRight, bottom: toBottom, left: turned(toRight), top: turned(toBottom) };
}

function lettersAlong(instance: JsonDataset, frame: number, [alongRow, alongColumn]: Direction): string | undefined {
  const detector = projectionOf(instance, frame);
  const cosines = orientationOf(instance, frame) ?? (detector && cosinesIn(detector));
  if (cosines) {
    return lettersOf([0, 1, 2].map((axis) => alongRow * cosines[axis]! + alongColumn * cosines[axis + 3]!));
  }
  const [row, column] = strings(functionalGroup(instance, '00209450', frame), '00200020').map((value) => value.trim());
  const [letters, forward] = Math.abs(alongRow) > 0.5 ? [row, alongRow > 0] : [column, alongColumn > 0];
  return isDirection(letters) && !forward ? turned(letters) : letters;
}

/** The main direction first; a second and third letter where the image is oblique by more than about 6 degrees. */
export function lettersOf(vector: number[]): string {
  const [x = 0, y = 0, z = 0] = vector;
  const along = [
    { size: Math.abs(x), letter: x < 0 ? 'R' : 'L' },
    { size: Math.abs(y), letter: y < 0 ? 'A' : 'P' },
    { size: Math.abs(z), letter: z < 0 ? 'F' : 'H' },
  ];
  return along
    .filter(({ size }) => size > 0.1)
    .sort((a, b) => b.size - a.size)
    .map(({ letter }) => letter)
    .join('');
}

const isDirection = (letters: string | undefined): letters is string => /^[RLAPHF]{1,3}$/.test(letters ?? '');
const turned = (letters: string) => [...letters].map((letter) => opposite[letter]).join('');
