/**
 * Data sets that take hundreds of megabytes once they are in memory: a million elements may stand before their Pixel Data
 * (functional groups of thousands of frames, or what somebody made to take memory). In one process one at a time is held, so that
 * two of them never end it.
 */
import { transferSyntaxOf } from '#dicom/syntax/all.ts';
import { decodeFrameTable } from '#dicom/pixels/frame-table.ts';
import { limits } from '#settings/limits.ts';
import { Places } from '#settings/places.ts';
import { endOfFragments, type StoredDataset } from './stored-dataset.ts';

const place = new Places(1);

/** Whether what stands around its pixels may be more elements than a process can hold of several. */
export function isHeavy(stored: StoredDataset, transferSyntaxUID: string): boolean {
  // What it inflates to, nobody knows before.
  if (transferSyntaxOf(transferSyntaxUID).deflated) return true;
  const { length, pixel_offset, pixel_length, frames } = stored;
  if (pixel_offset === null || pixel_length === null) return length > limits.dataset.heavyBytes;
  if (pixel_length < 0 && !frames) return true;
  const behind = pixel_length >= 0 ? pixel_offset + pixel_length : endOf(frames as Buffer);
  return pixel_offset + length - behind > limits.dataset.heavyBytes;
}

function endOf(frames: Buffer): number {
  const { firstFragment, fragmentLengths } = decodeFrameTable(frames);
  return endOfFragments(firstFragment, fragmentLengths);
}

/** Does what needs such a data set, and lets go of it. */
export function holdingHeavy<T>(work: () => Promise<T>): Promise<T> {
  return place.take(work);
}

/** The same of what is given out step by step. @returns what ends it */
export async function beginHeavy(): Promise<() => void> {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  void place.take(() => {
    begun.resolve();
    return ended.promise;
  });
  await begun.promise;
  return ended.resolve;
}
