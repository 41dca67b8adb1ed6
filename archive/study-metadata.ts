/**
 * The metadata of a study, series by series. Of some that stand in the archive there are thousands of one image each: asked for
 * one after the other, a few milliseconds each, they take longer than anybody waits.
 */
import { weightOf } from '#derive/heavy-heads.ts';
import { findInstancesOfSeries } from '#index/series.ts';
import type { SeriesRow } from '#index/series.ts';
import { LostInstances, metadataOf, seriesMetadata } from './series-metadata.ts';
import type { MetadataKeeper, MetadataParts } from './series-metadata.ts';

/** So many come one by one, and what is made of each is kept. */
const fewSeries = 32;
/** Of more those are small whose instances are read and written as quickly as what was made of them is unpacked. */
const smallInstances = 4;
const smallBytes = 16 * 1024;
const seriesTogether = 64;
/** Of what is made of them before it is known that nothing of them is lost, in characters. */
const longestTogether = 1024 * 1024;

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
    for (const pieces of await arraysOf(portion, keeper, parts, lost)) {
      // A series may have lost all its instances, to a rejection note, since it was found.
      let isBegun = false;
      for await (const piece of pieces) {
        if (isAny && !isBegun) yield ',\n';
        isAny = isBegun = true;
        yield piece;
      }
    }
  }
  yield ']';
}

/** In the same order: each alone, or, where they are many, the small ones together that follow each other and have something made of them, or have not. */
function* portionsOf(series: readonly SeriesRow[]): Generator<SeriesRow[]> {
  let small: SeriesRow[] = [];
  for (const each of series) {
    const isSmall = series.length > fewSeries && isSmallSeries(each);
    const [first] = small;
    const isOther = !isSmall || (first?.derived === null) !== (each.derived === null);
    if (first && (isOther || small.length >= seriesTogether)) {
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

/**
 * The same of a portion, as one or several, each in pieces and without its brackets. Of small series nothing is kept: that costs
 * more than to make it. A series that has an instance of a large head is not small, which shows only here.
 */
async function arraysOf(
  portion: readonly SeriesRow[],
  keeper: MetadataKeeper,
  parts: MetadataParts,
  lost: LostInstances,
): Promise<(AsyncIterable<Buffer | string> | string[])[]> {
  const alone = (each: SeriesRow) => seriesMetadata(each, keeper, parts, lost);
  if (portion.length === 1) return portion.map(alone);
  const ids = portion.map(({ id }) => id);
  const instances = await findInstancesOfSeries(parts.database, ids);
  const heavy = new Set(instances.filter((row) => weightOf(row, row.transfer_syntax) > 0).map((row) => row.series));
  if (portion[0]?.derived && heavy.size === 0) {
    const missing = new LostInstances(Number.POSITIVE_INFINITY);
    const text: string[] = [];
    let length = 0;
    for await (const piece of metadataOf(instances, parts, missing)) {
      text.push(piece);
      length += piece.length;
      // What was made of a series knows more of an instance that is lost since than its UIDs; and much is not held.
      if (missing.count > 0 || length > longestTogether) return portion.map(alone);
    }
    return [text];
  }
  if (heavy.size === 0) return [metadataOf(instances, parts, lost)];
  return portion.map((each) =>
    heavy.has(each.id) || each.derived
      ? alone(each)
      : metadataOf(
          instances.filter((row) => row.series === each.id),
          parts,
          lost,
        ),
  );
}
