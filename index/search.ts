/**
 * Searches the index and gives rows in batches: patients, studies, series or instances with what stands above them.
 * What may match little is found first and put in order then; all else is read in order until there is enough. Each batch is a
 * statement of its own: no transaction, no cursor and no connection is held while the reader of a long answer takes his time.
 */
import { limits } from '#settings/limits.ts';
import type { Level } from './attributes.ts';
import { cancellable } from './cancel.ts';
import type { Database } from './database.ts';
import { cleanKey } from './matching.ts';
import { keyName, levelsDownTo } from './query.ts';
import type { FoundRow, Match, Query, ScopeUids } from './query.ts';
import { orders } from './search-order.ts';
import { counting, finding, known, pages } from './search-statements.ts';
import { hasWildcard } from './wildcards.ts';

/**
 * Rows of the first batch; each later one has as many as have come before it, up to the largest. Each row of a name lies on a
 * page of its own, anywhere in ten years: who cancels after a screenful has had hardly more read for him.
 */
const firstBatch = 64;
const largestBatch = 1_024;
const nextBatch = (before: number): number => Math.min(Math.max(firstBatch, before), largestBatch);

/**
 * @param signal  ends the search: the statement that is running is cancelled
 * @throws BadKey, the signal's reason
 */
export async function* searchIndex(
  database: Database,
  query: Query,
  scope: ScopeUids,
  signal: AbortSignal,
): AsyncGenerator<FoundRow[], void, void> {
  const { limit = Infinity, offset = 0 } = query;
  const few = isGuesswork(query) ? await findFew(database, query, scope, signal) : undefined;
  if (few) yield* rowsOf(database, query, scope, few.ids.slice(offset, offset + limit), signal);
  else yield* rowsInOrder(database, query, scope, signal);
}

/** Goes through the order of the level from the newest on, until there are as many as are wanted. */
async function* rowsInOrder(
  database: Database,
  query: Query,
  scope: ScopeUids,
  signal: AbortSignal,
): AsyncGenerator<FoundRow[], void, void> {
  const page = pages(query, scope);
  let { limit: left = Infinity, offset = 0, after } = query;
  let isPutInOrder = isWithinOne(query);
  for (let before = 0; left > 0;) {
    // Each page would put all that the study holds in order anew. Where one page does not hold it, that is done once.
    if (isPutInOrder && (before > 0 || offset > 0)) {
      const behindThose = { ...query, limit: left, offset, ...(after && { after }) };
      const rest = await findFew(database, behindThose, scope, signal, mostWithinOne);
      if (rest) return yield* rowsOf(database, query, scope, rest.ids.slice(offset), signal);
      isPutInOrder = false;
    }
    const size = Math.min(left, nextBatch(before));
    const rows = await cancellable(database, page({ size, offset, after }), signal);
    if (rows.length > 0) yield rows;
    if (rows.length < size) return;
    left -= rows.length;
    before += rows.length;
    offset = 0;
    after = keysOf(rows.at(-1) as FoundRow, query.level);
  }
}

async function* rowsOf(
  database: Database,
  query: Query,
  scope: ScopeUids,
  ids: readonly number[],
  signal: AbortSignal,
): AsyncGenerator<FoundRow[], void, void> {
  for (let at = 0; at < ids.length;) {
    const these = ids.slice(at, at + nextBatch(at));
    at += these.length;
    const rows = await cancellable(database, known(query, scope, these), signal);
    if (rows.length > 0) yield rows;
  }
}

/** As many as one retrieval may ask for. */
const mostWithinOne = limits.retrieve.instances;

const containers = new Set(['StudyInstanceUID', 'SeriesInstanceUID']);

/** Whether the study or series is named whose series or instances are asked for. */
function isWithinOne({ level, matches }: Query): boolean {
  return matches.some(
    ({ attribute, value }) =>
      containers.has(attribute.keyword) &&
      attribute.level !== level &&
      levelsDownTo(level).includes(attribute.level) &&
      cleanKey(value) !== '',
  );
}

/** Keys whose number of matches is known well enough: few, found at once. */
const telling = new Set(['PatientID', 'AccessionNumber', 'ScheduledProcedureStepID', 'RequestedProcedureID']);

/**
 * Whether PostgreSQL can only guess how many match and how they lie in the order of dates: a word of a name, an old modality,
 * the beginning of a number. A wrong guess would read every study until a page is full.
 */
function isGuesswork({ level, matches, empty = [], text = '' }: Query): boolean {
  const depth = levelsDownTo(level);
  const asked = matches.filter(({ value }) => cleanKey(value) !== '');
  const isTold = asked.some(
    ({ attribute: { matching, keyword, level: at }, value }) =>
      depth.includes(at) &&
      ((matching === 'uid' && keyword !== 'SOPClassUID') || (telling.has(keyword) && !hasWildcard(value))),
  );
  // To count all studies that have a SOP class would read every instance, whatever else is asked.
  if ([...asked.map(({ attribute }) => attribute), ...empty].some(({ isDear }) => isDear)) return false;
  const isByDate = ({ attribute }: Match): boolean => /^study_(date|time)$/.test(attribute.column);
  return level !== 'patient' && !isTold && (cleanKey(text) !== '' || empty.length > 0 || !asked.every(isByDate));
}

/**
 * @returns how many match, and the keys of those up to the end of the page, in order; undefined when there are so many that a
 *   page is soon full
 */
async function findFew(
  database: Database,
  query: Query,
  scope: ScopeUids,
  signal: AbortSignal,
  most = limits.search.total + 1,
): Promise<{ readonly count: number; readonly ids: readonly number[] } | undefined> {
  const { limit = Infinity, offset = 0 } = query;
  const bounds = { most, wanted: offset + limit };
  const [row] = await cancellable(database, finding(query, scope, bounds), signal);
  return row?.ids ? { count: row.count, ids: row.ids } : undefined;
}

/** Where a row stands in the order of its level: what `after` takes. */
export function keysOf(row: FoundRow, level: Level): unknown[] {
  return orders[level].map((_, at) => row[keyName(at)]);
}

/**
 * A page with how many match in all, counted to one more than `limits.search.total`: what was found to make the page is not
 * looked for again to be counted.
 * @throws as `searchIndex`
 */
export async function searchAndCount(
  database: Database,
  query: Query,
  scope: ScopeUids,
  signal: AbortSignal,
): Promise<{ readonly rows: FoundRow[]; readonly count: number }> {
  const { limit = Infinity, offset = 0 } = query;
  if (!isGuesswork(query)) {
    const [rows, count] = await Promise.all([
      allRows(rowsInOrder(database, query, scope, signal)),
      countMatches(database, query, scope, limits.search.total + 1, signal),
    ]);
    return { rows, count };
  }
  const few = await findFew(database, query, scope, signal);
  const rows = few
    ? rowsOf(database, query, scope, few.ids.slice(offset, offset + limit), signal)
    : rowsInOrder(database, query, scope, signal);
  return { rows: await allRows(rows), count: few?.count ?? limits.search.total + 1 };
}

/** For an answer with a limit. */
export async function allRows(batches: AsyncIterable<FoundRow[]>): Promise<FoundRow[]> {
  const rows: FoundRow[] = [];
  for await (const batch of batches) rows.push(...batch);
  return rows;
}

/** How many match, counted up to `most`. @throws BadKey, the signal's reason */
export async function countMatches(
  database: Database,
  query: Query,
  scope: ScopeUids,
  most: number,
  signal: AbortSignal,
): Promise<number> {
  const [row] = await cancellable(database, counting(query, scope, most), signal);
  return row?.count ?? 0;
}
