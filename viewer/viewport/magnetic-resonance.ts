// What the images of magnetic resonance are told apart by: the echo that they were made of, and how much they are weighted by diffusion.
import type { JsonDataset } from '../archive-client.ts';
import { functionalGroup, number, numbers } from './dicom-json.ts';

/** In ms: Effective Echo Time (0018,9082) of an enhanced image, else Echo Time (0018,0081). */
export function echoTime(instance: JsonDataset, frame: number): number | undefined {
  const group = functionalGroup(instance, '00189114', frame);
  return number(group, '00189082') ?? number(instance, '00180081');
}

/** Diffusion b-value (0018,9087) in s/mm², of an enhanced image from its MR Diffusion group; Siemens' and GE's where absent. */
export function bValueOf(instance: JsonDataset, frame: number): number | undefined {
  const standard = number(functionalGroup(instance, '00189117', frame), '00189087');
  if (standard !== undefined) return standard;
  const siemens = number(instance, '0019100C');
  if (siemens !== undefined) return siemens;
  const ge = numbers(instance, '00431039')[0];
  return ge === undefined ? undefined : ge % 1_000_000; // GE adds a thousand million to say "b-value of a direction"
}
