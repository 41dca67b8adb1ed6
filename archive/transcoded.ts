/**
 * Instances of the archive in another transfer syntax than the one they were stored in, with the answer for either door
 * where that cannot be. Used by WADO-RS, C-GET and C-MOVE.
 */
import { inSyntax as inItsSyntax } from '#derive/in-syntax.ts';
import type { Transcoded } from '#derive/transcoded.ts';
import { losslessEncodings } from '#dicom/syntax/all.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { undecodable } from './instance-pixels.ts';
import { pixelBytesOf } from './retrieve.ts';
import type { RetrieveParts, RetrievedInstance } from './retrieve.ts';

/** Whether there is a way at all; that this one can be decoded shows when it is tried. */
export function canBeDecoded({ syntax, row }: RetrievedInstance): boolean {
  return !syntax.encapsulated || row.pixel_offset === null || syntax.decodeFrame !== undefined;
}

/** The syntaxes that it can be compressed into without loss, as far as the index knows. */
export function compressible(instance: RetrievedInstance): readonly TransferSyntax[] {
  const { row, syntax } = instance;
  const isHeld = row.pixel_offset === null || (cells.has(row.bits_allocated) && samples.has(row.samples_per_pixel));
  return isHeld && canBeDecoded(instance) ? losslessEncodings.filter((into) => into !== syntax) : [];
}

/** What the lossless syntaxes hold: cells of 8 or 16 bits, one or three to a pixel (PS3.5 8.2). */
const cells = new Set<number | null>([8, 16]);
const samples = new Set<number | null>([null, 1, 3]);

/**
 * What can fail has failed when this resolves, but for a later frame that is broken.
 * @param syntax  Explicit or Implicit VR Little Endian, or one that `compressible` names
 * @throws Problem notAcceptable naming the stored syntax and why; PixelPoolSaturated when no thread is free
 */
export async function inSyntax(
  instance: RetrievedInstance,
  syntax: TransferSyntax,
  { storage, pixels }: Pick<RetrieveParts, 'storage' | 'pixels'>,
  signal: AbortSignal,
): Promise<Transcoded> {
  try {
    const stored = { ...instance, bytes: pixelBytesOf(instance, { storage, pixels }) };
    const transcoded = await inItsSyntax(stored, syntax, pixels, signal);
    return { ...transcoded, pieces: withProblems(instance, transcoded.pieces) };
  } catch (error) {
    throw undecodable(instance, error);
  }
}

/** What goes wrong later is said in the same words. */
async function* withProblems(
  instance: RetrievedInstance,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (error) {
    throw undecodable(instance, error);
  }
}
