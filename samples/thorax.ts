/**
 * A chest made of ellipsoids, in the patient's coordinates (PS3.3 C.7.6.2.1.1: x to the left, y to the back, z to the
 * head), in millimetres and Hounsfield units. Later ones replace what they overlap.
 */
import { randomOf } from './seed.ts';

export interface Ellipsoid {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly radiusX: number;
  readonly radiusY: number;
  readonly radiusZ: number;
  readonly hounsfield: number;
}

export const air = -1000;

export function thorax(seed: string): Ellipsoid[] {
  const random = randomOf(`${seed} thorax`);
  const between = (from: number, to: number): number => from + random() * (to - from);
  const parts: Ellipsoid[] = [
    part(0, 0, 0, 168, 112, 420, -95), // fat
    part(0, 0, 0, 154, 98, 410, 45), // muscle
    part(76, 2, 10, 56, 78, 150, -860), // left lung
    part(-76, 2, 10, 56, 78, 150, -870), // right lung
    part(18, -22, -35, 62, 48, 62, 42), // heart
    part(-70, 0, -150, 80, 85, 75, 58), // liver, under the right lung
    part(10, 8, 70, 13, 13, 60, 180), // ascending aorta
    part(20, 52, 0, 12, 12, 300, 175), // descending aorta
    part(0, 15, 120, 9, 9, 75, air), // trachea
    part(0, -88, 20, 14, 6, 90, 320), // sternum
    part(0, 72, 0, 19, 16, 420, 260), // spine
    part(0, 92, 0, 8, 7, 420, 25), // spinal canal
  ];
  for (let rib = 0; rib < 9; rib++) {
    for (const side of [1, -1]) {
      for (let step = 0; step < 14; step++) {
        const angle = -1.25 + (step * 2.5) / 13;
        const z = 120 - rib * 32 - 24 * (Math.sin(angle) < 0 ? -Math.sin(angle) : 0);
        parts.push(part(side * 138 * Math.cos(angle), 90 * Math.sin(angle), z, 9, 9, 6, 420));
      }
    }
  }
  for (let vessel = 0; vessel < 60; vessel++) {
    const side = random() < 0.5 ? 1 : -1;
    const size = between(1.5, 4);
    parts.push(
      part(side * between(40, 110), between(-50, 55), between(-70, 110), size, size, between(4, 16), between(20, 60)),
    );
  }
  // A nodule in the right lung, for someone to find.
  const size = between(5, 9);
  parts.push(part(-between(60, 95), between(-35, 35), between(-20, 70), size, size, size, between(30, 70)));
  return parts;
}

export function part(
  x: number,
  y: number,
  z: number,
  radiusX: number,
  radiusY: number,
  radiusZ: number,
  hounsfield: number,
): Ellipsoid {
  return { x, y, z, radiusX, radiusY, radiusZ, hounsfield };
}
