/**
 * How much comes in on a day, so that somebody can be told when the disk will be full while there is time to buy another.
 * Instances are numbered as they come, so that no index by time is needed: the number of a week ago is searched for, and of
 * what has come since a sample is weighed.
 */
import type { Database } from './database.ts';

const dayMs = 86_400_000;
/** Long enough for a Sunday, short enough for a new scanner to show. */
const days = 7;
const samples = 250;
const rowsInSample = 8;
/** A figure of days does not change within minutes, and the status page is asked for every few seconds. */
const rememberedMs = 600_000;

interface Numbered {
  readonly id: number;
  readonly at: Date;
}

/** @returns what asks for the bytes that are stored in a day, as in the last week; null while there is nothing to go by. Rejects when PostgreSQL is away. */
export function watchGrowth(database: Database): () => Promise<number | null> {
  let last: { readonly found: Promise<number | null>; readonly at: number } | undefined;
  return () => {
    if (last && performance.now() - last.at < rememberedMs) return last.found;
    const asked = { found: bytesADay(database), at: performance.now() };
    last = asked;
    asked.found.catch(() => {
      if (last === asked) last = undefined;
    });
    return asked.found;
  };
}

async function bytesADay({ pool }: Database): Promise<number | null> {
  const one = async (rest: string, ...values: number[]): Promise<Numbered | undefined> => {
    const sql = `SELECT id, received_at AS at FROM index.instance ${rest} LIMIT 1`;
    const [row] = (await pool.query<{ id: string; at: Date }>(sql, values)).rows;
    return row && { id: Number(row.id), at: row.at };
  };
  const [newest, oldest] = [await one('ORDER BY id DESC'), await one('ORDER BY id')];
  const since = Date.now() - days * dayMs;
  if (!newest || !oldest || newest.at.getTime() < since) return null;
  let first = oldest;
  if (oldest.at.getTime() < since) {
    first = newest;
    for (let [before, after] = [oldest.id, newest.id]; after - before > 1;) {
      const middle = Math.floor((before + after) / 2);
      const found = (await one('WHERE id >= $1 ORDER BY id', middle)) ?? newest;
      if (found.at.getTime() < since) before = found.id;
      else [first, after] = [found, middle];
    }
  }
  const numbers = newest.id - first.id + 1;
  const weighed = await pool.query<{ bytes: string; numbers: string }>(
    `SELECT coalesce(sum(bytes), 0) AS bytes, coalesce(sum(last - at + 1), 1) AS numbers
     FROM generate_series($1::bigint, $2::bigint, $3::bigint) AS at CROSS JOIN LATERAL (
       SELECT sum(length + "offset") AS bytes, max(id) AS last
       FROM (SELECT id, length, "offset" FROM index.instance WHERE id >= at AND id <= $2 ORDER BY id LIMIT $4) AS few
     ) AS sample`,
    [first.id, newest.id, Math.max(rowsInSample, Math.floor(numbers / samples)), rowsInSample],
  );
  const { bytes, numbers: looked } = weighed.rows[0] as { bytes: string; numbers: string };
  // Who began yesterday has no week yet; what came within one day is a day's.
  const span = Math.min(days, Math.max(1, (Date.now() - oldest.at.getTime()) / dayMs));
  return Math.round(((Number(bytes) / Number(looked)) * numbers) / span);
}
