/**
 * Instances in a compressed transfer syntax other than the one they were stored in, without loss (PS3.5 A.4), streamed
 * frame by frame: for peers that take them in no other. Used by C-GET, C-MOVE and `lightbox send`.
 */
import { elementHeader, itemHeader, sequenceDelimiter } from '#dicom/file/element-header.ts';
import { pixelData } from '#dicom/file/dataset-handler.ts';
import { CannotEncode, type EncodedFrame } from '#dicom/pixels/encoded-frame.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { aroundPixels } from './around-pixels.ts';
import { framesAhead } from './frames-ahead.ts';
import type { PixelPool } from './pixel-pool.ts';
import { openStoredImage } from './stored-image.ts';
import type { StoredInstance } from './stored-instance.ts';
import { asExplicitLittleEndian, type Transcoded } from './transcoded.ts';

const mostDeflatedFrames = 32;

/**
 * The first frame has been encoded when this resolves; a later one that cannot be breaks the stream off.
 * @throws CannotEncode, CannotDecode and their like, naming what is in the way; PixelPoolSaturated when no thread is free
 */
export async function asCompressed(
  instance: StoredInstance,
  syntax: TransferSyntax,
  pixels: PixelPool,
  signal: AbortSignal,
): Promise<Transcoded> {
  const { row, bytes, syntax: from } = instance;
  const { pixel_offset: pixelOffset } = row;
  // Without pixels nothing of it is compressed, whatever its transfer syntax is called.
  if (pixelOffset === null) return { ...(await asExplicitLittleEndian(instance, pixels, signal)), syntax };
  const { image, frames } = await openStoredImage(row, from, bytes);
  const encode = async (frame: number): Promise<EncodedFrame> => {
    const encoded = await frames.read(frame);
    return pixels.recode({ transferSyntaxUID: from.uid, image, encoded }, syntax.uid, signal);
  };
  const first = await encode(0);
  const count = await frames.numberOfFrames();
  refuseFrames(instance, count);
  const around = await aroundPixels(instance, pixelOffset, pixels, signal);
  const pieces = (async function* (): AsyncGenerator<Uint8Array> {
    yield* around.before(first, count);
    yield elementHeader(pixelData, 'OB', -1);
    // The Basic Offset Table is empty: where frames begin is known only when the last one is made.
    yield itemHeader(0);
    for await (const { bytes: encoded } of framesAhead(first, { count, make: encode, signal })) {
      const padding = encoded.length % 2;
      yield itemHeader(encoded.length + padding);
      yield encoded;
      if (padding > 0) yield Buffer.alloc(padding);
    }
    yield sequenceDelimiter;
    yield* around.after();
  })();
  return { syntax, length: undefined, pieces };
}

/** @throws CannotEncode for frames that would be lost, or take for ever */
function refuseFrames({ row, syntax }: StoredInstance, count: number): void {
  const said = row.number_of_frames ?? 1;
  if (!syntax.encapsulated && count !== said) throw new CannotEncode(`there are ${count} whole frames of ${said}`);
  // To find a frame of it, everything before is inflated.
  if (syntax.deflated && count > mostDeflatedFrames)
    throw new CannotEncode(`${count} frames in ${syntax.name} are too many`);
}
