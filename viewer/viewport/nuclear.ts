// Frames of nuclear medicine (PS3.3 C.8.4): vectors say of each frame which detector, energy window, phase and slice it is of, and what
// these are stands in sequences beside them. Nothing of it is in a functional group.
import type { JsonDataset } from '../archive-client.ts';
import { items, number, string, strings } from './dicom-json.ts';

/** Detector, Energy Window and Phase Information Sequence, each with the vector that points into it. */
const described = {
  detector: { sequence: '00540022', vector: '00540020' },
  energyWindow: { sequence: '00540012', vector: '00540010' },
  phase: { sequence: '00540032', vector: '00540030' },
} as const;

/** The item that a frame is of; the only one needs no vector. */
function itemOf(instance: JsonDataset, what: keyof typeof described, frame: number): JsonDataset | undefined {
  const { sequence, vector } = described[what];
  const all = items(instance, sequence);
  const place = instance[vector]?.Value?.[frame - 1];
  if (typeof place === 'number') return all[place - 1];
  return all.length === 1 ? all[0] : undefined;
}

/** Image Type (0008,0008), value 3 (C.8.4.9.1.1): slices that were reconstructed, of one heartbeat or of its parts. */
const isReconstructed = (instance: JsonDataset) => strings(instance, '00080008')[2]?.startsWith('RECON ') === true;

/** Where the orientation and the place of the first of several slices stand (C.8.4.11); undefined where they do not stand there. */
export function stackOf(instance: JsonDataset): JsonDataset | undefined {
  const [detector] = isReconstructed(instance) ? items(instance, '00540022') : [];
  return detector?.['00200037'] ? detector : undefined;
}

/** Slice Vector (0054,0080), counted from 1. */
export function sliceNumberOf(instance: JsonDataset, frame: number): number | undefined {
  const slice = instance['00540080']?.Value?.[frame - 1];
  return typeof slice === 'number' ? slice : undefined;
}

/**
 * How far a slice lies behind the first one, mm: by Spacing Between Slices (0018,0088), which is negative where they come towards the
 * reader (C.8.4.15).
 * @returns undefined where the file does not say it
 */
export function behindFirst(instance: JsonDataset, frame: number): number | undefined {
  const slice = sliceNumberOf(instance, frame) ?? frame;
  if (slice === 1) return 0;
  const spacing = number(instance, '00180088');
  return spacing === undefined ? undefined : (slice - 1) * spacing;
}

/**
 * The detector that saw a frame as it is: a projection. One that turns around the patient is described where it begins (C.8.4.11), and
 * that holds for none of its frames but the first.
 */
export function projectionOf(instance: JsonDataset, frame: number): JsonDataset | undefined {
  const turns = instance['00540090'] !== undefined; // Angular View Vector
  return turns || isReconstructed(instance) ? undefined : itemOf(instance, 'detector', frame);
}

/** Energy Window Name (0054,0018) and Phase Description (0054,0039): by what frames of one place are told apart. */
export const countedIn = (instance: JsonDataset, frame: number): (string | undefined)[] => [
  nameIn(itemOf(instance, 'energyWindow', frame), '00540018'),
  nameIn(itemOf(instance, 'phase', frame), '00540039'),
];

const nameIn = (item: JsonDataset | undefined, tag: string) => item && string(item, tag);
