/**
 * Makes the metadata of a whole series into one compressed object, so that a viewer's first question is one read.
 */
import {
  seriesMetadataJson,
  packSeriesMetadata,
  readSeriesMetadataHead,
  seriesMetadataHeadBytes,
  seriesMetadataMediaType,
} from '#derive/series-metadata.ts';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { findSeriesInstances } from '#index/series.ts';
import { WaitingHeads } from '#index/waiting-heads.ts';
import { isUnreadable } from '#storage/storage.ts';

import type { Job, JobParts } from '../job.ts';
import { keepDerived } from '../keep-derived.ts';

/** Of JSON; a series with more is read from its instances each time. */
const longestBytes = 256 * 1024 * 1024;

export const seriesMetadata: Job = {
  name: 'series-metadata',
  on: 'InstanceStored',
  limits: { atOnce: 1, attempts: 3, timeoutMs: 10 * 60_000 },

  async run(series, parts, signal) {
    const { database, storage, store, log, baseUrl } = parts;
    const rows = await findSeriesInstances(database, series);
    const [first] = rows;
    if (!first || (await isBuilt(series, first.generation, parts))) return;
    if (rows.some((row) => row.store !== store)) {
      log.info({ job: 'series-metadata', series }, 'instances of the series lie in another store');
      return;
    }
    const pieces = [Buffer.from('[')];
    let bytes = 0;
    const heads = new WaitingHeads(database, rows);
    const source = {
      baseUrl,
      headOf: (row: (typeof rows)[number]) => heads.of(row),
      bytesOf: ({ key, offset }: (typeof rows)[number]) => ({
        readRange: (from: number, length: number) => storage.readRange(key, offset + from, length),
        readStream: (from: number, length: number) => storage.readStream(key, { offset: offset + from, length }),
      }),
      onUnreadable({ sop_instance_uid: SOPInstanceUID }: (typeof rows)[number], error: unknown) {
        // What is lost may come back: nothing is kept of the series then.
        if (!(error instanceof BadDataset)) return false;
        const { message: reason } = error;
        log.warn({ job: 'series-metadata', SOPInstanceUID, reason }, 'metadata of an instance that cannot be read');
        return true;
      },
    };
    for await (const text of seriesMetadataJson(rows, source)) {
      signal.throwIfAborted();
      const piece = Buffer.from(text, 'utf8');
      bytes += piece.length;
      if (bytes > longestBytes) {
        log.info({ job: 'series-metadata', series, bytes }, 'the metadata of the series are too long for one object');
        return;
      }
      pieces.push(piece);
    }
    const packed = await packSeriesMetadata([...pieces, Buffer.from(']')], { baseUrl });
    signal.throwIfAborted();
    const { generation } = first;
    const derived = { series, kind: 'series-metadata' as const, generation, mediaType: seriesMetadataMediaType };
    await keepDerived(packed, derived, parts);
  },
};

/** The archive may have been asked for it, and kept what it made. */
async function isBuilt(series: number, generation: number, parts: JobParts): Promise<boolean> {
  const { database, storage, store, baseUrl } = parts;
  const { rows } = await database.pool.query<{ key: string; store: number }>(
    `SELECT key, store FROM index.derived WHERE series = $1 AND kind = 'series-metadata' AND generation = $2`,
    [series, generation],
  );
  const [row] = rows;
  if (row?.store !== store) return false;
  try {
    return readSeriesMetadataHead(await storage.readRange(row.key, 0, seriesMetadataHeadBytes), baseUrl) !== undefined;
  } catch (error) {
    if (isUnreadable(error)) return false;
    throw error;
  }
}
