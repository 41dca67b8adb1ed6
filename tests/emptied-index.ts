/**
 * A database with a writer of instances, emptied before each test. To be called at the top of a test file; it puts up and takes
 * down by vitest's hooks.
 */
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Database } from '#index/database.ts';
import { InstanceWriter } from '#index/write.ts';
import { startTestDatabase, type TestDatabase } from './test-database.ts';

const ofStudies = ['index.patient', 'index.study', 'index.series', 'index.instance', 'index.owed'];

/** @param tables  what is emptied beside studies and what is in them */
export function emptiedIndex(tables: readonly string[]) {
  let running: TestDatabase;
  let writer: InstanceWriter;
  const database = (): Database => running.database;

  beforeAll(async () => {
    running = await startTestDatabase();
    writer = new InstanceWriter(running.url);
  });
  afterAll(async () => {
    await writer[Symbol.asyncDispose]();
    await running[Symbol.asyncDispose]();
  });
  beforeEach(() => database().pool.query(`TRUNCATE ${[...ofStudies, ...tables].join(', ')} CASCADE`));

  return { database, write: (...written: Parameters<InstanceWriter['write']>) => writer.write(...written) };
}
