// What the images of magnetic resonance are told apart by: the echo that they were made of, and how much they are weighted by diffusion.
import type { JsonDataset } from '../archive-client.ts';
import { functionalGroup, inlineBytes, number, string, strings } from './dicom-json.ts';
import type { Frame } from './display-sets.ts';

/** In ms: Effective Echo Time (0018,9082) of an enhanced image, else Echo Time (0018,0081). */
export function echoTime(instance: JsonDataset, frame: number): number | undefined {
  const group = functionalGroup(instance, '00189114', frame);
  return number(group, '00189082') ?? number(instance, '00180081');
}

/** Diffusion b-value (0018,9087) in s/mm², of an enhanced image from its MR Diffusion group; Siemens' and GE's where absent. */
export function bValueOf(instance: JsonDataset, frame: number): number | undefined {
  const standard = number(functionalGroup(instance, '00189117', frame), '00189087');
  if (standard !== undefined) return standard;
  const siemens = privateNumber(instance, '0019', '0C', 'SIEMENS MR HEADER');
  if (siemens !== undefined) return siemens;
  const ge = privateNumber(instance, '0043', '39', 'GEMS_PARM_01');
  return ge === undefined ? undefined : ge % 1_000_000; // GE adds a thousand million to say "b-value of a direction"
}

/** In the first block (PS3.5 7.8.1), unless it is somebody else's; de-identified images may have lost the name of the creator. */
function privateNumber(instance: JsonDataset, group: string, element: string, creator: string): number | undefined {
  const tag = `${group}10${element}`;
  const found = number(instance, tag) ?? numberInBytes(instance, tag);
  return found === undefined || (string(instance, `${group}0010`) ?? creator) !== creator ? undefined : found;
}

/** Implicit VR says of no private element what it is (PS3.5 6.2.2): here of one that both write as an integer string. */
function numberInBytes(instance: JsonDataset, tag: string): number | undefined {
  const [first] = String.fromCharCode(...(inlineBytes(instance, tag) ?? []).slice(0, mostCharacters)).split('\\');
  return first && /^\s*-?\d+[\s\0]*$/.test(first) ? parseInt(first, 10) : undefined;
}

/** Of the first of several values: 12 in an integer string (PS3.5 Table 6.2-1), and what stands behind it. */
const mostCharacters = 16;

/** Image Type or Frame Type of Siemens, Acquisition Contrast (PS3.3 C.8.13.3.1.1), or that it is weighted along directions or their mean. */
export function saysDiffusion({ instance, frameNumber }: Frame): boolean {
  const type = functionalGroup(instance, '00189226', frameNumber);
  const directionality = string(functionalGroup(instance, '00189117', frameNumber), '00189075') ?? 'NONE';
  const kinds = [...strings(instance, '00080008'), ...strings(type, '00089007'), ...strings(type, '0008209C')];
  return directionality !== 'NONE' || kinds.some((kind) => kind.trim() === 'DIFFUSION');
}
