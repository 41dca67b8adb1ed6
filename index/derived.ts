/**
 * Objects computed from a series: where the newest one of each kind lies.
 */
import type { Database } from './database.ts';
import { inTransaction } from './transaction.ts';

export interface Derived {
  /** Surrogate key of the series. */
  readonly series: number;
  readonly kind: 'thumbnail' | 'series-metadata';
  /** Of the series, as it was when the object was made. */
  readonly generation: number;
  readonly store: number;
  readonly key: string;
  readonly length: number;
  readonly mediaType: string;
  /** SHA-256. */
  readonly digest: Buffer;
}

export interface Replaced {
  /** The object of the same store that the row named before, for the caller to remove. */
  readonly replaced: string | undefined;
  /** False when the series is gone, or a newer object is there already: the new object has no row. */
  readonly kept: boolean;
}

/** Lets the row name a new object, unless it names one of a later generation. */
export async function replaceDerived({ pool }: Database, derived: Derived): Promise<Replaced> {
  const { series, kind, generation, store, key, length, mediaType, digest } = derived;
  return inTransaction(pool, async (client) => {
    const found = await client.query('SELECT FROM index.series WHERE id = $1 FOR KEY SHARE', [series]);
    const before = await client.query(
      'SELECT store, key, generation FROM index.derived WHERE series = $1 AND kind = $2 FOR UPDATE',
      [series, kind],
    );
    const old = before.rows[0] as { store: number; key: string; generation: number } | undefined;
    const kept = found.rowCount === 1 && (old === undefined || old.generation <= generation);
    if (kept) {
      await client.query(
        `INSERT INTO index.derived (series, kind, generation, store, key, length, media_type, digest)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (series, kind) DO UPDATE SET generation = excluded.generation, store = excluded.store,
           key = excluded.key, length = excluded.length, media_type = excluded.media_type,
           digest = excluded.digest, made_at = now()`,
        [series, kind, generation, store, key, length, mediaType, digest],
      );
    }
    return { kept, replaced: kept && old?.store === store ? old.key : undefined };
  });
}
