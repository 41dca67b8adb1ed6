/**
 * Instances of the archive in another transfer syntax than the one they were stored in, with the answer for either door
 * where that cannot be. Used by WADO-RS, C-GET and C-MOVE.
 */
import { undecodable } from '#archive/instance-pixels.ts';
import { Problem } from '#archive/problems.ts';
import { bytesOf } from '#archive/retrieve.ts';
import type { RetrieveParts, RetrievedInstance } from '#archive/retrieve.ts';
import { asCompressed as compressed } from '#derive/compressed.ts';
import type { StoredInstance } from '#derive/stored-instance.ts';
import { asExplicitLittleEndian as explicit, asImplicitLittleEndian as implicit } from '#derive/transcoded.ts';
import type { Transcoded } from '#derive/transcoded.ts';
import { CannotEncode } from '#dicom/pixels/encoded-frame.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';

type Parts = Pick<RetrieveParts, 'storage' | 'pixels'>;

export const explicitLittleEndian = transferSyntaxes.get('1.2.840.10008.1.2.1') as TransferSyntax;

/** Whether there is a way at all; that this one can be decoded shows when it is tried. */
export function canBeDecoded({ syntax, row }: RetrievedInstance): boolean {
  return !syntax.encapsulated || row.pixel_offset === null || syntax.decodeFrame !== undefined;
}

/** @throws Problem notAcceptable naming the stored syntax and why; PixelPoolSaturated when no decoder is free */
export function asExplicitLittleEndian(
  instance: RetrievedInstance,
  parts: Parts,
  signal: AbortSignal,
): Promise<Transcoded> {
  return written(instance, parts, (stored) => explicit(stored, parts.pixels, signal));
}

/** The same in Implicit VR Little Endian, for peers that take nothing else. @throws as above */
export function asImplicitLittleEndian(
  instance: RetrievedInstance,
  parts: Parts,
  signal: AbortSignal,
): Promise<Transcoded> {
  return written(instance, parts, (stored) => implicit(stored, parts.pixels, signal));
}

/** Without loss in a compressed one, for peers that take nothing else. @throws as above */
export function asCompressed(
  instance: RetrievedInstance,
  syntax: TransferSyntax,
  parts: Parts,
  signal: AbortSignal,
): Promise<Transcoded> {
  return written(instance, parts, (stored) => compressed(stored, syntax, parts.pixels, signal));
}

async function written(
  instance: RetrievedInstance,
  { storage }: Parts,
  write: (stored: StoredInstance) => Promise<Transcoded>,
): Promise<Transcoded> {
  try {
    const transcoded = await write({ ...instance, bytes: bytesOf(instance, storage) });
    return { ...transcoded, pieces: withProblems(instance, transcoded.pieces) };
  } catch (error) {
    throw problemOf(instance, error);
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
    throw problemOf(instance, error);
  }
}

function problemOf(instance: RetrievedInstance, error: unknown): unknown {
  return error instanceof CannotEncode
    ? new Problem('notAcceptable', `cannot be compressed: ${error.message}`, { cause: error })
    : undecodable(instance, error);
}
