// The Display Shutter of an image (PS3.3 C.7.6.11), or of a frame its own, read from DICOM JSON. What it hides is no part of the image:
// no window is made of it.
import { FrameDisplayShutterSequence, shutterElements, shutterOf, type Shutter } from '#dicom/pixels/shutter.ts';
import type { JsonDataset } from '../archive-client.ts';
import { functionalGroup, number, numbers, strings } from './dicom-json.ts';

const tagOf = (tag: number) => tag.toString(16).toUpperCase().padStart(8, '0');

/**
 * The frames of a film, and the images of a series, have as a rule all the same one: it is made once for all of them. They hold it, and
 * with the last of them it goes: nothing of what is left takes memory.
 */
const made = new Map<string, WeakRef<Shutter> | undefined>();
/** Viewports fetch ahead by turns. */
const mostMade = 8;

export function shutterOn(
  instance: JsonDataset,
  frame: number,
  { rows, columns }: { rows: number; columns: number },
): Shutter | undefined {
  const own = functionalGroup(instance, tagOf(FrameDisplayShutterSequence), frame);
  const shapes = strings(own, tagOf(shutterElements.shapes));
  if (shapes.length === 0) return undefined;
  const at = (name: keyof typeof shutterElements) => number(own, tagOf(shutterElements[name]));
  const said = {
    shapes,
    left: at('left'),
    right: at('right'),
    upper: at('upper'),
    lower: at('lower'),
    center: numbers(own, tagOf(shutterElements.center)),
    radius: at('radius'),
    vertices: numbers(own, tagOf(shutterElements.vertices)),
    presentationValue: at('presentationValue'),
  };
  const key = JSON.stringify([said, rows, columns]);
  const isKnownToHideNothing = made.has(key) && made.get(key) === undefined;
  const shutter = isKnownToHideNothing ? undefined : (made.get(key)?.deref() ?? shutterOf(said, rows, columns));
  // The last asked for stands last, and the first goes.
  made.delete(key);
  made.set(key, shutter && new WeakRef(shutter));
  if (made.size > mostMade) made.delete(made.keys().next().value!);
  return shutter;
}
