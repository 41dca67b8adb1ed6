import { expect, test } from 'vitest';
import { startTestDatabase } from '#tests/test-database.ts';
import { Holder, isHolderGone } from './holder.ts';

test.each([
  { ago: '1 hour', gone: true, when: 'long ago' },
  { ago: '1 second', gone: false, when: 'just now, so that those who live still have to come back' },
  { ago: '-1 day', gone: true, when: 'before the clock was set back' },
])(
  'a number that nobody holds, where PostgreSQL was started $when: is its holder gone? $gone',
  async ({ ago, gone }) => {
    await using postgres = await startTestDatabase();
    await using holder = new Holder(postgres.database.pool);
    const held = await holder.held();
    const client = await postgres.database.pool.connect();
    try {
      // Found before the one of PostgreSQL, which cannot be told when it started.
      await client.query(`CREATE SCHEMA started; SET search_path = started, pg_catalog;
      CREATE FUNCTION started.pg_postmaster_start_time() RETURNS timestamptz LANGUAGE sql
        RETURN now() - interval '${ago}'`);
      const { rows } = await client.query<{ gone: boolean }>(
        `SELECT ${isHolderGone('number')} AS gone FROM unnest($1::bigint[]) WITH ORDINALITY AS n (number, at) ORDER BY at`,
        [[held, held + 1, null]],
      );
      expect(rows).toEqual([{ gone: false }, { gone }, { gone: false }]);
    } finally {
      client.release(true);
    }
  },
);
