/** A DICOM file as the archive keeps and opens it, without an archive: what is read of it on the way in, and its bytes. */
import type { Dataset } from '#dicom/data/dataset.ts';
import { openPart10 } from '#dicom/file/part10-reader.ts';
import { parseDataset } from '#dicom/file/parse.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { openStoredImage, type StoredImage } from '#derive/stored-image.ts';
import { InstanceReader } from '#index/instance-reader.ts';
import { limits } from '#settings/limits.ts';
import { inPieces } from './corpus.ts';

export interface StoredFile extends StoredImage {
  /** Everything before Pixel Data, also what no picture depends on. */
  readonly whole: Dataset;
  readonly syntax: TransferSyntax;
}

const NumberOfFrames = 0x00280008;

/** @returns undefined for a file without pixels @throws what reading throws */
export async function openStoredFile(file: Buffer): Promise<StoredFile | undefined> {
  const { transferSyntaxUID, dataset } = await openPart10(inPieces(file, 65_536));
  const syntax = transferSyntaxes.get(transferSyntaxUID);
  if (!syntax) throw new Error(`transfer syntax ${transferSyntaxUID}`);
  const reader = new InstanceReader(syntax, limits.dataset);
  const pieces: Uint8Array[] = [];
  for await (const piece of dataset) {
    await reader.write(piece);
    pieces.push(piece);
  }
  const { pixels, frames, values } = await reader.end();
  if (!pixels) return undefined;
  const bytes = Buffer.concat(pieces);
  const head = syntax.deflated ? bytes : bytes.subarray(0, pixels.offset);
  const row = {
    length: bytes.length,
    pixel_offset: pixels.offset,
    pixel_length: pixels.length,
    frames: frames ?? null,
    number_of_frames: Number(values.get(NumberOfFrames)) || null,
  };
  const image = await openStoredImage(row, syntax, {
    // Copies, as reads from a disk are.
    readRange: async (offset, length, into = Buffer.allocUnsafeSlow(length)) => {
      bytes.copy(into, 0, offset, offset + length);
      return into.subarray(0, length);
    },
    readStream: (offset, length) => inPieces(bytes.subarray(offset, offset + length), 65_536),
  });
  return { ...image, syntax, whole: await parseDataset(inPieces(head, 65_536), syntax, limits.dataset) };
}
