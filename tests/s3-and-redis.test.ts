/**
 * A Lightbox whose objects lie in a bucket and whose queue is on Redis, as on several machines: the same promises.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { openDatabase } from '#index/database.ts';
import { uidOf } from '#samples/seed.ts';

import { datasetOf, type Item, Ledger } from './durability/ledger.ts';
import { adminPassword, authorization, cStore, connectModality, stow } from './durability/store-client.ts';
import { verify } from './durability/verify.ts';
import { startRedis, withoutRedis } from './redis-server.ts';
import { killAll, type RunningLightbox, startLightbox, until } from './running-lightbox.ts';
import { s3StartMs, startS3Server, withoutS3 } from './s3-server.ts';

const missing = [withoutS3, withoutRedis].filter(Boolean).join('; ');
const study = uidOf('a study in a bucket');

describe.skipIf(missing)(`on S3 and Redis${missing && ` (${missing})`}`, () => {
  const opened = new AsyncDisposableStack();
  const ledger = new Ledger();
  let dataDir: string;
  let settings: Readonly<Record<string, string>>;
  let lightbox: RunningLightbox;

  beforeAll(async () => {
    const s3 = opened.use(await startS3Server());
    const redis = opened.use(await startRedis());
    dataDir = await mkdtemp(join(tmpdir(), 'lightbox-bucket-'));
    opened.defer(async () => {
      await killAll(dataDir);
      await rm(dataDir, { recursive: true });
    });
    // A bucket of its own: the server may be one that others use too.
    const bucket = s3.url.replace(/\/?(\?|$)/, `-${randomBytes(6).toString('hex')}$1`);
    settings = { ADMIN_PASSWORD: adminPassword, STORAGE_URL: bucket, REDIS_URL: redis.url };
    lightbox = await startLightbox({ dataDir, settings });
  }, s3StartMs);
  afterAll(() => opened.disposeAsync());

  function several(name: string): { item: Item; instance: string; dataset: Buffer }[] {
    return Array.from({ length: 6 }, (_, index) => {
      const instance = uidOf(`${name} ${index}`);
      // Some of one part, one of several.
      const pixelBytes = index === 0 ? 9_000_000 : 40_000;
      const item = { study, series: uidOf(name), instance, variant: 1, pixelBytes };
      return { item, instance, dataset: datasetOf(item) };
    });
  }

  async function expectAllIntact(): Promise<void> {
    const { databaseUrl } = JSON.parse(await readFile(join(dataDir, 'run.json'), 'utf8')) as { databaseUrl: string };
    await using database = openDatabase(databaseUrl, { max: 1, applicationName: 'test' });
    const site = { address: lightbox.address, database, objects: '' };
    expect(await verify(site, ledger, [study])).toEqual({ intact: ledger.acknowledged, faults: [] });
  }

  test('what both doors acknowledge is found and comes back as it was sent, and the spool is empty', async () => {
    const modality = await connectModality(lightbox.dicom);
    for (const { item, instance, dataset } of several('over DIMSE')) {
      const noted = ledger.sending(item, dataset);
      expect(await cStore(modality, { instance, dataset })).toBe(0);
      noted.acknowledged = true;
    }
    await modality.release();
    const sent = several('over HTTP');
    const noted = sent.map(({ item, dataset }) => ledger.sending(item, dataset));
    const { kept } = await stow(lightbox.address, sent);
    expect(kept).toEqual(new Set(sent.map(({ instance }) => instance)));
    for (const each of noted) each.acknowledged = true;

    expect(ledger.acknowledged).toBe(12);
    await expectAllIntact();
    expect(await readdir(join(dataDir, 'spool'))).toEqual([]);
  });

  test('the worker makes a thumbnail and keeps it in the bucket', async () => {
    const ask = () => fetch(`${lightbox.address}api/studies/${study}/thumbnail`, { headers: { authorization } });
    await until(async () => (await ask()).status === 200, 60_000);
    const thumbnail = await ask();
    expect(thumbnail.headers.get('content-type')).toBe('image/webp');
    expect((await thumbnail.arrayBuffer()).byteLength).toBeGreaterThan(0);
  });

  test('after a kill -9 of everything and a rebuild from the bucket alone, everything is there', async () => {
    await killAll(dataDir);
    await lightbox.ended;
    const command = [fileURLToPath(new URL('../lightbox.ts', import.meta.url)), 'rebuild'];
    const env = { PATH: process.env['PATH'], DATA_DIR: dataDir, ...settings };
    await promisify(execFile)(process.execPath, command, { env });
    lightbox = await startLightbox({ dataDir, settings });
    await expectAllIntact();
  });
});
