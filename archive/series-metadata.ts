/**
 * The metadata of series as this archive gives them out: from the object that was computed of the series' present
 * generation, else from the heads of its instances; then what was just made is kept, whether a worker runs or not.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Caller } from '#access/caller.ts';
import { recordAccess } from '#access/record.ts';
import {
  seriesMetadataJson,
  packSeriesMetadata,
  placeOfEncoding,
  readSeriesMetadataHead,
  seriesMetadataHeadBytes,
  seriesMetadataMediaType,
} from '#derive/series-metadata.ts';
import type { MetadataSource, SeriesMetadataHead } from '#derive/series-metadata.ts';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { replaceDerived } from '#index/derived.ts';
import type { InstanceRow, Selection } from '#index/instances.ts';
import { findSeries, findSeriesInstances } from '#index/series.ts';
import type { SeriesInstanceRow, SeriesRow } from '#index/series.ts';
import { WaitingHeads } from '#index/waiting-heads.ts';
import { limits } from '#settings/limits.ts';
import { keepNamed } from '#storage/keep-whole.ts';
import { objectKey } from '#storage/keys.ts';
import { isUnreadable } from '#storage/storage.ts';
import { Problem } from './problems.ts';
import { requireRight } from './require-right.ts';
import { bytesOf } from './retrieve.ts';
import type { RetrieveParts } from './retrieve.ts';
import { scopeUids } from './search.ts';

export interface MetadataParts extends RetrieveParts {
  /** The number that rows carry for `storage`. */
  readonly store: number;
  /** Base of the addresses in the answers. */
  readonly baseUrl: string;
}

/** An object that was computed of the series as it is now. */
export interface BuiltMetadata {
  readonly key: string;
  readonly head: SeriesMetadataHead;
  readonly digest: Buffer;
  /** All of it, when it is short. */
  readonly bytes: Buffer | undefined;
}

const { seriesMetadataHeldBytes, seriesMetadataHeldAtOnce } = limits.http;
/** An object up to this length is read at once. */
const readAtOnceBytes = 256 * 1024;

/** The series of a study, or one of them. @throws Problem noSuchInstance when there is none that this caller may see */
export async function retrieveSeries(
  selection: Omit<Selection, 'SOPInstanceUID'>,
  caller: Caller,
  { database, log }: MetadataParts,
): Promise<SeriesRow[]> {
  requireRight('read', caller, log);
  const series = await findSeries(database, selection, 'series-metadata', scopeUids(caller));
  const count = series.reduce((sum, each) => sum + each.number_of_instances, 0);
  recordAccess(log, { caller, action: 'retrieve', ...selection, count });
  if (series.length === 0) throw new Problem('noSuchInstance', 'no such study or series');
  return series;
}

/** Undefined when there is none yet, and for one with other addresses in it than ours. */
export async function builtMetadata(
  { derived }: SeriesRow,
  { storage, baseUrl }: MetadataParts,
): Promise<BuiltMetadata | undefined> {
  if (!derived) return undefined;
  const { key, length, digest } = derived;
  try {
    const isShort = length <= readAtOnceBytes;
    const bytes = await storage.readRange(key, 0, isShort ? length : seriesMetadataHeadBytes);
    const head = readSeriesMetadataHead(bytes, baseUrl);
    return head && { key, head, digest, bytes: isShort ? bytes : undefined };
  } catch (error) {
    // A newer one may have taken its place this very moment; or somebody has emptied d/, as they may. A damaged one is
    // no loss either: it is made anew.
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

/** One of its two encodings, as it lies there. */
export function encodedMetadata(
  { key, head, bytes }: BuiltMetadata,
  encoding: 'br' | 'gzip',
  { storage }: MetadataParts,
): Buffer | AsyncIterable<Uint8Array> {
  const place = placeOfEncoding(head, encoding);
  if (bytes) return bytes.subarray(place.offset, place.offset + place.length);
  return storage.readStream(key, place);
}

/** Of instances in reading order, of however many series: the JSON array in pieces, without its brackets. */
export function metadataOf(
  rows: readonly SeriesInstanceRow[],
  parts: MetadataParts,
  lost: LostInstances,
): AsyncGenerator<string> {
  const heads = new WaitingHeads(parts.database, rows);
  return seriesMetadataJson(rows, { ...sourceOf(parts, lost), headOf: (row: InstanceRow) => heads.of(row) });
}

/** @param lost  those of all that is asked for. The JSON array of a series, in pieces, without its brackets. */
export async function* seriesMetadata(
  series: SeriesRow,
  keeper: MetadataKeeper,
  parts: MetadataParts,
  lost: LostInstances,
): AsyncGenerator<Buffer> {
  const built = await builtMetadata(series, parts);
  if (built) {
    const zipped = encodedMetadata(built, 'gzip', parts);
    yield* withoutBrackets(Readable.from(Buffer.isBuffer(zipped) ? [zipped] : zipped).compose(createGunzip()));
    return;
  }
  const rows = await findSeriesInstances(parts.database, series.id);
  using held = keeper.begin(series.id);
  const lostBefore = lost.count;
  for await (const text of metadataOf(rows, parts, lost)) {
    const piece = Buffer.from(text, 'utf8');
    held?.add(piece);
    yield piece;
  }
  // What is lost may come back.
  if (lost.count === lostBefore) held?.end(rows);
}

/** Of an answer: one instance that is lost hides no other; where all are, something else is wrong than an image. */
export class LostInstances {
  count = 0;
  readonly #all: number;

  /** @param all  instances that are asked for */
  constructor(all: number) {
    this.#all = all;
  }

  /** @returns whether there may be others */
  add(): boolean {
    return ++this.count < this.#all;
  }
}

/** @param lost  counts what is lost, of which the UIDs are given then; without it an answer fails with it */
export function sourceOf({ storage, log, baseUrl }: MetadataParts, lost?: LostInstances): MetadataSource<InstanceRow> {
  return {
    baseUrl,
    bytesOf: (row) => bytesOf({ row }, storage),
    onUnreadable({ sop_instance_uid: SOPInstanceUID }: InstanceRow, error: unknown) {
      if (lost && isUnreadable(error)) {
        log.error({ SOPInstanceUID, err: error }, 'metadata of an instance that is lost');
        return lost.add();
      }
      if (!(error instanceof BadDataset)) return false;
      log.warn({ SOPInstanceUID, reason: error.message }, 'metadata of an instance that cannot be read');
      return true;
    },
  };
}

async function* withoutBrackets(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let last: Buffer | undefined;
  for await (const piece of pieces) {
    if (last) yield last;
    last = last ? piece : piece.subarray(1);
  }
  if (last) yield last.subarray(0, -1);
}

/** The pieces of one answer. Nothing of them is kept where they are let go before their end. */
interface Held extends Disposable {
  add(piece: Buffer): void;
  end(rows: readonly SeriesInstanceRow[]): void;
}

/** Keeps what an answer was made of as the series' object, behind the answer's back: nobody waits, and a failure is no failure. */
export class MetadataKeeper {
  readonly #parts: MetadataParts;
  readonly #underWay = new Set<number>();

  constructor(parts: MetadataParts) {
    this.#parts = parts;
  }

  /** @returns undefined when another answer does it already, or too many do */
  begin(series: number): Held | undefined {
    if (this.#underWay.has(series) || this.#underWay.size >= seriesMetadataHeldAtOnce) return undefined;
    this.#underWay.add(series);
    let pieces: Buffer[] = [];
    let bytes = 0;
    let isBeingKept = false;
    return {
      add: (piece) => {
        bytes += piece.length;
        if (bytes <= seriesMetadataHeldBytes) pieces.push(piece);
        else pieces = [];
      },
      end: (rows) => {
        const [first] = rows;
        if (!first || bytes > seriesMetadataHeldBytes) return;
        isBeingKept = true;
        void this.#keep(series, first.generation, pieces)
          .catch((err: unknown) => this.#parts.log.warn({ err }, 'series metadata were not kept'))
          .finally(() => this.#underWay.delete(series));
      },
      [Symbol.dispose]: () => {
        if (!isBeingKept) this.#underWay.delete(series);
      },
    };
  }

  async #keep(series: number, generation: number, pieces: readonly Buffer[]): Promise<void> {
    const { storage, store, database, baseUrl } = this.#parts;
    const bytes = await packSeriesMetadata([Buffer.from('['), ...pieces, Buffer.from(']')], { baseUrl });
    const key = objectKey('d', new Date());
    const digest = createHash('sha256').update(bytes).digest();
    const made = { series, kind: 'series-metadata', generation, mediaType: seriesMetadataMediaType } as const;
    const row = { ...made, store, key, length: bytes.length, digest };
    await keepNamed(storage, key, bytes, () => replaceDerived(database, row));
  }
}
