import { expect, test } from 'vitest';

import { postgresArguments } from './postgres-options.ts';

const syncMethodOn = (platform: NodeJS.Platform): string[] =>
  postgresArguments('/data/postgres', { port: 5432 }, platform).filter((each) => each.startsWith('wal_sync_method='));

test('no cache of a disk keeps what is acknowledged, where the choice of PostgreSQL itself would leave it in one', () => {
  expect(syncMethodOn('darwin')).toEqual(['wal_sync_method=fsync_writethrough']);
  expect(syncMethodOn('win32')).toEqual(['wal_sync_method=fsync']);
  expect(syncMethodOn('linux')).toEqual([]);
});
