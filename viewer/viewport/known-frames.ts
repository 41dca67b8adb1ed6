// The frames of what is open, by the name that Cornerstone has for their images.
import type { Frame } from './display-sets.ts';

const frames = new Map<string, Frame>();

/** Makes frames known: before Cornerstone is asked to show them. */
export function knowFrames(list: Frame[]): void {
  for (const frame of list) frames.set(frame.imageId, frame);
}

export const knownFrame = (imageId: string) => frames.get(imageId);

export const forgetFrames = () => frames.clear();
