/**
 * Whether two instances hold the same pixels in two lossless transfer syntaxes: frame by frame, decoded. What cannot be
 * decoded, or is too much to decode while a sender waits, counts as different, which only means that a person is asked.
 */
import { PixelPoolSaturated, type PixelPool } from '#derive/pixel-pool.ts';
import { openStoredImage, type StoredImage } from '#derive/stored-image.ts';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { CannotDecode, type DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import { NoSuchFrame } from '#dicom/pixels/frame-source.ts';
import { BadPixelData } from '#dicom/pixels/image-pixel.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import type { PixelRow } from '#index/objects.ts';
import { limits } from '#settings/limits.ts';
import type { Storage } from '#storage/storage.ts';
import { pixelBytesOf } from './retrieve.ts';

export interface ComparingParts {
  readonly storage: Storage;
  readonly pixels: PixelPool;
}

/** False also where it cannot be told, as above. @throws what the storage throws that is no damage of one of the two */
export async function samePixels(one: PixelRow, other: PixelRow, parts: ComparingParts): Promise<boolean> {
  try {
    const [a, b] = await Promise.all([open(one, parts), open(other, parts)]);
    if (!a || !b) return false;
    const [frames, others] = await Promise.all([a.frames.numberOfFrames(), b.frames.numberOfFrames()]);
    if (frames !== others) return false;
    let compared = 0;
    for (let frame = 0; frame < frames; frame++) {
      const [left, right] = await Promise.all([decode(a, frame, parts), decode(b, frame, parts)]);
      compared += left.bytes.length;
      if (!sameFrame(left, right) || compared > limits.pixels.comparedBytes) return false;
    }
    return frames > 0;
  } catch (error) {
    if (isUndecodable(error)) return false;
    throw error;
  }
}

async function open(row: PixelRow, parts: ComparingParts): Promise<StoredImage | undefined> {
  const syntax = transferSyntaxes.get(row.transfer_syntax);
  if (!syntax || syntax.lossy) return undefined;
  return openStoredImage(row, syntax, pixelBytesOf({ row }, parts));
}

async function decode(
  { image, frames }: StoredImage,
  frame: number,
  { pixels }: ComparingParts,
): Promise<DecodedFrame> {
  return pixels.decode(frames.syntax.uid, image, await frames.read(frame));
}

function sameFrame(a: DecodedFrame, b: DecodedFrame): boolean {
  return (
    a.rows === b.rows &&
    a.columns === b.columns &&
    a.samplesPerPixel === b.samplesPerPixel &&
    a.bitsAllocated === b.bitsAllocated &&
    a.isSigned === b.isSigned &&
    a.sample === b.sample &&
    a.photometricInterpretation === b.photometricInterpretation &&
    a.bytes.equals(b.bytes)
  );
}

function isUndecodable(error: unknown): boolean {
  return [CannotDecode, BadPixelData, BadDataset, NoSuchFrame, PixelPoolSaturated].some(
    (kind) => error instanceof kind,
  );
}
