/** Lightboxes of growing size beside each other: what is asked of them, and what one more instance costs them. */
import { join } from 'node:path';

import { startBenchedLightbox } from './benched-lightbox.ts';
import { emptyIndex, filledIndex, type FilledIndex } from './filled-index.ts';
import { type Filled, measureSearch, searchTable, startFilled } from './search-by-size.ts';
import { residentMb } from './server-load.ts';
import { measureStore, storeTable } from './store-by-size.ts';
import { table } from './table.ts';

export interface BySize {
  /** Studies in each index. */
  readonly sizes: readonly number[];
  /** For the archive that is empty. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

export async function bySize({ sizes, directory, signal }: BySize): Promise<{ text: string; figures: object }> {
  const indexes: FilledIndex[] = [];
  for (const size of sizes) indexes.push(await filledIndex(size));
  await using archives = new AsyncDisposableStack();
  const filled: Filled[] = [];
  for (const index of indexes) filled.push(archives.use(await startFilled(index)));
  const emptyDir = join(directory, 'empty');
  await emptyIndex(emptyDir);
  const empty = archives.use(await startBenchedLightbox(emptyDir, 'archive'));

  const search = await measureSearch(filled, signal);
  const memoryMb = await Promise.all(
    filled.map(({ lightbox }) => residentMb([lightbox.archivePid, lightbox.postgresPid])),
  );
  const targets = filled.map(({ index, lightbox }) => ({ studies: index.studies, lightbox }));
  const store = await measureStore([{ studies: 0, lightbox: empty }, ...targets], signal);

  const largest = indexes.at(-1)!;
  const text = [
    searchTable(search),
    'Milliseconds, asked one at a time; CPU of archive and PostgreSQL for one question. Noise is what others took of the machine.',
    '',
    storeTable(store),
    '',
    sizeTable(largest),
    `Made in ${largest.filledInSeconds.toFixed(0)} s. In memory after all questions: ${filled
      .map(({ index }, at) => `${memoryMb[at]!.toFixed(0)} MB at ${index.studies.toLocaleString('en')} studies`)
      .join(', ')}.`,
  ].join('\n');
  return { text, figures: { search, store, memoryMb, sizes: largest.sizes } };
}

function sizeTable({ sizes }: FilledIndex): string {
  return table([
    ['table', 'rows', 'table MB', 'indexes MB', 'bytes per row', 'of indexes'],
    ...sizes.map(({ table: name, rows, tableBytes, indexBytes }) => [
      name,
      rows.toLocaleString('en'),
      (tableBytes / 1e6).toFixed(0),
      (indexBytes / 1e6).toFixed(0),
      (tableBytes / rows).toFixed(0),
      (indexBytes / rows).toFixed(0),
    ]),
  ]);
}
