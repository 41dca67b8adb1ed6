/**
 * A head that we compute: which tissue lies where, in the patient's coordinates (PS3.3 C.7.6.2.1.1: x to the left, y to the
 * back, z to the head, in millimetres), and how each tissue answers to magnetic resonance.
 */

export interface Tissue {
  /** Relaxation times in milliseconds. */
  readonly T1: number;
  readonly T2: number;
  /** Proton density, of water 1. */
  readonly density: number;
  /** Apparent diffusion coefficient in 10⁻³ mm²/s; 0 where fat suppression leaves no signal in diffusion images. */
  readonly ADC: number;
}

export const tissues = {
  air: { T1: 1000, T2: 1, density: 0, ADC: 0 },
  bone: { T1: 300, T2: 20, density: 0.06, ADC: 0 },
  fat: { T1: 250, T2: 110, density: 0.95, ADC: 0 },
  muscle: { T1: 900, T2: 45, density: 0.8, ADC: 1.5 },
  white: { T1: 640, T2: 75, density: 0.7, ADC: 0.75 },
  grey: { T1: 1050, T2: 96, density: 0.83, ADC: 0.85 },
  fluid: { T1: 4200, T2: 1800, density: 1, ADC: 3 },
  infarct: { T1: 1250, T2: 150, density: 0.88, ADC: 0.4 },
  gliosis: { T1: 1000, T2: 160, density: 0.85, ADC: 1.1 },
} as const satisfies Record<string, Tissue>;

type Kind = keyof typeof tissues;

/** An ellipsoid's distance: below 1 inside. */
function within(x: number, y: number, z: number, radii: readonly [number, number, number]): number {
  return Math.sqrt((x / radii[0]) ** 2 + (y / radii[1]) ** 2 + (z / radii[2]) ** 2);
}

const head = [77, 97, 104] as const;
const cerebrum = [66, 83, 72] as const;
const neckRadii = [58, 62, 1] as const;

/** @returns what lies at a point */
export function tissueAt(x: number, y: number, z: number): Kind {
  const depth = within(x, y, z, head);
  if (depth > 1) return z < -55 ? neck(x, y, z) : nose(x, y, z);
  const brain = brainAt(x, y, z);
  if (brain) return brain;
  // The base of the skull rises towards the face.
  const isAboveBase = z > -46 + (y < 0 ? -y * 0.32 : 0);
  const isOverNeck = z < -40 && within(x, y - 16, 0, neckRadii) < 1;
  if (depth > 0.95 + 0.012 * Math.sin(y / 9) && !isOverNeck) return 'fat';
  if (depth > 0.9 && isAboveBase) return 'bone';
  // Between the temporal lobes the base is bone.
  if (isAboveBase) return z < -22 && depth < 0.84 ? 'bone' : 'fluid';
  return face(x, y, z);
}

function brainAt(x: number, y: number, z: number): Kind | undefined {
  const side = Math.abs(x);
  if (within(x, y - 25, z + 62, [11, 11, 42]) < 1 && z < -18) return 'white'; // brain stem
  if (within(x, y - 42, z + 26, [7, 6, 9]) < 1) return 'fluid'; // fourth ventricle
  const cerebellum = within(x, y - 52, z + 33, [50, 30, 24]);
  if (cerebellum < 1) {
    if (cerebellum > 0.93) return 'fluid';
    return cerebellum > 0.35 && Math.sin(z * 1.5 + y * 0.35 + side * 0.1) > -0.25 ? 'grey' : 'white';
  }
  const isTemporal = Math.abs(side - 36) < 20 && y > -36 && z > -46;
  if ((z < -30 && !isTemporal) || (z < -12 - 0.3 * (y - 20) && y > 20)) return undefined; // under the tentorium
  const r = within(x, y - 1, z - 16, cerebrum);
  if (r > 1) return undefined;
  if (side < 1.3 && (z > 34 || y < -38 || y > 46)) return 'fluid'; // between the hemispheres
  if (isVentricle(side, y, z)) return 'fluid';
  if (isDeepGrey(side, y, z)) return 'grey';
  return cortex(x, y, z, r);
}

function isVentricle(side: number, y: number, z: number): boolean {
  if (within(side, y, z - 4, [2.4, 13, 11]) < 1) return true; // third
  const bend = ((y - 2) / 34) ** 2;
  return (
    within(side - 10 - 9 * bend, y - 2, z - 24 + 8 * bend, [5.5 + 2.5 * bend, 38, 8]) < 1 ||
    within(side - 27, y - 34, z - 8, [4, 9, 12]) < 1
  );
}

function isDeepGrey(side: number, y: number, z: number): boolean {
  return (
    within(side - 19, y + 18, z - 20, [5, 12, 11]) < 1 || // caudate nucleus
    within(side - 12, y - 10, z - 9, [9, 13, 9]) < 1 || // thalamus
    within(side - 27, y + 4, z - 9, [4.5, 17, 10]) < 1 // putamen
  );
}

/** Folds: furrows filled with fluid, a ribbon of grey matter along them, white matter below. */
function cortex(x: number, y: number, z: number, r: number): Kind {
  const fold = foldAt(x, y, z);
  const furrow = Math.abs(fold);
  if (r > 0.965 || (r > 0.83 && furrow < 0.16 - 1.2 * (0.965 - r))) return 'fluid';
  // The Sylvian fissure.
  const opening = 0.16 * (Math.abs(x) - 36) - 0.006 * (y + 8) ** 2 + 1.5;
  if (Math.abs(x) > 34 && Math.abs(z - 7 - 0.18 * y) < Math.min(3, opening)) return 'fluid';
  const isInfarct = within(x - 42, y + 2, z - 26, [20, 25, 16]) + 0.3 * fold < 1;
  if (isInfarct) return 'infarct';
  if (r > 0.9 || (r > 0.7 && furrow < 0.5 - 1.1 * (0.9 - r))) return 'grey';
  for (const [sx, sy, sz, radius] of scars)
    if (within(x - sx, y - sy, z - sz, [radius, radius, radius]) < 1) return 'gliosis';
  return 'white';
}

function foldAt(x: number, y: number, z: number): number {
  return (
    Math.sin(0.17 * y + 1.6 * Math.sin(0.075 * z) + 0.06 * x) * Math.cos(0.16 * z + 1.3 * Math.sin(0.09 * y)) +
    0.55 * Math.sin(0.15 * x + 0.9 * Math.sin(0.11 * y + 0.05 * z))
  );
}

/** Small old scars in the white matter, seen with fluid suppressed. */
const scars = [
  [-24, -32, 34, 2.6],
  [-29, 22, 32, 3.2],
  [24, 38, 36, 2.8],
  [-21, 4, 40, 2.2],
  [22, -36, 38, 2.4],
  [-30, -8, 38, 2.6],
] as const;

function face(x: number, y: number, z: number): Kind {
  const side = Math.abs(x);
  if (within(side - 31, y + 70, z + 20, [12.5, 12.5, 12.5]) < 1) return 'fluid'; // eyes
  if (within(side - 28, y + 50, z + 22, [16, 24, 15]) < 1) return 'fat'; // behind them
  if (within(x, y + 62, z + 44, [13, 26, 20]) < 1) return side < 1.5 ? 'bone' : 'air'; // nose
  if (within(side - 26, y + 58, z + 48, [10, 15, 13]) < 1) return 'air'; // maxillary sinuses
  if (within(x, y + 8, z + 70, [9, 7, 34]) < 1) return 'air'; // pharynx
  if (within(x, y + 48, z + 78, [26, 32, 15]) < 1) return 'muscle'; // tongue
  return neck(x, y, z);
}

function neck(x: number, y: number, z: number): Kind {
  const ring = within(x, y - 16, 0, neckRadii);
  if (ring > 1) return 'air';
  if (ring > 0.93) return 'fat';
  const canal = within(x, y - 34, 0, [9, 8, 1]);
  if (canal < 0.6) return 'white';
  if (canal < 1) return 'fluid';
  if (within(x, y - 14, 0, [14, 11, 1]) < 1) return Math.abs((z % 19) + 9) < 2 ? 'bone' : 'grey'; // vertebrae, discs
  if (within(x, y - 54, 0, [4, 14, 1]) < 1) return 'bone';
  if (within(x, y + 14, 0, [9, 7, 1]) < 1) return 'air';
  return 'muscle';
}

function nose(x: number, y: number, z: number): Kind {
  const tip = within(x, y + 92, z + 32, [12, 22, 22]);
  return tip < 1 ? (tip > 0.75 ? 'fat' : 'muscle') : 'air';
}
