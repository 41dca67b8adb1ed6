/**
 * Two archives and two workers, each a process group with a DATA_DIR of its own as on four machines, on one PostgreSQL, Redis
 * and S3 server: whatever one of them is told, all of them know, and what one of them was doing when it died is not lost.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createToken, revokeToken } from '#access/tokens.ts';
import { uid } from '#dicom/data/uid.ts';
import { connectExchange, echo } from '#dicom/dimse/requests.ts';
import { type Database, openDatabase } from '#index/database.ts';
import { EmbeddedPostgres } from '#index/embedded.ts';
import { uidOf } from '#samples/seed.ts';
import { openStorage, type Storage } from '#storage/storage.ts';

import { giveCluster } from './cluster-template.ts';
import { datasetOf, digestOf, type Item, Ledger } from './durability/ledger.ts';
import { startSenders } from './durability/senders.ts';
import {
  adminPassword,
  authorization,
  connectModality,
  cStore,
  isAcknowledged,
  stow,
} from './durability/store-client.ts';
import { verify } from './durability/verify.ts';
import { startRedis, withoutRedis } from './redis-server.ts';
import { killAll, type RunningLightbox, startLightbox, until } from './running-lightbox.ts';
import { ownBucket, s3StartMs, startS3Server, withoutS3 } from './s3-server.ts';

const missing = [withoutS3, withoutRedis].filter(Boolean).join('; ');
/** Rows that a worker has taken. */
const handed = 'SELECT FROM index.owed WHERE tried_generation IS NOT NULL';
const names = ['archive-a', 'archive-b', 'worker-a', 'worker-b'] as const;
type Name = (typeof names)[number];

describe.skipIf(missing)(`two archives and two workers${missing && ` (${missing})`}`, () => {
  const opened = new AsyncDisposableStack();
  const ledger = new Ledger();
  const nodes = {} as Record<Name, RunningLightbox>;
  let directory: string;
  let settings: Readonly<Record<string, string>>;
  let database: Database;
  let storage: Storage;

  const start = async (name: Name): Promise<void> => {
    const ROLES = name.startsWith('archive') ? 'archive' : 'worker';
    nodes[name] = await startLightbox({ dataDir: join(directory, name), settings: { ...settings, ROLES } });
  };
  const kill = async (name: Name): Promise<void> => {
    await killAll(join(directory, name));
    await nodes[name].ended;
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lightbox-topology-'));
    opened.defer(() => rm(directory, { recursive: true }));
    await giveCluster(join(directory, 'database'));
    const [s3, redis, postgres] = await Promise.all([
      startS3Server(),
      startRedis(),
      EmbeddedPostgres.start({ dataDir: join(directory, 'database'), onLog: () => {} }),
    ]);
    opened.use(s3);
    opened.use(redis);
    opened.defer(() => postgres.stop());
    const bucket = ownBucket(s3);
    settings = {
      ADMIN_PASSWORD: adminPassword,
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      STORAGE_URL: bucket,
      DIMSE_TRUST_LOOPBACK: '0',
      DEVICES: 'SENDER@127.0.0.1:104',
    };
    for (const name of names) {
      await mkdir(join(directory, name));
      opened.defer(() => killAll(join(directory, name)));
    }
    // All at once, on an empty database and without a bucket: each of them may be the first.
    await Promise.all(names.map(start));
    database = opened.use(openDatabase(postgres.url, { max: 2, applicationName: 'test' }));
    storage = opened.use(await openStorage(bucket, { spoolDir: join(directory, 'spool') }));
  }, s3StartMs);
  afterAll(() => opened.disposeAsync());

  const archives = () => [nodes['archive-a'], nodes['archive-b']] as const;
  const ask = (node: RunningLightbox, path: string, init: RequestInit = {}) =>
    fetch(`${node.address}${path}`, { headers: { authorization }, ...init });

  async function expectAllIntact(node: RunningLightbox): Promise<void> {
    const found = await verify({ address: node.address, database, objects: storage }, ledger, ledger.studies.keys());
    expect(found).toEqual({ intact: ledger.acknowledged, faults: [] });
  }

  /** Objects in the bucket that no row names. */
  async function spareObjects(): Promise<string[]> {
    const { rows } = await database.pool.query<{ key: string }>('SELECT key FROM index.instance');
    const named = new Set(rows.map(({ key }) => key));
    const spare: string[] = [];
    for await (const { key } of storage.list('i/')) if (!named.has(key)) spare.push(key);
    return spare;
  }

  /** Sent to one archive over DIMSE, or over HTTP. */
  async function send(node: RunningLightbox, by: 'C-STORE' | 'STOW-RS', items: readonly Item[]): Promise<void> {
    const sent = items.map((item) => ({ item, instance: item.instance, dataset: datasetOf(item) }));
    const noted = new Map(sent.map(({ item, dataset }) => [item.instance, ledger.sending(item, dataset)]));
    const kept = new Set<string>();
    if (by === 'STOW-RS') for (const instance of (await stow(node.address, sent)).kept) kept.add(instance);
    else {
      const modality = await connectModality(node.dicom);
      for (const each of sent) if (isAcknowledged(await cStore(modality, each))) kept.add(each.instance);
      await modality.release();
    }
    expect(kept).toEqual(new Set(noted.keys()));
    for (const version of noted.values()) version.acknowledged = true;
  }

  const item = (study: string, name: string, variant = 0): Item => ({
    study: uidOf(study),
    series: uidOf(`${study} series`),
    instance: uidOf(`${study} ${name}`),
    variant,
    pixelBytes: 20_000,
  });
  const items = (study: string, name: string, count: number) =>
    Array.from({ length: count }, (_, index) => item(study, `${name} ${index}`));

  test('take one study in at the same time, and the same instances of it: each once, found and given by both', async () => {
    const [a, b] = archives();
    const same = items('shared', 'same', 12);
    await Promise.all([
      send(a, 'C-STORE', items('only at a', 'instance', 6)),
      send(b, 'STOW-RS', items('only at b', 'instance', 6)),
      send(a, 'C-STORE', items('shared', 'from a', 12)),
      send(b, 'C-STORE', items('shared', 'from b', 12)),
      // Both directions, so that they meet: the studies are locked in one order, the instances in two.
      send(a, 'C-STORE', same),
      send(b, 'C-STORE', same.toReversed()),
      send(a, 'STOW-RS', same),
      send(b, 'STOW-RS', same.toReversed()),
    ]);
    expect(ledger.acknowledged).toBe(48);
    for (const node of archives()) await expectAllIntact(node);
    const { rows } = await database.pool.query<{ rows: number; instances: number; versions: number; flags: number }>(
      `SELECT count(*)::integer AS rows, count(DISTINCT sop_instance_uid)::integer AS instances,
         max(version) AS versions, (SELECT count(*)::integer FROM index.study WHERE flags <> '{}') AS flags
       FROM index.instance`,
    );
    expect(rows).toEqual([{ rows: 48, instances: 48, versions: 1, flags: 0 }]);
    expect(await spareObjects()).toEqual([]);
  });

  test('keep other bytes of one instance that come at the same time as versions, and agree on which is current', async () => {
    const [a, b] = archives();
    const [first, second] = [item('versions', 'instance', 1), item('versions', 'instance', 2)];
    await Promise.all([send(a, 'C-STORE', [first]), send(b, 'C-STORE', [second])]);
    for (const node of archives()) await expectAllIntact(node);
    const { rows } = await database.pool.query<{ digest: string; version: number }>(
      `SELECT encode(digest, 'hex') AS digest, version FROM index.instance WHERE sop_instance_uid = $1 ORDER BY version`,
      [first.instance],
    );
    expect(rows.map(({ version }) => version)).toEqual([1, 2]);
    expect(new Set(rows.map(({ digest }) => digest))).toEqual(new Set([first, second].map(datasetOf).map(digestOf)));
  });

  test('know a login, its end and a token of one another', async () => {
    const [a, b] = archives();
    const login = await ask(a, 'api/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'admin', password: adminPassword }),
    });
    const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
    const session = (node: RunningLightbox) => ask(node, 'api/session', { headers: { cookie } });
    expect((await session(b)).status).toBe(200);
    expect((await ask(a, 'api/logout', { method: 'POST', headers: { cookie } })).status).toBe(204);
    await until(async () => (await session(b)).status === 401);

    const token = await createToken({ database: database.pool, name: 'both', rights: ['read'] });
    const bearer = { headers: { authorization: `Bearer ${token}` } };
    for (const node of archives()) expect((await ask(node, 'dicom-web/studies', bearer)).status).toBe(200);
    await revokeToken({ database: database.pool, name: 'both' });
    for (const node of archives())
      await until(async () => (await ask(node, 'dicom-web/studies', bearer)).status === 401);
  });

  test('tell who listens at one of them of a study that comes to the other', async () => {
    const [a, b] = archives();
    const cut = new AbortController();
    const stream = await ask(b, 'api/events', { headers: { authorization }, signal: cut.signal });
    let heard = '';
    const listening = (async () => {
      for await (const piece of stream.body!.pipeThrough(new TextDecoderStream())) heard += piece;
    })().catch(() => {});
    await until(async () => heard.includes('event: listening'));
    const news = item('news', 'instance');
    await send(a, 'C-STORE', [news]);
    await until(async () => heard.includes(news.study));
    cut.abort();
    await listening;
  });

  test('admit a device everywhere that is approved at one of them', async () => {
    const [a, b] = archives();
    const call = async ({ dicom }: RunningLightbox): Promise<number | undefined> => {
      const [calledAETitle = '', host = '', port = ''] = dicom.split(/[@:]/);
      const contexts = [{ abstractSyntax: uid('1.2.840.10008.1.1'), transferSyntaxes: [uid('1.2.840.10008.1.2')] }];
      const request = { host, port: Number(port), callingAETitle: 'NEW_CT', calledAETitle, contexts };
      const exchange = await connectExchange(request);
      const status = await echo(exchange);
      await exchange.release();
      return status;
    };
    await expect(call(a)).rejects.toThrow('calling AE title not recognized');
    const { devices } = (await (await ask(b, 'api/devices')).json()) as { devices: Record<string, unknown>[] };
    const waiting = devices.find(({ aeTitle }) => aeTitle === 'NEW_CT');
    expect(waiting).toMatchObject({ state: 'waiting', host: '127.0.0.1' });
    expect((await ask(b, `api/devices/${waiting!['id']}/approve`, { method: 'POST' })).status).toBe(200);
    for (const node of [a, b]) {
      await until(async () => (await call(node).catch(() => undefined)) === 0);
    }
  });

  test('lose nothing and leave nothing undone when one archive and one worker are killed in the middle of stores', async () => {
    const seed = 'killed in the middle';
    const studies = [`${seed} 1`, `${seed} 2`].map(uidOf);
    const faults: string[] = [];
    const onFault = (fault: string) => void faults.push(fault);
    const sendTo = ({ address, dicom }: RunningLightbox) =>
      startSenders({ seed, ledger, studies, address, dicom, associations: 1, onFault });
    // Work for both workers, some of which is under way when one of them dies.
    for (let study = 0; study < 6; study++)
      await send(nodes['archive-b'], 'STOW-RS', items(`job ${study}`, 'image', 1));
    await until(async () => ((await database.pool.query(handed)).rowCount ?? 0) > 0);
    const moreKept = () => {
      const { acknowledged } = ledger;
      return until(async () => ledger.acknowledged >= acknowledged + 10);
    };
    const senders = archives().map(sendTo);
    await moreKept();
    await Promise.all([kill('archive-a'), kill('worker-a')]);
    await senders[0]!.stop();
    // The other archive is sent to while the killed one comes back and looks what it had left unfinished.
    await Promise.all([start('archive-a'), moreKept().then(() => senders[1]!.stop())]);
    expect(faults).toEqual([]);
    await expectAllIntact(nodes['archive-a']);

    // What the killed worker had taken and not yet handed to the queue is due after two minutes: they are made to have
    // passed for what the queue has not run by itself, a killed worker's locks (10 s) included.
    const owed = async () => (await database.pool.query('SELECT FROM index.owed')).rowCount;
    await until(async () => (await owed()) === 0, 20_000).catch(() =>
      database.pool.query(`UPDATE index.owed SET tried_at = tried_at - interval '2 minutes'`),
    );
    await until(async () => (await owed()) === 0);
    for (const study of [...studies, item('job 0', '').study])
      expect((await ask(nodes['archive-b'], `api/studies/${study}/thumbnail`)).status).toBe(200);
  });
});
