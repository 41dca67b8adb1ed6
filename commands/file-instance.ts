/** A DICOM file as an instance that can be written anew, for peers that do not take it as it is (derive/transcoded.ts). */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { tagOf } from '#dicom/data/dictionary.ts';
import type { StoredInstance } from '#derive/stored-instance.ts';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { openPart10 } from '#dicom/file/part10-reader.ts';
import type { DatasetBytes } from '#dicom/pixels/frame-source.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { InstanceReader } from '#index/instance-reader.ts';
import { limits } from '#settings/limits.ts';

import type { DicomFile } from './dicom-files.ts';

const numberOfFrames = tagOf('NumberOfFrames');
const readBytes = 256 * 1024;

/** Reads it once, as the archive does what it receives, to know where its pixels lie. @throws BadDataset, the system's error */
export async function fileInstance(
  { location, length: fileBytes }: DicomFile,
  syntax: TransferSyntax,
): Promise<StoredInstance> {
  const { dataset } = await openPart10(createReadStream(location, { highWaterMark: readBytes }));
  const reader = new InstanceReader(syntax, limits.dataset);
  let length = 0;
  try {
    for await (const piece of dataset) {
      length += piece.length;
      await reader.write(piece);
    }
    const { pixels, frames, values } = await reader.end();
    return {
      syntax,
      row: {
        length,
        pixel_offset: pixels?.offset ?? null,
        pixel_length: pixels?.length ?? null,
        frames: frames ?? null,
        number_of_frames: Number.parseInt(values.get(numberOfFrames) ?? '', 10) || null,
      },
      bytes: bytesBehind(location, fileBytes - length),
    };
  } catch (error) {
    reader.destroy();
    throw error;
  }
}

/** @param offset of the data set in the file, of which it is the rest */
function bytesBehind(location: DicomFile['location'], offset: number): DatasetBytes {
  return {
    async readRange(from, length) {
      const bytes = Buffer.allocUnsafe(length);
      await using file = await open(location);
      const { bytesRead } = await file.read(bytes, 0, length, offset + from);
      if (bytesRead < length) throw new BadDataset(0, from + bytesRead, 'the file ends here');
      return bytes;
    },
    async *readStream(from, length) {
      const start = offset + from;
      if (length > 0) yield* createReadStream(location, { start, end: start + length - 1, highWaterMark: readBytes });
    },
  };
}
