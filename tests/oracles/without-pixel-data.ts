/** Files of the corpus up to their Pixel Data, which other toolkits cannot put into JSON or XML when it is compressed. */
import type { Dataset } from '#dicom/data/dataset.ts';
import { DatasetScanner } from '#dicom/file/dataset-scanner.ts';
import { elementHeader } from '#dicom/file/element-header.ts';
import { fileHead } from '#dicom/file/file-meta.ts';
import { DatasetInflater } from '#dicom/file/dataset-inflater.ts';
import { parseWhole } from '#dicom/file/parse.ts';
import { openPart10 } from '#dicom/file/part10-reader.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { limits } from '#settings/limits.ts';
import { corpusFile, inPieces } from '../corpus.ts';

export interface WithoutPixelData {
  /** A file that any toolkit opens. */
  readonly file: Buffer;
  /** As we read it. */
  readonly dataset: Dataset;
}

/** Undefined for what is no data set of a syntax that we take. */
export async function withoutPixelData(path: string): Promise<WithoutPixelData | undefined> {
  const part10 = await openPart10(inPieces(corpusFile(path), 1 << 16)).catch(() => undefined);
  const syntax = part10 && transferSyntaxes.get(part10.transferSyntaxUID);
  if (!syntax) return undefined;
  const pieces: Buffer[] = [];
  for await (const piece of part10.dataset) pieces.push(Buffer.from(piece));
  const bytes = beforePixelData(syntax.deflated ? await inflated(pieces) : Buffer.concat(pieces), syntax);
  const isNative = !syntax.explicitVR || syntax.bigEndian;
  const head = fileHead({
    MediaStorageSOPClassUID: part10.MediaStorageSOPClassUID ?? '1.2.840.10008.5.1.4.1.1.7',
    MediaStorageSOPInstanceUID: part10.MediaStorageSOPInstanceUID ?? '1.2.3',
    TransferSyntaxUID: isNative ? syntax.uid : '1.2.840.10008.1.2.1',
  });
  try {
    const kept = { ...limits.dataset, attributeValueBytes: 1 << 26, attributeBytes: 1 << 28 };
    return { file: Buffer.concat([head, bytes]), dataset: parseWhole(bytes, syntax, kept) };
  } catch {
    return undefined;
  }
}

async function inflated(pieces: readonly Buffer[]): Promise<Buffer> {
  const out: Buffer[] = [];
  const inflater = new DatasetInflater((piece) => out.push(Buffer.from(piece)), limits.dataset.inflatedBytes);
  for (const piece of pieces) await inflater.write(piece);
  await inflater.end();
  return Buffer.concat(out);
}

function beforePixelData(bytes: Buffer, encoding: { explicitVR: boolean; bigEndian: boolean }): Buffer {
  let end = bytes.length;
  const scanner = new DatasetScanner(
    encoding,
    {
      element({ tag, vr, offset, depth, implied }) {
        if (depth === 0 && tag >= 0x7fe00000) end = Math.min(end, offset - elementHeader(tag, vr, 0, !implied).length);
        return 'skip';
      },
      value: () => undefined,
    },
    { ...limits.dataset, collectedBytes: 0 },
  );
  try {
    scanner.write(bytes);
  } catch {
    // What is damaged behind Pixel Data is cut off with it.
  }
  return bytes.subarray(0, end);
}

/** Does something with each of many, a few at a time. */
export async function forEach<T>(all: readonly T[], atOnce: number, work: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
