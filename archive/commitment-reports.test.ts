import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storageCommitmentSOPClass } from '#dicom/data/sop-class.ts';
import type { Peer } from '#dicom/dimse/service.ts';
import { implicitLittleEndian } from '#dicom/syntax/native.ts';
import { storeNumber } from '#index/objects.ts';
import { limits } from '#settings/limits.ts';
import { openStorage, type Storage } from '#storage/storage.ts';
import { secondaryCapture } from '#tests/dataset-bytes.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { addCommitment } from '#workflow/commitments.ts';
import { type CommitmentReports, openCommitmentReports } from './commitment-reports.ts';

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

/** It waits on its association, and counts what it is told there. */
function waiting(): Peer & { told: number } {
  const context = { id: 1, abstractSyntax: storageCommitmentSOPClass, transferSyntax: implicitLittleEndian.uid };
  const peer = {
    ...gone,
    contexts: new Map([[1, { ...context, asSCU: false, asSCP: true }]]),
    isOver: false,
    told: 0,
    async invoke() {
      peer.told++;
      return { CommandField: 0x8100, CommandDataSetType: 0x0101, Status: 0 };
    },
  };
  return peer;
}

let transactions = 0;

interface Held extends AsyncDisposable {
  readonly reports: CommitmentReports;
  /** Requests that came to where it is to be found out where their device listens. */
  readonly held: number;
}

/** Reports of which none comes to its end, but on the association that was asked on. */
async function openHeld(): Promise<Held> {
  const { database } = postgres;
  const over = Promise.withResolvers<undefined>();
  let held = 0;
  const reports = openCommitmentReports({
    database,
    storage,
    store: await storeNumber(database, 'file:test'),
    aeTitle: 'LIGHTBOX',
    callback() {
      held++;
      return over.promise;
    },
    log: pino({ level: 'silent' }),
  });
  return {
    reports,
    get held() {
      return held;
    },
    async [Symbol.asyncDispose]() {
      over.resolve(undefined);
      await reports[Symbol.asyncDispose]();
      await database.pool.query('DELETE FROM site.commitment');
    },
  };
}

/** Asks for so many references; nobody takes it up but as it comes, for as long as the lease lasts. */
async function ask(reports: CommitmentReports, references: number, peer: Peer, leaseSeconds = 3_600): Promise<void> {
  const transactionUID = `2.25.${++transactions}`;
  const requested = Array.from({ length: references }, (_, at) => ({
    sopClassUID: secondaryCapture,
    sopInstanceUID: `2.25.${transactions}.${at}`,
  }));
  const asked = { transactionUID, requested, callingAETitle: 'CT1', device: undefined, address: '127.0.0.1' };
  const added = await addCommitment(postgres.database, asked, { leaseSeconds, duplicateReason: 0x0131 });
  if (added) reports.begin(added, peer);
}

/** Begins requests one after the other, each with so many references, of which none comes to its end; `workedOn` are to be worked on. */
async function begin(all: readonly number[], workedOn: number): Promise<void> {
  await using held = await openHeld();
  for (const references of all) await ask(held.reports, references, gone);
  await expect.poll(() => held.held, { timeout: 60_000 }).toBe(workedOn);
  const { rows } = await postgres.database.pool.query(`SELECT FROM site.commitment WHERE state = 'checking'`);
  expect(rows).toHaveLength(all.length - workedOn);
}

test('of requests that come faster than they are answered some are worked on, and the others are kept for later', async () => {
  await begin(Array<number>(requestsAtOnce + 5).fill(1), requestsAtOnce);
});

test('so it is with few that name very many instances', async () => {
  await begin([referencesAtOnce / 2, referencesAtOnce, 1, 1], 2);
});

test('what is left for later is told on the association that it was asked on, while that is open', async () => {
  await using held = await openHeld();
  await ask(held.reports, referencesAtOnce, gone);
  const [open, over] = [waiting(), waiting()];
  Object.assign(over, { isOver: true });
  for (const peer of [open, open, over]) await ask(held.reports, 1, peer, 2);
  await expect.poll(() => open.told).toBe(2);
  await expect.poll(() => held.held).toBe(2);
  expect(over.told).toBe(0);
});
