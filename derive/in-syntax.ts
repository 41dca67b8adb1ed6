/** A stored instance in whichever transfer syntax it is wanted: the one place that knows which way leads there. */
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { asCompressed } from './compressed.ts';
import type { PixelPool } from './pixel-pool.ts';
import type { StoredInstance } from './stored-instance.ts';
import { asExplicitLittleEndian, asImplicitLittleEndian, type Transcoded } from './transcoded.ts';

/**
 * The first frame has been made when this resolves; a later one that cannot be breaks the stream off.
 * @param syntax  Explicit or Implicit VR Little Endian, or one of `losslessEncodings`
 * @throws CannotDecode, CannotEncode and their like, naming what is in the way; PixelPoolSaturated when no thread is free
 */
export function inSyntax(
  instance: StoredInstance,
  syntax: TransferSyntax,
  pixels: PixelPool,
  signal: AbortSignal,
): Promise<Transcoded> {
  if (syntax.encapsulated) return asCompressed(instance, syntax, pixels, signal);
  return syntax.explicitVR
    ? asExplicitLittleEndian(instance, pixels, signal)
    : asImplicitLittleEndian(instance, pixels, signal);
}
