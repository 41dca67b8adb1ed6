/**
 * Data sets that take hundreds of megabytes once they are in memory: a million elements may stand before their Pixel Data
 * (functional groups of thousands of frames, or what somebody made to take memory). In one process so many are held at once as
 * weigh no more together than one of them may, so that two never end it; who gives out a small one to a slow reader holds up nobody.
 */
import { transferSyntaxOf } from '#dicom/syntax/all.ts';
import { decodeFrameTable } from '#dicom/pixels/frame-table.ts';
import { limits } from '#settings/limits.ts';
import { endOfFragments, type StoredDataset } from './stored-dataset.ts';

/** Nothing is deflated to less (RFC 1951: 258 bytes by two bits). */
const mostInflated = 1032;

let free = limits.dataset.heldBytes;
const waiting: { readonly weight: number; readonly begin: () => void }[] = [];

/** Bytes of what stands around its pixels, where they may be more elements than a process can hold of several; else 0. */
export function weightOf(stored: StoredDataset, transferSyntaxUID: string): number {
  const weight = bytesAroundPixels(stored, transferSyntaxUID);
  return weight > limits.dataset.heavyBytes ? weight : 0;
}

function bytesAroundPixels(stored: StoredDataset, transferSyntaxUID: string): number {
  const { length, pixel_offset, pixel_length, frames } = stored;
  if (transferSyntaxOf(transferSyntaxUID).deflated) return length * mostInflated;
  if (pixel_offset === null || pixel_length === null) return length;
  // Where its fragments end, nobody knows.
  if (pixel_length < 0 && !frames) return length;
  const behind = pixel_length >= 0 ? pixel_offset + pixel_length : endOf(frames as Buffer);
  return pixel_offset + length - behind;
}

function endOf(frames: Buffer): number {
  const { firstFragment, fragmentLengths } = decodeFrameTable(frames);
  return endOfFragments(firstFragment, fragmentLengths);
}

/** Does what needs a data set of this weight, and lets go of it. */
export async function holding<T>(weight: number, work: () => Promise<T>): Promise<T> {
  const end = await beginHolding(weight);
  try {
    return await work();
  } finally {
    end();
  }
}

/** The same of what is given out step by step: waits until there is room for it. @returns what ends it, to be called once */
export async function beginHolding(weight: number): Promise<() => void> {
  const held = Math.min(weight, limits.dataset.heldBytes);
  if (held > 0 && (waiting.length > 0 || held > free))
    await new Promise<void>((begin) => waiting.push({ weight: held, begin }));
  else free -= held;
  return () => {
    free += held;
    for (let next = waiting[0]; next && next.weight <= free; next = waiting[0]) {
      waiting.shift();
      free -= next.weight;
      next.begin();
    }
  };
}
