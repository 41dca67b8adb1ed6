import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { storeNumber } from '#index/objects.ts';
import { crSeries } from '#samples/cr.ts';
import { dicomFile } from '#samples/write.ts';
import type { FromProgram } from '#settings/process-channel.ts';
import { storageName } from '#storage/storage-name.ts';
import { openStorage } from '#storage/storage.ts';
import { openKeeper } from '#tests/keep-file.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

let directory: string;
let running: TestDatabase;
let child: ChildProcess | undefined;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-worker-main-'));
  running = await startTestDatabase();
});
afterEach(() => void child?.kill('SIGKILL'));
afterAll(async () => {
  await running[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function startMain(environment: Record<string, string>): Promise<FromProgram> {
  child = fork(fileURLToPath(new URL('main.ts', import.meta.url)), [], {
    env: { PATH: process.env['PATH'] ?? '', DATA_DIR: directory, ...environment },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const ended = once(child, 'exit').then(([status]) => Promise.reject(new Error(`it ended with status ${status}`)));
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [FromProgram];
  // From here on its end is awaited where it matters.
  ended.catch(() => {});
  return message;
}

test('the worker program makes thumbnails and metadata of what is stored, at low priority, and ends when it is told to', async () => {
  expect(await startMain({ DATABASE_URL: running.url })).toEqual({ type: 'ready', addresses: {} });
  expect(getPriority(child!.pid)).toBe(10);

  const url = pathToFileURL(join(directory, 'objects')).href;
  await using storage = await openStorage(url, { spoolDir: directory });
  await using keeper = openKeeper(running.url, storage, await storeNumber(running.database, storageName(url)));
  const [sample] = crSeries({ seed: 'main', number: 1 });
  await keeper.keep(dicomFile(sample!.attributes));
  const found = async () => (await running.database.pool.query('SELECT kind FROM index.derived ORDER BY kind')).rows;
  while ((await found()).length < 2) await once(child!, 'exit', { signal: AbortSignal.timeout(50) }).catch(() => {});
  expect(await found()).toEqual([{ kind: 'series-metadata' }, { kind: 'thumbnail' }]);

  const ended = once(child!, 'exit');
  child!.send({ type: 'stop' });
  expect(await ended).toEqual([0, null]);
});

test('the worker program ends when whoever started it is gone', async () => {
  await startMain({ DATABASE_URL: running.url });
  const ended = once(child!, 'exit');
  child!.disconnect();
  await ended;
});

test('without a database the worker program says which setting is missing', async () => {
  expect(await startMain({})).toMatchObject({ type: 'failed', message: expect.stringContaining('DATABASE_URL') });
});
