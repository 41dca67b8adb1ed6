/**
 * The real files that tests read where they lie: `DICOM_CORPUS`, or `../shared/dicom` beside the project. Where there are
 * none, the tests that need them are skipped, visibly; with REQUIRE_ALL=1 they fail.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const directory = process.env['DICOM_CORPUS'] ?? fileURLToPath(new URL('../../shared/dicom', import.meta.url));

export const hasCorpus = existsSync(path.join(directory, 'MANIFEST.tsv'));
if (!hasCorpus && process.env['REQUIRE_ALL'] === '1')
  throw new Error(`no DICOM files in ${directory}; DICOM_CORPUS names another place`);

/** A row of a table of the corpus by its header's names. */
export type ManifestRow = Readonly<Record<string, string>>;

export function manifest(): ManifestRow[] {
  return table('MANIFEST.tsv');
}

/** What other toolkits decode: a row for each file and tool. */
export function truth(): ManifestRow[] {
  return table('TRUTH.tsv');
}

function table(name: string): ManifestRow[] {
  const [head = '', ...lines] = readFileSync(path.join(directory, name), 'utf8').split('\n').filter(Boolean);
  const names = head.split('\t');
  return lines.map((line) => Object.fromEntries(line.split('\t').map((value, index) => [names[index] ?? '', value])));
}

export function corpusPath(name: string): string {
  return path.join(directory, name);
}

export function corpusFile(name: string): Buffer {
  return readFileSync(corpusPath(name));
}

/** Bytes in pieces of a size, as a stream hands them on. */
export async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
