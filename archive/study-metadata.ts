/**
 * The metadata of a study, series by series. Of some that stand in the archive there are thousands of one image each: asked for
 * one after the other, a few milliseconds each, they take longer than anybody waits.
 */
import { LostInstances, metadataOf, seriesMetadata } from '#archive/series-metadata.ts';
import type { MetadataKeeper, MetadataParts } from '#archive/series-metadata.ts';
import { findInstancesOfSeries } from '#index/series.ts';
import type { SeriesRow } from '#index/series.ts';

/** So many come one by one, and what is made of each is kept. */
const fewSeries = 32;
/** Of more those are small whose instances are read and written as quickly as what was made of them is unpacked. */
const smallInstances = 4;
const smallBytes = 16 * 1024;
const seriesTogether = 64;

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
    const pieces = portion.length > 1 ? together(portion, parts, lost) : seriesMetadata(first, keeper, parts, lost);
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

/** In the same order: each alone, or, where they are many, the small ones together that follow each other. */
function* portionsOf(series: readonly SeriesRow[]): Generator<SeriesRow[]> {
  let small: SeriesRow[] = [];
  for (const each of series) {
    const isSmall = series.length > fewSeries && isSmallSeries(each);
    if (small.length > 0 && (!isSmall || small.length >= seriesTogether)) {
      yield small;
      small = [];
    }
    if (isSmall) small.push(each);
    else yield [each];
  }
  if (small.length > 0) yield small;
}

function isSmallSeries({ number_of_instances, derived }: SeriesRow): boolean {
  return number_of_instances <= smallInstances && (derived === null || derived.length <= smallBytes);
}

/** The same of several series. Of what is made nothing is kept: that costs more than to make it. */
async function* together(
  series: readonly SeriesRow[],
  parts: MetadataParts,
  lost: LostInstances,
): AsyncGenerator<string> {
  const ids = series.map(({ id }) => id);
  yield* metadataOf(await findInstancesOfSeries(parts.database, ids), parts, lost);
}
