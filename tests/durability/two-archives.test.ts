/**
 * Sends with two archives on one database, each a process group of its own (docs/decisions/0020): what the one that is killed
 * was sending, the other goes on with at once.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDestination, type TestDestination } from '#archive/scp/test-destination.ts';
import { smallInstance } from '../dataset-bytes.ts';
import { killAll, type RunningLightbox, startLightbox } from '../running-lightbox.ts';
import { startTestDatabase, type TestDatabase } from '../test-database.ts';
import { adminPassword, authorization, cStore, connectModality } from './store-client.ts';

const study = '7.11';
const instances = Array.from({ length: 60 }, (_, at) => `${study}.1.${at + 1}`);
/** So many C-STOREs of the first archive are answered; the next one never is. */
const answered = 40;

const open = new AsyncDisposableStack();
let directory: string;
let postgres: TestDatabase;
let destination: TestDestination;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-two-archives-'));
  open.defer(() => rm(directory, { recursive: true, force: true }));
  postgres = open.use(await startTestDatabase());
  destination = open.use(
    await openDestination({
      aeTitle: 'DEST',
      answer: (at) => (at === answered ? new Promise<never>(() => {}) : { status: 0 }),
    }),
  );
});
afterAll(() => open.disposeAsync());

async function start(name: string): Promise<RunningLightbox> {
  const dataDir = join(directory, name);
  await mkdir(dataDir);
  const settings = {
    ROLES: 'archive',
    DATABASE_URL: postgres.url,
    STORAGE_URL: pathToFileURL(join(directory, 'objects')).href,
    ADMIN_PASSWORD: adminPassword,
    DEVICES: `DEST@127.0.0.1:${destination.port}`,
  };
  return open.use(await startLightbox({ dataDir, settings }));
}

async function send(): Promise<{ state: string; run: string; sent: number }> {
  const { rows } = await postgres.database.pool.query('SELECT state, run, sent FROM site.send');
  return rows[0];
}

test('what an archive was sending when it was killed with -9, the other one sends to its end at once, and little of it twice', async () => {
  const first = await start('first');
  const modality = await connectModality(first.dicom);
  for (const instance of instances) {
    const dataset = smallInstance({ study, series: `${study}.1`, instance });
    expect(await cStore(modality, { instance, dataset })).toBe(0);
  }
  await modality.release();
  const headers = { authorization, 'content-type': 'application/json' };
  const ask = async (path: string, body?: object) =>
    (await fetch(`${first.address}api${path}`, {
      headers,
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    })) as Response;
  const { devices } = (await (await ask('/devices')).json()) as { devices: { id: number }[] };
  expect((await ask('/sends', { StudyInstanceUID: study, device: devices[0]!.id })).status).toBe(201);
  await expect.poll(send).toMatchObject({ state: 'running', sent: answered });
  const { run } = await send();

  const second = await start('second');
  // Both say that they live: the second one has looked what is due, and has left this to the first.
  const living = `SELECT count(*)::integer AS archives FROM pg_locks WHERE locktype = 'advisory' AND classid = 424201`;
  await expect.poll(async () => (await postgres.database.pool.query(living)).rows).toEqual([{ archives: 2 }]);
  expect(await send()).toMatchObject({ state: 'running', run, sent: answered });

  await killAll(join(directory, 'first'));
  await first.ended;
  // Not by the lease, which lasts longer than any test from now on.
  await postgres.database.pool.query("UPDATE site.send SET run_until = now() + interval '1 hour' WHERE run = $1", [
    run,
  ]);
  await expect.poll(send).toMatchObject({ state: 'done', sent: instances.length });
  const received = destination.received.map(({ sopInstanceUID }) => sopInstanceUID);
  expect([...new Set(received)].sort()).toEqual(instances.toSorted());
  // Twice came only what was not answered.
  expect(received.length).toBe(instances.length + 1);
  expect((await fetch(`${second.address}health/ready`)).status).toBe(200);
});
