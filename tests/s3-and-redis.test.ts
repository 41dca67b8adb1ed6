/**
 * A Lightbox whose objects lie in a bucket and whose queue is on Redis, as on several machines: the same promises.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { Client } from 'minio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type Database, openDatabase } from '#index/database.ts';
import { uidOf } from '#samples/seed.ts';
import { parseS3Url } from '#storage/s3.ts';
import { openStorage } from '#storage/storage.ts';

import { datasetOf, type Item, Ledger } from './durability/ledger.ts';
import {
  adminPassword,
  authorization,
  cStore,
  connectModality,
  type Outgoing,
  stow,
} from './durability/store-client.ts';
import { verify } from './durability/verify.ts';
import { giveCluster } from './cluster-template.ts';
import { startRedis, withoutRedis } from './redis-server.ts';
import { killAll, type RunningLightbox, startLightbox, until } from './running-lightbox.ts';
import { ownBucket, s3StartMs, startS3Server, withoutS3 } from './s3-server.ts';
import { Gate } from './tcp-gate.ts';

const missing = [withoutS3, withoutRedis].filter(Boolean).join('; ');
const study = uidOf('a study in a bucket');

interface Sent extends Outgoing {
  readonly item: Item;
}

describe.skipIf(missing)(`on S3 and Redis${missing && ` (${missing})`}`, () => {
  const opened = new AsyncDisposableStack();
  const ledger = new Ledger();
  let dataDir: string;
  let settings: Readonly<Record<string, string>>;
  let lightbox: RunningLightbox;
  let healthAtOnce: unknown;
  let gate: Gate;
  let redis: Awaited<ReturnType<typeof startRedis>>;

  beforeAll(async () => {
    const s3 = opened.use(await startS3Server());
    redis = await startRedis();
    opened.defer(() => redis[Symbol.asyncDispose]());
    dataDir = await mkdtemp(join(tmpdir(), 'lightbox-bucket-'));
    opened.defer(async () => {
      await killAll(dataDir);
      await rm(dataDir, { recursive: true });
    });
    const own = ownBucket(s3);
    const { host, port, tls } = parseS3Url(own);
    gate = opened.use(await Gate.before({ host, port }));
    // Nobody's certificate is for the gate.
    const bucket = tls ? own : own.replace(/@[^/]*/, `@127.0.0.1:${gate.port}`);
    settings = { ADMIN_PASSWORD: adminPassword, STORAGE_URL: bucket, REDIS_URL: redis.url };
    await giveCluster(dataDir);
    lightbox = await startLightbox({ dataDir, settings });
    healthAtOnce = await (await fetch(new URL('/health/ready', lightbox.address))).json();
  }, s3StartMs);
  afterAll(() => opened.disposeAsync());

  function several(name: string): Sent[] {
    return Array.from({ length: 6 }, (_, index) => {
      const instance = uidOf(`${name} ${index}`);
      // Some of one part, one of several.
      const pixelBytes = index === 0 ? 9_000_000 : 40_000;
      const item = { study, series: uidOf(name), instance, variant: 1, pixelBytes };
      return { item, instance, dataset: datasetOf(item) };
    });
  }

  const get = (path: string) => fetch(`${lightbox.address}${path}`, { headers: { authorization } });
  const hasThumbnail = async (series: string): Promise<boolean> =>
    (await get(`api/studies/${study}/series/${series}/thumbnail`)).status === 200;

  /** Stored over HTTP, and noted as acknowledged. */
  async function storeSeries(name: string): Promise<string> {
    const sent = several(name);
    const noted = sent.map(({ item, dataset }) => ledger.sending(item, dataset));
    const { kept } = await stow(lightbox.address, sent);
    expect(kept).toEqual(new Set(sent.map(({ instance }) => instance)));
    for (const each of noted) each.acknowledged = true;
    return uidOf(name);
  }

  async function withDatabase<T>(use: (database: Database) => Promise<T>): Promise<T> {
    const { databaseUrl } = JSON.parse(await readFile(join(dataDir, 'run.json'), 'utf8')) as { databaseUrl: string };
    await using database = openDatabase(databaseUrl, { max: 1, applicationName: 'test' });
    return await use(database);
  }

  async function expectAllIntact(): Promise<void> {
    const found = await withDatabase((database) =>
      verify({ address: lightbox.address, database, objects: '' }, ledger, [study]),
    );
    expect(found).toEqual({ intact: ledger.acknowledged, faults: [] });
  }

  /** What is made of the images goes through the spool too, whenever it is made. */
  const expectEmptySpool = async () => {
    await expect.poll(() => readdir(join(dataDir, 'spool'))).toEqual([]);
  };

  test('what says that it is ready is, although nobody has looked into the new bucket before', () => {
    expect(healthAtOnce).toMatchObject({ status: 'ready', storage: 'ok' });
  });

  test('what both doors acknowledge is found and comes back as it was sent, and the spool is empty', async () => {
    const modality = await connectModality(lightbox.dicom);
    for (const { item, instance, dataset } of several('over DIMSE')) {
      const noted = ledger.sending(item, dataset);
      expect(await cStore(modality, { instance, dataset })).toBe(0);
      noted.acknowledged = true;
    }
    await modality.release();
    await storeSeries('over HTTP');
    expect(ledger.acknowledged).toBe(12);
    await expectAllIntact();
    await expectEmptySpool();
  });

  test('the worker makes a thumbnail and keeps it in the bucket', async () => {
    const ask = () => fetch(`${lightbox.address}api/studies/${study}/thumbnail`, { headers: { authorization } });
    await until(async () => (await ask()).status === 200);
    const thumbnail = await ask();
    expect(thumbnail.headers.get('content-type')).toBe('image/webp');
    expect((await thumbnail.arrayBuffer()).byteLength).toBeGreaterThan(0);
  });

  test('an object that was changed in the bucket a moment after it was read is healed when it comes again', async () => {
    const [, sent] = several('changed in the bucket') as [Sent, Sent];
    const noted = ledger.sending(sent.item, sent.dataset);
    const store = async (): Promise<void> => {
      expect((await stow(lightbox.address, [sent])).kept).toEqual(new Set([sent.instance]));
      noted.acknowledged = true;
    };
    const keyOf = async (): Promise<string> =>
      withDatabase(async ({ pool }) => {
        const text = 'SELECT key FROM index.instance WHERE sop_instance_uid = $1';
        return (await pool.query<{ key: string }>(text, [sent.instance])).rows[0]!.key;
      });
    await store();
    const path = `dicom-web/studies/${study}/series/${sent.item.series}/instances/${sent.instance}`;
    const read = await fetch(`${lightbox.address}${path}`, {
      headers: { authorization, accept: 'application/dicom; transfer-syntax=*' },
    });
    expect((await read.arrayBuffer()).byteLength).toBeGreaterThan(sent.dataset.length);
    const before = await keyOf();
    const { host, port, tls, bucket, ...keys } = parseS3Url(settings['STORAGE_URL'] ?? '');
    const client = new Client({ endPoint: host, port, useSSL: tls, pathStyle: true, ...keys });
    const bytes = await buffer(await client.getObject(bucket, before));
    bytes[bytes.length - 1]! ^= 0xff;
    await client.putObject(bucket, before, bytes);
    await store();
    expect(await keyOf()).not.toBe(before);
    await expectAllIntact();
    await expectEmptySpool();
  });

  test('while the S3 server is away stores are refused with A700 and 503, searches go on, and all works by itself when it is back', async (context) => {
    if (parseS3Url(settings['STORAGE_URL'] ?? '').port !== gate.port) context.skip('TEST_S3_URL has TLS');
    const modality = await connectModality(lightbox.dicom);
    const [byModality, byWeb] = several('while it is away') as [Sent, Sent];
    const noted = [byModality, byWeb].map(({ item, dataset }) => ledger.sending(item, dataset));
    const anImage = `dicom-web/studies/${study}/series/${uidOf('over HTTP')}/instances/${uidOf('over HTTP 1')}`;
    await until(async () => (await get('health/ready')).status === 200);
    await gate.shut();

    const began = performance.now();
    expect(await cStore(modality, byModality)).toBe(0xa700);
    const refused = await stow(lightbox.address, [byWeb]);
    expect(refused).toMatchObject({ status: 503, kept: new Set(), failed: new Map([[byWeb.instance, 0xa700]]) });
    expect(Number(refused.retryAfter)).toBeGreaterThan(0);
    expect((await get(`${anImage}/frames/1`)).status).toBe(503);
    expect((await get(`${anImage}/rendered`)).status).toBe(503);
    expect((await get(`dicom-web/studies?StudyInstanceUID=${study}`)).status).toBe(200);
    await until(async () => (await get('health/ready')).status === 503);
    expect(await (await get('health/ready')).json()).toMatchObject({ status: 'not-ready', storage: 'failed' });
    expect((await get('health/live')).status).toBe(200);
    expect(performance.now() - began).toBeLessThan(60_000);

    await gate.open();
    expect(await cStore(modality, byModality)).toBe(0);
    expect((await stow(lightbox.address, [byWeb])).status).toBe(200);
    for (const each of noted) each.acknowledged = true;
    await modality.release();
    expect((await get(`${anImage}/frames/1`)).status).toBe(200);
    await until(async () => (await get('health/ready')).status === 200);
    await expectAllIntact();
    await expectEmptySpool();
  });

  test('a job that met an absent S3 server is done when it is back', async () => {
    const series = await storeSeries('a job for later');
    await gate.shut();
    const attempts = () =>
      withDatabase(
        async ({ pool }) => (await pool.query('SELECT max(attempts) AS most FROM index.owed')).rows[0]?.most,
      );
    await until(async () => Number(await attempts()) > 0);
    await gate.open();
    await until(() => hasThumbnail(series));
  });

  test('while Redis is away everything is stored and shown, and the jobs are done when it is back', async () => {
    const { port } = redis;
    await redis[Symbol.asyncDispose]();
    const series = await storeSeries('without Redis');
    expect((await get('health/ready')).status).toBe(200);
    await expectAllIntact();
    redis = await startRedis(port);
    await until(() => hasThumbnail(series));
  });

  test('an emptied Redis loses nothing: what it had taken is due again', async () => {
    const client = new Redis(settings['REDIS_URL'] ?? '');
    // No worker takes anything from it for a moment, so that what is lost is lost.
    const queue = 'bull:thumbnail';
    await client.hset(`${queue}:meta`, 'paused', '1');
    await client.rename(`${queue}:wait`, `${queue}:paused`).catch(() => {});
    const series = await storeSeries('flushed away');
    const handed = (state: string) =>
      withDatabase(async ({ pool }) => (await pool.query(`SELECT FROM index.owed WHERE ${state}`)).rowCount);
    await until(async () => (await handed(`job = 'thumbnail' AND tried_generation = generation`)) === 1);
    await until(async () => (await client.keys(`${queue}:[0-9]*`)).length > 0);
    await client.flushall();
    client.disconnect();
    expect(await hasThumbnail(series)).toBe(false);
    // In two minutes; they are made to have passed.
    await withDatabase(({ pool }) => pool.query(`UPDATE index.owed SET tried_at = tried_at - interval '2 minutes'`));
    await until(() => hasThumbnail(series));
    await until(async () => (await handed('true')) === 0);
    await expectAllIntact();
  });

  test(
    'after a kill -9 of everything and a rebuild from the bucket alone, everything is there',
    { timeout: 180_000 },
    async () => {
      await killAll(dataDir);
      await lightbox.ended;
      const command = [fileURLToPath(new URL('../lightbox.ts', import.meta.url)), 'rebuild'];
      const env = { PATH: process.env['PATH'], DATA_DIR: dataDir, ...settings };
      await promisify(execFile)(process.execPath, command, { env });
      lightbox = await startLightbox({ dataDir, settings });
      await expectAllIntact();
    },
  );

  test('an object that is missing after a kill -9 is damage: its row stays, for a person to see', async () => {
    await storeSeries('damaged');
    const instance = uidOf('damaged 3');
    const { rows } = await withDatabase(({ pool }) =>
      pool.query<{ key: string }>('SELECT key FROM index.instance WHERE sop_instance_uid = $1', [instance]),
    );
    await killAll(dataDir);
    await lightbox.ended;
    await using storage = await openStorage(settings['STORAGE_URL'] ?? '', { spoolDir: join(dataDir, 'spool') });
    await storage.remove(rows[0]!.key);
    lightbox = await startLightbox({ dataDir, settings });
    expect((await get(`dicom-web/studies/${study}/instances?SOPInstanceUID=${instance}`)).status).toBe(200);
  });
});
