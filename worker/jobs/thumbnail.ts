/**
 * Makes a series' thumbnail from its middle instance, and of that the middle frame.
 */
import { createHash } from 'node:crypto';
import { parseDataset } from '#dicom/file/parse.ts';
import { decodeFrameTable, frameRanges } from '#dicom/pixels/frame-table.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { describeFrame, type FrameDescription } from '#derive/frame-description.ts';
import { CannotShow, frameBytes } from '#derive/picture.ts';
import { thumbnailMediaType, thumbnailOfFrame, thumbnailOfJpeg } from '#derive/thumbnail.ts';
import type { Database } from '#index/database.ts';
import { replaceDerived } from '#index/derived.ts';
import { limits } from '#settings/limits.ts';
import { objectKey } from '#storage/keys.ts';
import type { Storage } from '#storage/storage.ts';

import type { Job } from '../job.ts';

/** A frame that is larger is not worth the memory: it has more than 60 million pixels. */
const frameBytesLimit = 128 * 1024 * 1024;

interface Middle {
  readonly SOPInstanceUID: string;
  readonly TransferSyntaxUID: string;
  readonly key: string;
  readonly offset: number;
  readonly pixelOffset: number;
  /** -1 when encapsulated. */
  readonly pixelLength: number;
  readonly numberOfFrames: number | null;
  readonly frames: Buffer | null;
  /** Of the series. */
  readonly generation: number;
}

export const thumbnail: Job = {
  name: 'thumbnail',
  on: 'InstanceStored',
  limits: { atOnce: 2, attempts: 3, timeoutMs: 60_000 },

  async run(series, { database, storage, store, log }, signal) {
    const middle = await middleInstance(database, series, store);
    // Nothing to see in it: a report, a presentation state, or no instance any more.
    if (!middle) return;
    let bytes: Buffer;
    try {
      bytes = await render(middle, storage);
    } catch (error) {
      if (!(error instanceof CannotShow)) throw error;
      // No failure: it is done as far as it can be, until the next instance comes.
      const { SOPInstanceUID, TransferSyntaxUID } = middle;
      log.info({ job: 'thumbnail', SOPInstanceUID, TransferSyntaxUID, reason: error.message }, 'no thumbnail');
      return;
    }
    signal.throwIfAborted();
    const key = objectKey('d', new Date());
    await put(storage, key, bytes);
    const { kept, replaced } = await replaceDerived(database, {
      series,
      kind: 'thumbnail',
      generation: middle.generation,
      store,
      key,
      length: bytes.length,
      mediaType: thumbnailMediaType,
      digest: createHash('sha256').update(bytes).digest(),
    });
    if (!kept) await storage.remove(key);
    if (replaced?.store === store) await storage.remove(replaced.key);
  },
};

/** Of the instances with pixels that lie in this store, the one in the middle by Instance Number. */
async function middleInstance(database: Database, series: number, store: number): Promise<Middle | undefined> {
  const { rows } = await database.pool.query<Middle>(
    `WITH shown AS (
       SELECT id, instance_number FROM index.readable_instances(NULL)
       WHERE series = $1 AND store = $2 AND pixel_offset IS NOT NULL)
     SELECT i.sop_instance_uid AS "SOPInstanceUID", t.uid AS "TransferSyntaxUID", i.key, i."offset",
       i.pixel_offset AS "pixelOffset", i.pixel_length AS "pixelLength", i.number_of_frames AS "numberOfFrames",
       i.frames, e.generation
     FROM index.instance i
     JOIN index.known_uid t ON t.id = i.transfer_syntax
     JOIN index.series e ON e.id = i.series
     WHERE i.id = (SELECT id FROM shown ORDER BY instance_number NULLS LAST, id
       OFFSET (SELECT count(*) / 2 FROM shown) LIMIT 1)`,
    [series, store],
  );
  return rows[0];
}

async function render(middle: Middle, storage: Storage): Promise<Buffer> {
  const syntax = transferSyntaxes.get(middle.TransferSyntaxUID);
  if (!syntax || syntax.deflated) throw new CannotShow('transfer syntax');
  const head = storage.readStream(middle.key, { offset: middle.offset, length: middle.pixelOffset });
  const description = describeFrame(
    await parseDataset(head, syntax, { ...limits.dataset, inflatedBytes: limits.dataset.attributeBytes }),
  );
  const frame = Math.floor(Math.max(1, middle.numberOfFrames ?? 1) / 2);
  if (!syntax.encapsulated) {
    return thumbnailOfFrame(await readNative(storage, middle, description, frame), description);
  }
  if (syntax.mediaType !== 'image/jpeg' || !syntax.lossy) throw new CannotShow('transfer syntax');
  return thumbnailOfJpeg(await readFragments(storage, middle, frame), description.photometricInterpretation);
}

function readNative(storage: Storage, middle: Middle, description: FrameDescription, frame: number): Promise<Buffer> {
  const length = frameBytes(description);
  if (
    !(length > 0) ||
    !Number.isInteger(length) ||
    length > frameBytesLimit ||
    (frame + 1) * length > middle.pixelLength
  ) {
    throw new CannotShow(`frame ${frame + 1} of ${length} bytes in ${middle.pixelLength} bytes of Pixel Data`);
  }
  return storage.readRange(middle.key, middle.offset + middle.pixelOffset + frame * length, length);
}

async function readFragments(storage: Storage, middle: Middle, frame: number): Promise<Buffer> {
  const ranges = middle.frames ? frameRanges(decodeFrameTable(middle.frames), frame) : [];
  const length = ranges.reduce((sum, range) => sum + range.length, 0);
  if (length === 0 || length > frameBytesLimit)
    throw new CannotShow(`frame ${frame + 1} of ${length} bytes in fragments`);
  const parts: Buffer[] = [];
  for (const range of ranges)
    parts.push(await storage.readRange(middle.key, middle.offset + range.offset, range.length));
  return Buffer.concat(parts);
}

async function put(storage: Storage, key: string, bytes: Buffer): Promise<void> {
  const object = await storage.begin(key);
  try {
    await object.write(bytes);
    await object.commit();
  } catch (error) {
    await object.abort();
    throw error;
  }
}
