// The frames of what is open, by the name that Cornerstone has for their images.
import type { Frame } from './display-sets.ts';

let frames = new Map<string, Frame>();
/** Of the studies that were open before these: a viewport that is about to go may still draw one. */
let framesLeft: ReadonlyMap<string, Frame> = new Map();

/** Makes frames known: before Cornerstone is asked to show them. */
export function knowFrames(list: Frame[]): void {
  for (const frame of list) frames.set(frame.imageId, frame);
}

export const knownFrame = (imageId: string) => frames.get(imageId) ?? framesLeft.get(imageId);

/** Others are opened: these stay known until they are left as well, so that who goes from study to study all day fills no memory. */
export function leaveFrames(): void {
  framesLeft = frames;
  frames = new Map();
}

export function forgetFrames(): void {
  framesLeft = new Map();
  frames = new Map();
}
