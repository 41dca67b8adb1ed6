/**
 * Data sets that take hundreds of megabytes once they are in memory: a million elements may stand before their Pixel Data
 * (functional groups of thousands of frames, or what somebody made to take memory). In one process so many are held at once as
 * weigh no more together than one of them may, so that two never end it. Who waits too long for room is told so, and who gives one
 * out to a slow reader counts only for a while: nobody else's images wait for a phone that has gone out of range.
 */
import { transferSyntaxOf } from '#dicom/syntax/all.ts';
import { decodeFrameTable } from '#dicom/pixels/frame-table.ts';
import { limits } from '#settings/limits.ts';
import { PixelPoolSaturated } from './pixel-pool.ts';
import { endOfFragments, type StoredDataset } from './stored-dataset.ts';

/** Nothing is deflated to less (RFC 1951: 258 bytes by two bits). */
export const mostInflated = 1032;

let free = limits.dataset.heldBytes;
const waiting: { readonly weight: number; readonly begin: () => void }[] = [];

/** Bytes of what stands around its pixels, where they may be more elements than a process can hold of several; else 0. */
export function weightOf(stored: StoredDataset, transferSyntaxUID: string): number {
  return weightOfBytes(bytesAroundPixels(stored, transferSyntaxUID));
}

/** The same of bytes that are attributes and nothing else. */
export function weightOfBytes(bytes: number): number {
  return bytes > limits.dataset.heavyBytes ? bytes : 0;
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

/** There was no room for it in time. */
export class NoRoomInMemory extends PixelPoolSaturated {
  override name = 'NoRoomInMemory';
  override message = 'too many data sets of very many elements are read at once';
}

/** Does what needs a data set of this weight, and lets go of it. It must hold no other meanwhile. @throws NoRoomInMemory, and what the work throws */
export async function holding<T>(weight: number, work: () => Promise<T>): Promise<T> {
  const letGo = await beginHolding(weight);
  try {
    return await work();
  } finally {
    letGo();
  }
}

/** The same of what is given out step by step: waits until there is room for it. @returns what ends it @throws NoRoomInMemory */
export async function beginHolding(weight: number): Promise<() => void> {
  if (weight === 0) return () => {};
  const held = Math.min(weight, limits.dataset.heldBytes);
  if (waiting.length > 0 || held > free) await roomFor(held);
  else free -= held;
  let isHeld = true;
  const letGo = (): void => {
    clearTimeout(late);
    if (!isHeld) return;
    isHeld = false;
    free += held;
    admit();
  };
  const late = setTimeout(letGo, limits.dataset.heldMs).unref();
  return letGo;
}

function roomFor(weight: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const one = {
      weight,
      begin() {
        clearTimeout(tooLate);
        resolve();
      },
    };
    const tooLate = setTimeout(() => {
      waiting.splice(waiting.indexOf(one), 1);
      reject(new NoRoomInMemory());
      admit();
    }, limits.dataset.roomWaitMs);
    waiting.push(one);
  });
}

/** In the order of coming: a large one is not overtaken for ever. */
function admit(): void {
  for (let next = waiting[0]; next && next.weight <= free; next = waiting[0]) {
    waiting.shift();
    free -= next.weight;
    next.begin();
  }
}
