import pg from 'pg';
import { expect, test } from 'vitest';

import { isDiskFull } from './disk-room.ts';

/** As PostgreSQL says it. */
const said = (code: string, message: string) => Object.assign(new pg.DatabaseError(message, 0, 'error'), { code });

test('a disk without room is known by what each version of PostgreSQL says of it', () => {
  expect(isDiskFull(said('53100', 'could not extend file "base/5/16402": No space left on device'))).toBe(true);
  expect(isDiskFull(said('53100', 'could not write init file: No space left on device'))).toBe(true);
  expect(isDiskFull(said('XX000', 'could not write init file'))).toBe(true);
  expect(isDiskFull(said('XX000', 'cache lookup failed for relation 16402'))).toBe(false);
  expect(isDiskFull(new Error('could not write init file'))).toBe(false);
});
