import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { openDatabase } from '#index/database.ts';
import { smallInstance } from '../dataset-bytes.ts';
import { giveCluster } from '../cluster-template.ts';
import { killAll, startLightbox } from '../running-lightbox.ts';
import { leaveHalfStored } from './half-stored.ts';
import { adminPassword, connectModality, cStore, type Outgoing, stow } from './store-client.ts';
import { hasStrace, readTrace, straceCommand, type SystemCall } from './strace.ts';
import { acknowledgedTooEarly, type AcknowledgedStore, isLogSync, isObjectSync } from './sync-order.ts';

/** UIDs all of one length, so that none is the beginning of another. */
const words = /1\.2\.3\.77\.\d{6}|TCP_NODELAY/g;
let last = 100_000;

function outgoing(more: { instance?: string; pixels?: Buffer } = {}): Outgoing {
  const instance = more.instance ?? `1.2.3.77.${++last}`;
  return { instance, dataset: smallInstance({ study: '1.2.3.76', series: '1.2.3.76.1', ...more, instance }) };
}
const several = (count: number): Outgoing[] => Array.from({ length: count }, () => outgoing());

describe.skipIf(!hasStrace)('what strace sees of archive and PostgreSQL', () => {
  let dataDir: string;
  let calls: SystemCall[];
  let dimsePort: string;
  /** Acknowledged with everything as it is, and with a PostgreSQL that answers before its log is synced. */
  let stores: AcknowledgedStore[];
  let unsafeStores: AcknowledgedStore[];
  let halfStored: AcknowledgedStore;

  beforeAll(async () => {
    dataDir = await realpath(await mkdtemp(join(tmpdir(), 'lightbox-sync-order-')));
    const settings = { ADMIN_PASSWORD: adminPassword, ROLES: 'archive' };
    await giveCluster(dataDir);

    const trace = join(dataDir, 'trace');
    const lightbox = await startLightbox({ dataDir, settings, under: straceCommand(trace) });
    dimsePort = lightbox.dicom.split(':')[1]!;
    const run = JSON.parse(await readFile(join(dataDir, 'run.json'), 'utf8')) as { pid: number; databaseUrl: string };
    await using database = openDatabase(run.databaseUrl, { max: 1, applicationName: 'test' });
    const rows = async (sent: readonly Outgoing[]): Promise<AcknowledgedStore[]> => {
      const found = await database.pool.query<{ uid: string; key: string }>(
        'SELECT sop_instance_uid AS uid, key FROM index.instance WHERE sop_instance_uid = ANY ($1) AND version = 1',
        [sent.map(({ instance }) => instance)],
      );
      return found.rows.map(({ uid, key }) => ({ SOPInstanceUID: uid, objectPath: join(dataDir, 'objects', key) }));
    };

    const modality = await connectModality(lightbox.dicom);
    const store = async (sent: readonly Outgoing[], by = modality): Promise<void> => {
      for (const one of sent) expect(await cStore(by, one)).toBe(0);
    };
    const other = await connectModality(lightbox.dicom);
    const alone = several(5);
    await store(alone);
    const together = [several(10), several(10), several(4), several(4), several(1)] as const;
    const [first, second, ...requests] = together;
    await Promise.all([
      store(first),
      store(second, other),
      ...requests.map(async (sent) => {
        const answer = await stow(lightbox.address, sent);
        expect(answer.kept).toEqual(new Set(sent.map(({ instance }) => instance)));
      }),
    ]);
    const large = outgoing({ pixels: Buffer.alloc(3 * 1024 * 1024, 'a') });
    await store([large]);
    stores = await rows([...alone, ...together.flat(), large]);

    const left = outgoing();
    const path = await leaveHalfStored(left, {
      databaseUrl: run.databaseUrl,
      storageUrl: pathToFileURL(join(dataDir, 'objects')).href,
    });
    await store([left]);
    [halfStored] = (await rows([left])) as [AcknowledgedStore];
    expect(halfStored.objectPath).toBe(path);

    // PostgreSQL now answers first and syncs seconds later, in sessions that begin from here on.
    await database.pool.query('ALTER DATABASE lightbox SET synchronous_commit = off');
    await database.pool.query("ALTER SYSTEM SET wal_writer_delay = '10s'");
    await database.pool.query('SELECT pg_reload_conf()');
    await database.pool.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'lightbox%'",
    );
    const unsafe = several(10);
    await store(unsafe);
    unsafeStores = await rows(unsafe);

    await modality.release();
    await other.release();
    // strace itself ends when what it watches has ended.
    process.kill(run.pid, 'SIGTERM');
    await lightbox.ended;
    calls = await readTrace(trace, words);
  });

  afterAll(async () => {
    await killAll(dataDir);
    await rm(dataDir, { recursive: true, force: true });
  });

  test('an instance is acknowledged only after its object and its row have been synced, by C-STORE and by STOW-RS', () => {
    expect(stores).toHaveLength(35);
    expect(acknowledgedTooEarly(calls, stores)).toEqual([]);
  });

  test('the same instance again is acknowledged only after the copy that stays has been synced, whoever wrote that', () => {
    const { SOPInstanceUID, objectPath } = halfStored;
    const answer = calls.find(({ path, mentions }) => path.startsWith('TCP') && mentions.has(SOPInstanceUID));
    const synced = calls.find((call) => isObjectSync(call) && call.path === objectPath);
    expect(synced?.result).toBe(0);
    expect(synced?.ended).toBeLessThan(answer!.began);
  });

  test('an association waits for no full segment before it answers', () => {
    const told = calls.filter(
      ({ kind, path, mentions }) =>
        kind === 'option' && path.includes(`:${dimsePort}->`) && mentions.has('TCP_NODELAY'),
    );
    expect(told.length).toBeGreaterThanOrEqual(2);
    expect(told.every(({ result }) => result === 0)).toBe(true);
  });

  const without = (isSync: (call: SystemCall) => boolean) => calls.filter((call) => !isSync(call));
  /** As if the answer did not wait for it. */
  const late = (isSync: (call: SystemCall) => boolean) =>
    calls.map((call) => (isSync(call) ? { ...call, ended: Infinity } : call));

  test('the check notices when no object is synced, or only after the answer', () => {
    const expected = stores.map(
      ({ SOPInstanceUID }) => `${SOPInstanceUID}: its object was not synced before the answer`,
    );
    expect(acknowledgedTooEarly(without(isObjectSync), stores)).toEqual(expected);
    expect(acknowledgedTooEarly(late(isObjectSync), stores)).toEqual(expected);
  });

  test("the check notices when PostgreSQL's log is not synced, or only after the answer", () => {
    const expected = stores.map(({ SOPInstanceUID }) => `${SOPInstanceUID}: its row was not synced before the answer`);
    expect(acknowledgedTooEarly(without(isLogSync), stores)).toEqual(expected);
    expect(acknowledgedTooEarly(late(isLogSync), stores)).toEqual(expected);
  });

  test('the check notices a PostgreSQL with synchronous_commit off', () => {
    const noticed = acknowledgedTooEarly(calls, unsafeStores).filter((sentence) => /: its row was not/.test(sentence));
    // The log is synced now and then for other reasons: one of ten may be lucky.
    expect(noticed.length).toBeGreaterThanOrEqual(unsafeStores.length - 1);
    expect(unsafeStores).toHaveLength(10);
  });
});
