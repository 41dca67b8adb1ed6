/** The Display Shutter of a data set (PS3.3 C.7.6.11), or of one of its frames (C.7.6.16.2.16); what it hides says `shutter.ts`. */
import { type Dataset, numberValues, textValues } from '../data/dataset.ts';
import { functionalGroupOf } from './functional-groups.ts';
import { FrameDisplayShutterSequence, type ShutterAttributes, shutterElements } from './shutter.ts';

/** @param frame  counted from 1 @returns undefined where there is none */
export function shutterAttributesOf(dataset: Dataset, frame: number): ShutterAttributes | undefined {
  const own = functionalGroupOf(dataset, FrameDisplayShutterSequence, frame) ?? dataset;
  const numbers = (name: keyof typeof shutterElements): number[] => numberValues(own, shutterElements[name]);
  const shapes = textValues(own, shutterElements.shapes);
  if (shapes.length === 0) return undefined;
  return {
    shapes,
    left: numbers('left')[0],
    right: numbers('right')[0],
    upper: numbers('upper')[0],
    lower: numbers('lower')[0],
    center: numbers('center'),
    radius: numbers('radius')[0],
    vertices: numbers('vertices'),
    presentationValue: numbers('presentationValue')[0],
  };
}
