import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Peer } from '#dicom/dimse/service.ts';
import { storeNumber } from '#index/objects.ts';
import { limits } from '#settings/limits.ts';
import { openStorage, type Storage } from '#storage/storage.ts';
import { secondaryCapture } from '#tests/dataset-bytes.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { addCommitment } from '#workflow/commitments.ts';
import { openCommitmentReports } from './commitment-reports.ts';

const { requestsAtOnce, referencesAtOnce } = limits.commitment;

let directory: string;
let postgres: TestDatabase;
let storage: Storage;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-commitments-'));
  postgres = await startTestDatabase();
  storage = await openStorage(pathToFileURL(join(directory, 'objects')).href, { spoolDir: directory });
});
afterAll(async () => {
  await storage[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

/** It asked, and is gone: the report goes to where it listens. */
const gone: Peer = {
  contexts: new Map(),
  otherwise: new Set(),
  invocations: 1,
  isOver: true,
  isFlushed: true,
  invoke: () => Promise.reject(new Error('nothing is asked of it')),
};

let transactions = 0;

/** Begins requests one after the other, each with so many references, of which none comes to its end; `workedOn` are to be worked on. */
async function begin(all: readonly number[], workedOn: number): Promise<void> {
  const { database } = postgres;
  const held = Promise.withResolvers<undefined>();
  let reported = 0;
  await using reports = openCommitmentReports({
    database,
    storage,
    store: await storeNumber(database, 'file:test'),
    aeTitle: 'LIGHTBOX',
    callback() {
      reported++;
      return held.promise;
    },
    log: pino({ level: 'silent' }),
  });
  for (const references of all) {
    const transactionUID = `2.25.${++transactions}`;
    const requested = Array.from({ length: references }, (_, at) => ({
      sopClassUID: secondaryCapture,
      sopInstanceUID: `2.25.${transactions}.${at}`,
    }));
    const asked = { transactionUID, requested, callingAETitle: 'CT1', device: undefined, address: '127.0.0.1' };
    // Nobody else takes it up meanwhile.
    const added = await addCommitment(database, asked, { leaseSeconds: 3_600, duplicateReason: 0x0131 });
    if (added) reports.begin(added, gone);
  }
  await expect.poll(() => reported, { timeout: 60_000 }).toBe(workedOn);
  const { rows } = await database.pool.query(`SELECT FROM site.commitment WHERE state = 'checking'`);
  expect(rows).toHaveLength(all.length - workedOn);
  held.resolve(undefined);
  await database.pool.query('DELETE FROM site.commitment');
}

test('of requests that come faster than they are answered some are worked on, and the others are kept for later', async () => {
  await begin(Array<number>(requestsAtOnce + 5).fill(1), requestsAtOnce);
});

test('so it is with few that name very many instances', async () => {
  await begin([referencesAtOnce / 2, referencesAtOnce, 1, 1], 2);
});
