/**
 * Reads damaged files as the doors do (PS3.10 head, then the data set as it passes) and once more into memory, from there
 * into JSON, XML and bytes. Damage has one answer, `BadDataset`; whatever else is thrown is a defect. And it has the same
 * answer however it is chopped, and what was read is read again from what was written: where that cannot be,
 * `looksSwapped` and `hasOddUnknown` say why.
 */
import { statSync } from 'node:fs';
import { randomOf } from '#samples/seed.ts';
import type { Dataset } from '#dicom/data/dataset.ts';
import { impliedVR, keywordOf } from '#dicom/data/dictionary.ts';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import type { Encoding } from '#dicom/file/element-header.ts';
import { tagAt } from '#dicom/file/element-header.ts';
import { parseDataset, parseWhole } from '#dicom/file/parse.ts';
import { openPart10 } from '#dicom/file/part10-reader.ts';
import { serializeDataset, ValueNotKept } from '#dicom/file/serialize.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { toDicomJson } from '#dicom/web/dicom-json.ts';
import { fromDicomJson } from '#dicom/web/from-dicom-json.ts';
import { nativeModelXml } from '#dicom/web/native-model-xml.ts';
import { InstanceReader } from '#index/instance-reader.ts';
import { limits } from '#settings/limits.ts';
import { corpusFile, corpusPath, manifest } from '../corpus.ts';
import { mutated } from './mutate.ts';

export type Outcome = 'read' | 'refused';

const largestFileBytes = 1024 * 1024;

export function fuzzFiles(): string[] {
  const names = manifest().map(({ path }) => path ?? '');
  return names.filter((name) => statSync(corpusPath(name)).size <= largestFileBytes);
}

/** One damaged file, chosen by seed and number. @throws whatever a defect throws */
export async function fuzzOnce(seed: string, number: number, files: readonly string[]): Promise<Outcome> {
  const random = randomOf(`${seed} ${number}`);
  const pick = (): Buffer => corpusFile(files[Math.floor(random() * files.length)] as string);
  const bytes = mutated(pick(), pick(), random);
  const chopped = () => pieces(bytes, Math.ceil(bytes.length / 5_000) + Math.floor(random() ** 4 * 70_000));
  const first = await readAsDoor(chopped());
  const second = await readAsDoor(chopped());
  if (JSON.stringify(first) !== JSON.stringify(second)) {
    throw new Error(
      `chopped otherwise, it reads otherwise: ${JSON.stringify(first)} and ${JSON.stringify(second)}`.slice(0, 1_000),
    );
  }
  await throughMemory(chopped());
  return 'refused' in first ? 'refused' : 'read';
}

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function readAsDoor(source: AsyncIterable<Uint8Array>): Promise<object> {
  return orRefused(async () => {
    const file = await openPart10(source);
    const syntax = transferSyntaxes.get(file.transferSyntaxUID);
    if (!syntax) return { unknown: file.transferSyntaxUID };
    const reader = new InstanceReader(syntax, limits.dataset);
    try {
      for await (const piece of file.dataset) await reader.write(piece);
      const { values, pixels, frames } = await reader.end();
      return { values: [...values], pixels, frames: frames?.toString('base64') };
    } finally {
      reader.destroy();
    }
  });
}

const explicitLittle = { explicitVR: true, bigEndian: false };
const explicitBig = { explicitVR: true, bigEndian: true };

async function throughMemory(source: AsyncIterable<Uint8Array>): Promise<void> {
  await orRefused(async () => {
    const file = await openPart10(source);
    const syntax = transferSyntaxes.get(file.transferSyntaxUID);
    if (!syntax) return {};
    const dataset = await parseDataset(file.dataset, syntax, { ...limits.dataset, pixelDataBytes: largestFileBytes });
    writeAll(dataset);
    return {};
  });
}

/** What was read can be told in every way, and each way leads back. @throws Error, never BadDataset */
function writeAll(dataset: Dataset): void {
  const json = JSON.stringify(toDicomJson(dataset, { bulkDataURI: () => 'bulk' }));
  for (const _ of nativeModelXml(dataset));
  const { sequenceDepth } = limits.dataset;
  fromDicomJson(JSON.parse(json), { sequenceDepth, bulkData: () => Buffer.alloc(0) });
  for (const encoding of [explicitLittle, explicitBig]) {
    const written = bytesOf(dataset, encoding);
    if (written && !looksSwapped(written, encoding)) settles(dataset, written, encoding);
  }
}

/**
 * Its first attribute is none of the standard's, but would be one, with the very VR, in the other byte order: no sign is
 * left of which was meant, and the leniency `observedEncoding` takes the attribute that is known.
 */
function looksSwapped(written: Buffer, { bigEndian }: Encoding): boolean {
  if (written.length < 8 || keywordOf(tagAt(written, 0, bigEndian)) !== undefined) return false;
  const other = tagAt(written, 0, !bigEndian);
  return keywordOf(other) !== undefined && impliedVR(other) === written.toString('latin1', 4, 6);
}

/** What was written reads the same: written again it is those bytes. @param dataset what was written */
function settles(dataset: Dataset, written: Buffer, encoding: Encoding): void {
  const again = readAgain(written, encoding);
  const rewritten = serializeDataset(again, encoding);
  if (rewritten.equals(written)) return;
  if (!hasOddUnknown(dataset)) throw new Error('what was written reads otherwise');
  // Each time round, what is odd lies one sequence deeper in what was UN.
  settles(again, rewritten, encoding);
}

/**
 * A value of UN with odd length cannot be what its attribute is known to be, and stays UN. The byte that pads it (PS3.5
 * 7.1.1) may complete it: it is read as that VR then (PS3.5 6.2.2 Note 2), and written with that.
 */
function hasOddUnknown({ elements }: Dataset): boolean {
  for (const { vr, bytes, items } of elements.values())
    if ((vr === 'UN' && bytes && bytes.length % 2 === 1) || items?.some(hasOddUnknown)) return true;
  return false;
}

function readAgain(written: Buffer, encoding: Encoding): Dataset {
  try {
    return parseWhole(written, encoding, { ...limits.dataset, pixelDataBytes: 2 * largestFileBytes });
  } catch (cause) {
    throw new Error('what was written cannot be read', { cause });
  }
}

/** Undefined where a value was too long to be kept. */
function bytesOf(dataset: Dataset, encoding: Encoding): Buffer | undefined {
  try {
    return serializeDataset(dataset, encoding);
  } catch (error) {
    if (error instanceof ValueNotKept) return undefined;
    throw error;
  }
}

async function orRefused(read: () => Promise<object>): Promise<object> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof BadDataset)) throw error;
    // How far a decompressor got before it noticed depends on what it was given at once.
    return { refused: error.message.replace(/^.*: (?=the deflated stream)/, '') };
  }
}
