/** An instance in whichever transfer syntax it is wanted: the one place that knows which way leads there, for both doors. */
import { asCompressed } from '#archive/compressed.ts';
import type { RetrieveParts, RetrievedInstance } from '#archive/retrieve.ts';
import { asExplicitLittleEndian, asImplicitLittleEndian, canBeDecoded, type Transcoded } from '#archive/transcoded.ts';
import { losslessEncodings } from '#dicom/syntax/all.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';

/**
 * What can fail has failed when this resolves, but for a later frame that is broken.
 * @param syntax  Explicit or Implicit VR Little Endian, or one that `compressible` names
 * @throws Problem notAcceptable naming what is in the way; PixelPoolSaturated when no thread is free
 */
export function inSyntax(
  instance: RetrievedInstance,
  syntax: TransferSyntax,
  parts: Pick<RetrieveParts, 'storage' | 'pixels'>,
  signal: AbortSignal,
): Promise<Transcoded> {
  if (syntax.encapsulated) return asCompressed(instance, syntax, parts, signal);
  return syntax.explicitVR
    ? asExplicitLittleEndian(instance, parts, signal)
    : asImplicitLittleEndian(instance, parts, signal);
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
