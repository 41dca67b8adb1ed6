/**
 * Instances in a compressed transfer syntax other than the one they were stored in, without loss (PS3.5 A.4), streamed
 * frame by frame: for who takes them in no other.
 */
import { aroundPixels } from '#archive/around-pixels.ts';
import { framesAhead } from '#archive/frames-ahead.ts';
import { openPixels, recodeFrame } from '#archive/instance-pixels.ts';
import { Problem } from '#archive/problems.ts';
import type { RetrieveParts, RetrievedInstance } from '#archive/retrieve.ts';
import { asExplicitLittleEndian, type Transcoded } from '#archive/transcoded.ts';
import { pixelData } from '#dicom/file/dataset-scanner.ts';
import { elementHeader, itemHeader, sequenceDelimiter } from '#dicom/file/element-header.ts';
import type { EncodedFrame } from '#dicom/pixels/encoded-frame.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';

const mostDeflatedFrames = 32;

/**
 * The first frame has been encoded when this resolves; a later one that cannot be breaks the stream off.
 * @throws Problem notAcceptable naming what is in the way; PixelPoolSaturated when no thread is free
 */
export async function asCompressed(
  instance: RetrievedInstance,
  syntax: TransferSyntax,
  parts: Pick<RetrieveParts, 'storage' | 'pixels'>,
  signal: AbortSignal,
): Promise<Transcoded> {
  const { pixel_offset: pixelOffset } = instance.row;
  // Without pixels nothing of it is compressed, whatever its transfer syntax is called.
  if (pixelOffset === null) return { ...(await asExplicitLittleEndian(instance, parts, signal)), syntax };
  const pixels = await openPixels(instance, parts.storage);
  const encode = (frame: number): Promise<EncodedFrame> => recodeFrame(instance, pixels, frame, syntax, parts, signal);
  const first = await encode(0);
  const count = await pixels.frames.numberOfFrames();
  refuseFrames(instance, count);
  const around = await aroundPixels(instance, pixelOffset, parts, signal);
  const pieces = (async function* (): AsyncGenerator<Uint8Array> {
    yield* around.before(first, count);
    yield elementHeader(pixelData, 'OB', -1);
    // The Basic Offset Table is empty: where frames begin is known only when the last one is made.
    yield itemHeader(0);
    for await (const { bytes } of framesAhead(first, { count, make: encode, instance, signal })) {
      const padding = bytes.length % 2;
      yield itemHeader(bytes.length + padding);
      yield bytes;
      if (padding > 0) yield Buffer.alloc(padding);
    }
    yield sequenceDelimiter;
    yield* around.after();
  })();
  return { syntax, length: undefined, pieces };
}

/** @throws Problem notAcceptable for frames that would be lost, or take for ever */
function refuseFrames({ row, syntax }: RetrievedInstance, count: number): void {
  const said = row.number_of_frames ?? 1;
  if (!syntax.encapsulated && count !== said)
    throw new Problem('notAcceptable', `has ${count} whole frames of ${said}: not to be compressed`);
  // To find a frame of it, everything before is inflated.
  if (syntax.deflated && count > mostDeflatedFrames)
    throw new Problem('notAcceptable', `${count} frames in ${syntax.name}: too many to be compressed`);
}
