/**
 * The DICOM files below a directory: found one directory at a time, recognised by their first bytes.
 */
import { createReadStream, type Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { openPart10 } from '#dicom/file/part10-reader.ts';

export interface FoundFile {
  /** To be shown: bytes that are no UTF-8 are replaced in it. */
  readonly path: string;
  /** To be opened. A name is bytes: whoever copied an old disk has some in TCVN3 or Latin-1. */
  readonly location: string | Buffer;
  readonly length: number;
  /** Why there is nothing to be read, where that shows already. It may be a directory. */
  readonly unreadable?: string;
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

/**
 * Files in the order of their names. A link to a file counts, a link to a directory does not: it could lead in a circle.
 * What cannot be looked into is given too, with the reason, and costs nothing else.
 */
export async function* filesBelow(directory: string | Buffer): AsyncGenerator<FoundFile> {
  const above = Buffer.from(directory);
  let entries: Dirent<Buffer>[];
  try {
    entries = await readdir(above, { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    yield unreadable(above, error);
    return;
  }
  entries.sort((a, b) => Buffer.compare(a.name, b.name));
  for (const entry of entries) {
    const location = Buffer.concat([above, Buffer.from(above.at(-1) === slash ? '' : '/'), entry.name]);
    if (entry.isDirectory()) yield* filesBelow(location);
    else if (entry.isFile() || entry.isSymbolicLink()) {
      try {
        const found = await stat(location);
        if (found.isFile()) yield { path: String(location), location, length: found.size };
      } catch (error) {
        // A link that leads nowhere or to itself, or a file that has just gone, is no file.
        if (!['ENOENT', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? ''))
          yield unreadable(location, error);
      }
    }
  }
}

const slash = 0x2f;

/** By its code: the message would repeat the path. */
function unreadable(location: Buffer, error: unknown): FoundFile {
  const { code, message } = error as NodeJS.ErrnoException;
  return { path: String(location), location, length: 0, unreadable: `cannot be read: ${code ?? message}` };
}

/** Reads a file's beginning. Never throws: a file that cannot be read is one to be named. */
export async function recognise(file: FoundFile): Promise<Recognised> {
  if (file.unreadable !== undefined) return { kind: 'unreadable', file, reason: file.unreadable };
  const stream = createReadStream(file.location, { highWaterMark: headBytes });
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
