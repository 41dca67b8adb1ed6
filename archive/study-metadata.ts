/**
 * The metadata of a study, series by series. Of some that stand in the archive there are thousands of one image each: asked for
 * one after the other, a few milliseconds each, they take longer than anybody waits.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import {
  builtMetadata,
  encodedMetadata,
  LostInstances,
  metadataOf,
  readAtOnceBytes,
  seriesMetadata,
} from '#archive/series-metadata.ts';
import type { MetadataKeeper, MetadataParts } from '#archive/series-metadata.ts';
import { findInstancesOfSeries } from '#index/series.ts';
import type { SeriesRow } from '#index/series.ts';

/** So many come one by one, and what is made of each is kept. */
const fewSeries = 32;
/** What is read side by side of more. */
const seriesTogether = 64;
const instancesTogether = 64;

/** The JSON array of some series of a study, in pieces. @param series  in reading order */
export async function* studyMetadata(
  series: readonly SeriesRow[],
  keeper: MetadataKeeper,
  parts: MetadataParts,
): AsyncGenerator<Buffer | string> {
  const lost = new LostInstances(series.reduce((sum, each) => sum + each.number_of_instances, 0));
  yield '[';
  let isAny = false;
  for (const portion of portionsOf(series)) {
    const [first] = portion as [SeriesRow];
    const pieces = portion.length > 1 ? smallSeries(portion, parts, lost) : seriesMetadata(first, keeper, parts, lost);
    // A series may have lost all its instances, to a rejection note, since it was found.
    let isBegun = false;
    for await (const piece of pieces) {
      if (isAny && !isBegun) yield ',\n';
      isAny = isBegun = true;
      yield piece;
    }
  }
  yield ']';
}

/** In the same order: each alone where they are few, as many small ones together as are read side by side where they are many. */
function* portionsOf(series: readonly SeriesRow[]): Generator<SeriesRow[]> {
  let portion: SeriesRow[] = [];
  let instances = 0;
  let bytes = 0;
  for (const each of series) {
    instances += each.number_of_instances;
    bytes += each.derived?.length ?? 0;
    const isFull = portion.length >= seriesTogether || instances > instancesTogether || bytes > readAtOnceBytes;
    if (portion.length > 0 && (isFull || series.length <= fewSeries)) {
      yield portion;
      portion = [];
      instances = each.number_of_instances;
      bytes = each.derived?.length ?? 0;
    }
    portion.push(each);
  }
  if (portion.length > 0) yield portion;
}

/** The same of a portion of a study, read side by side. Of what is made nothing is kept: that costs more than to make it. */
async function* smallSeries(
  portion: readonly SeriesRow[],
  parts: MetadataParts,
  lost: LostInstances,
): AsyncGenerator<Buffer | string> {
  const built = await Promise.all(portion.map((each) => shortMetadata(each, parts)));
  if (built.every((text) => text !== undefined)) {
    const texts = built.filter((text) => text !== '');
    if (texts.length > 0) yield texts.join(',\n');
    return;
  }
  const ids = portion.map(({ id }) => id);
  yield* metadataOf(await findInstancesOfSeries(parts.database, ids), parts, lost);
}

/** Without its brackets; undefined where it was not made, or is too long to be read at once. */
async function shortMetadata(series: SeriesRow, parts: MetadataParts): Promise<string | undefined> {
  const built = await builtMetadata(series, parts);
  const zipped = built && encodedMetadata(built, 'gzip', parts);
  if (!Buffer.isBuffer(zipped)) return undefined;
  return (await promisify(gunzip)(zipped)).toString('utf8').slice(1, -1);
}
