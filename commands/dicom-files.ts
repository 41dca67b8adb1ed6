/**
 * The DICOM files below a directory: found one directory at a time, recognised by their first bytes.
 */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { openPart10 } from '#dicom/file/part10-reader.ts';

export interface FoundFile {
  readonly path: string;
  readonly length: number;
}

/** Media Storage Directory (PS3.3 F.3): a table of contents, not an instance. */
const mediaStorageDirectory = '1.2.840.10008.1.3.10';
const headBytes = 64 * 1024;

export interface DicomFile extends FoundFile {
  /** What the file meta information calls its instance; the data set has the last word. */
  readonly SOPClassUID: string | undefined;
  readonly SOPInstanceUID: string | undefined;
  readonly transferSyntaxUID: string;
  /** The prefix of PS3.10 Section 7.1 is there: no doubt that it is meant to be a DICOM file. */
  readonly prefixed: boolean;
}

export type Recognised =
  | { readonly kind: 'instance'; readonly file: DicomFile }
  | { readonly kind: 'directory' | 'other'; readonly file: FoundFile }
  | { readonly kind: 'unreadable'; readonly file: FoundFile; readonly reason: string };

/** Files in the order of their names. A link to a file counts, a link to a directory does not: it could lead in a circle. */
export async function* filesBelow(directory: string): AsyncGenerator<FoundFile> {
  const entries = await readdir(directory, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile() || entry.isSymbolicLink()) {
      const found = await stat(path).catch(() => undefined);
      // A link that leads nowhere, or a file that has just gone, is no file.
      if (found?.isFile()) yield { path, length: found.size };
    }
  }
}

/** Reads a file's beginning. Never throws: a file that cannot be read is one to be named. */
export async function recognise(file: FoundFile): Promise<Recognised> {
  const stream = createReadStream(file.path, { highWaterMark: headBytes });
  let prefixed = false;
  const watched = async function* (): AsyncGenerator<Uint8Array> {
    let first = true;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (first) prefixed = chunk.toString('latin1', 128, 132) === 'DICM';
      first = false;
      yield chunk;
    }
  };
  try {
    const part10 = await openPart10(watched());
    const { MediaStorageSOPClassUID: SOPClassUID, MediaStorageSOPInstanceUID: SOPInstanceUID } = part10;
    if (SOPClassUID === mediaStorageDirectory) return { kind: 'directory', file };
    const { transferSyntaxUID } = part10;
    return { kind: 'instance', file: { ...file, prefixed, SOPClassUID, SOPInstanceUID, transferSyntaxUID } };
  } catch (error) {
    if (!(error instanceof BadDataset)) return { kind: 'unreadable', file, reason: (error as Error).message };
    return prefixed ? { kind: 'unreadable', file, reason: error.message } : { kind: 'other', file };
  } finally {
    stream.destroy();
  }
}
