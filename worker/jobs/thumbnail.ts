/**
 * Makes a series' thumbnail from its middle instance, and of that the middle frame.
 */
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { CannotDecode } from '#dicom/pixels/decoded-frame.ts';
import { NoSuchFrame } from '#dicom/pixels/frame-source.ts';
import { BadPixelData } from '#dicom/pixels/image-pixel.ts';
import { transferSyntaxOf } from '#dicom/syntax/all.ts';
import { openStoredImage, renderStoredFrame, type StoredPixelRow } from '#derive/stored-image.ts';
import { encodeThumbnail, thumbnailMediaType, thumbnailSize } from '#derive/thumbnail.ts';
import type { Database } from '#index/database.ts';

import type { Job, JobParts } from '../job.ts';
import { keepDerived } from '../keep-derived.ts';

interface Middle extends StoredPixelRow {
  readonly SOPInstanceUID: string;
  readonly TransferSyntaxUID: string;
  readonly key: string;
  readonly offset: number;
  /** Of the series. */
  readonly generation: number;
}

export const thumbnail: Job = {
  name: 'thumbnail',
  on: 'InstanceStored',
  limits: { atOnce: 2, attempts: 3, timeoutMs: 60_000 },

  async run(series, parts, signal) {
    const { database, store, log } = parts;
    const middle = await middleInstance(database, series, store);
    // Nothing to see in it: a report, a presentation state, or no instance any more.
    if (!middle) return;
    let bytes: Buffer;
    try {
      bytes = await render(middle, parts, signal);
    } catch (error) {
      if (!isOfTheInstance(error)) throw error;
      // No failure: it is done as far as it can be, until the next instance comes.
      const { SOPInstanceUID, TransferSyntaxUID } = middle;
      log.info(
        { job: 'thumbnail', SOPInstanceUID, TransferSyntaxUID, reason: (error as Error).message },
        'no thumbnail',
      );
      return;
    }
    signal.throwIfAborted();
    const { generation } = middle;
    await keepDerived(bytes, { series, kind: 'thumbnail', generation, mediaType: thumbnailMediaType }, parts);
  },
};

/** Of the instances with pixels that lie in this store, the one in the middle by Instance Number. */
async function middleInstance(database: Database, series: number, store: number): Promise<Middle | undefined> {
  const { rows } = await database.pool.query<Middle>(
    `WITH shown AS (
       SELECT id, instance_number FROM index.readable_instances(NULL)
       WHERE series = $1 AND store = $2 AND pixel_offset IS NOT NULL)
     SELECT i.sop_instance_uid AS "SOPInstanceUID", t.uid AS "TransferSyntaxUID", i.key, i."offset",
       i.length, i.pixel_offset, i.pixel_length, i.number_of_frames, i.frames, e.generation
     FROM index.instance i
     JOIN index.known_uid t ON t.id = i.transfer_syntax
     JOIN index.series e ON e.id = i.series
     WHERE i.id = (SELECT id FROM shown ORDER BY instance_number NULLS LAST, id
       OFFSET (SELECT count(*) / 2 FROM shown) LIMIT 1)`,
    [series, store],
  );
  return rows[0];
}

/** @throws whatever `isOfTheInstance` knows, and what storage throws */
async function render(middle: Middle, { storage, pixels }: JobParts, signal: AbortSignal): Promise<Buffer> {
  const { key, offset } = middle;
  const bytes = pixels.workingOn(`${key} ${offset}`, middle.length, {
    readRange: (from, length, into) => storage.readRange(key, offset + from, length, into),
    readStream: (from, length) => storage.readStream(key, { offset: offset + from, length }),
  });
  const stored = await openStoredImage(middle, transferSyntaxOf(middle.TransferSyntaxUID), bytes);
  const frames = await stored.frames.numberOfFrames();
  const frame = 1 + Math.floor(Math.max(0, frames) / 2);
  const shown = { frame: Math.min(frame, Math.max(1, frames)), within: thumbnailSize, asRead: true };
  using rendered = await renderStoredFrame(stored, shown, pixels, signal);
  return await encodeThumbnail(rendered);
}

/** What lies in the instance and no further run would change. */
function isOfTheInstance(error: unknown): boolean {
  return [CannotDecode, NoSuchFrame, BadPixelData, BadDataset].some((kind) => error instanceof kind);
}
