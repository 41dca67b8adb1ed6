/**
 * What tests of the ingest begin with: its parts over a PostgreSQL and a directory of their own, both empty before each test. To be
 * called at the top of a test file; it puts up and takes down by vitest's hooks.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Caller } from '#access/caller.ts';
import { PixelPool } from '#derive/pixel-pool.ts';
import { uid } from '#dicom/data/uid.ts';
import { storeNumber } from '#index/objects.ts';
import { InstanceWriter } from '#index/write.ts';
import { limits } from '#settings/limits.ts';
import { openStorage } from '#storage/storage.ts';
import { inPieces } from '#tests/corpus.ts';
import { startTestDatabase } from '#tests/test-database.ts';
import type { Arrival } from './ingest.ts';
import type { IngestParts } from './settle.ts';
import { TakeBacks } from './take-backs.ts';

export const modality: Caller = {
  kind: 'device',
  name: 'CT1',
  rights: new Set(['store']),
  scope: { studies: 'all' },
  address: '10.0.0.5',
};

/** A data set in Explicit VR Little Endian as `modality` sends it. */
export function arrival(dataset: Buffer, more: Partial<Arrival> = {}): Arrival {
  return {
    transferSyntaxUID: uid('1.2.840.10008.1.2.1'),
    dataset: inPieces(dataset, 100),
    announced: {},
    door: 'C-STORE',
    callingAETitle: 'CT1',
    ...more,
  };
}

const ofStudies = ['index.patient', 'index.study', 'index.series', 'index.instance', 'index.owed'];

/** @param tables  what is emptied beside studies and what is in them */
export function emptyIngest(tables: readonly string[] = []) {
  const open = new AsyncDisposableStack();
  let parts: IngestParts;
  let directory: string;

  beforeAll(async () => {
    const running = open.use(await startTestDatabase());
    directory = await mkdtemp(join(tmpdir(), 'lightbox-ingest-'));
    open.defer(() => rm(directory, { recursive: true, force: true }));
    const options = { spoolDir: `${directory}/spool`, reserveBytes: 0 };
    const storage = open.use(await openStorage(`file://${directory}/objects`, options));
    const { database } = running;
    const log = pino({ level: 'silent' });
    parts = {
      storage,
      store: await storeNumber(database, 'file:test'),
      writer: open.use(new InstanceWriter(running.url)),
      database,
      pixels: open.use(new PixelPool(limits.pixels)),
      takeBacks: open.use(new TakeBacks({ database, log })),
      log,
    };
  });
  afterAll(() => open.disposeAsync());
  beforeEach(async () => {
    await parts.database.pool.query(`TRUNCATE ${[...ofStudies, ...tables].join(', ')} CASCADE`);
    for (const key of await objects()) await parts.storage.remove(key);
  });

  async function objects(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of parts.storage.list('i/')) keys.push(key);
    return keys;
  }

  return {
    parts: () => parts,
    /** Keys of all instances that are kept. */
    objects,
    /** Where an object lies. */
    pathOf: (key: string) => join(directory, 'objects', key),
    rows: async <T extends object>(text: string): Promise<T[]> => (await parts.database.pool.query<T>(text)).rows,
  };
}
