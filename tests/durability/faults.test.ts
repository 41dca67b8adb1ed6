import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { echo } from '#dicom/dimse/requests.ts';
import { EmbeddedPostgres } from '#index/embedded.ts';
import { giveCluster } from '../cluster-template.ts';
import { killAll, startLightbox } from '../running-lightbox.ts';
import { Ledger } from './ledger.ts';
import { expectToHold as expectArchiveToHold, noted, type Noted } from './ledger-of-archive.ts';
import { adminPassword, authorization, connectModality, cStore, stow } from './store-client.ts';
import { livingProcesses, readyProcesses } from './victims.ts';

const outOfResources = 0xa700;
const study = '1.2.3.50';

let dataDir: string;
let ledger: Ledger;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'lightbox-faults-'));
  await giveCluster(dataDir);
  ledger = new Ledger();
});
afterEach(async () => {
  await killAll(dataDir);
  await rm(dataDir, { recursive: true, force: true });
});

const outgoing = (pixelBytes?: number): Noted => noted(ledger, study, pixelBytes);
const expectToHold = (address: string, objects?: string): Promise<void> =>
  expectArchiveToHold(ledger, { address, dataDir, ...(objects !== undefined && { objects }) });

test('a store waits while PostgreSQL is frozen, and when it was killed, and is acknowledged only when it goes on', async () => {
  const settings = { ADMIN_PASSWORD: adminPassword, ROLES: 'archive' };
  await using lightbox = await startLightbox({ dataDir, settings });
  const modality = await connectModality(lightbox.dicom);
  const postgres = await postgresProcesses(lightbox.address);
  const [first, second, third] = [outgoing(), outgoing(), outgoing()];
  for (const pid of postgres) process.kill(pid, 'SIGSTOP');
  const answers = Promise.all([cStore(modality, first), stow(lightbox.address, [second])]);
  expect(await Promise.race([answers, delay(2_000, 'no answer')])).toBe('no answer');
  for (const pid of postgres) process.kill(pid, 'SIGCONT');
  const [status, { kept }] = await answers;
  expect(status).toBe(0);
  expect(kept).toContain(second.instance);

  for (const pid of await postgresProcesses(lightbox.address)) process.kill(pid, 'SIGKILL');
  expect(await cStore(modality, third)).toBe(0);
  for (const sent of [first, second, third]) sent.acknowledged();
  await modality.release();
  await expectToHold(lightbox.address);
});

test('while PostgreSQL is away for long, stores are refused with A700 and 503, the rest lives, and sending again helps', async () => {
  const elsewhere = await mkdtemp(join(tmpdir(), 'lightbox-faults-'));
  const startPostgres = () => EmbeddedPostgres.start({ dataDir: elsewhere, onLog: () => {} });
  await giveCluster(elsewhere);
  let postgres = await startPostgres();
  try {
    const settings = { ADMIN_PASSWORD: adminPassword, DATABASE_URL: postgres.url, ROLES: 'archive' };
    await using lightbox = await startLightbox({ dataDir, settings });
    const modality = await connectModality(lightbox.dicom);
    const [byModality, byWeb, before, after] = [outgoing(), outgoing(), outgoing(), outgoing()];
    const away = Promise.withResolvers<void>();
    const upload = stow(
      lightbox.address,
      (async function* () {
        yield before;
        await away.promise;
        yield after;
      })(),
    );
    const asked = async (path: string) => (await fetch(lightbox.address + path, { headers: { authorization } })).status;
    await expect.poll(() => asked(`dicom-web/instances?SOPInstanceUID=${before.instance}`)).toBe(200);
    await postgres.stop();
    // Nobody is known by what was remembered of his account any more.
    await expect.poll(() => asked('api/session'), { timeout: 5_000 }).toBe(503);
    away.resolve();
    const [status, answer] = await Promise.all([cStore(modality, byModality), stow(lightbox.address, [byWeb])]);
    expect(await upload).toMatchObject({
      status: 202,
      kept: new Set([before.instance]),
      failed: new Map([[after.instance, outOfResources]]),
    });
    before.acknowledged();
    expect(status).toBe(outOfResources);
    expect(answer).toMatchObject({ status: 503, kept: new Set() });
    expect(Number(answer.retryAfter)).toBeGreaterThan(0);
    expect(await echo(modality)).toBe(0);
    expect((await fetch(`${lightbox.address}health/live`)).status).toBe(200);

    postgres = await startPostgres();
    expect(await cStore(modality, byModality)).toBe(0);
    expect((await stow(lightbox.address, [byWeb])).kept).toContain(byWeb.instance);
    for (const sent of [byModality, byWeb]) sent.acknowledged();
    await modality.release();
    await expectToHold(lightbox.address);
  } finally {
    await postgres.stop();
    await rm(elsewhere, { recursive: true, force: true });
  }
});

const mounted = (path: string) => spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', path]).status === 0;

test.skipIf(process.getuid?.() !== 0)(
  'a full disk refuses what does not fit, keeps nothing of it, and harms nobody else (as root)',
  async (context) => {
    const disk = join(dataDir, 'disk');
    await mkdir(disk);
    if (!mounted(disk)) context.skip('this machine lets nobody mount (as root)');
    try {
      const settings = { ADMIN_PASSWORD: adminPassword, STORAGE_URL: pathToFileURL(disk).href, ROLES: 'archive' };
      await using lightbox = await startLightbox({ dataDir, settings });
      const [modality, other] = await Promise.all([connectModality(lightbox.dicom), connectModality(lightbox.dicom)]);
      const filler = join(disk, 'filler');
      await writeFile(filler, Buffer.alloc(42 * 1024 * 1024));

      const [small, smallToo, large] = [outgoing(), outgoing(), outgoing(8_000_000)];
      expect(await cStore(modality, large)).toBe(outOfResources);
      expect(await cStore(other, small)).toBe(0);
      small.acknowledged();
      const alone = await stow(lightbox.address, [large]);
      expect(alone).toMatchObject({ status: 503, failed: new Map([[large.instance, outOfResources]]) });
      expect(Number(alone.retryAfter)).toBeGreaterThan(0);
      const broken = { instance: '1.2.3.4.9', dataset: Buffer.from('no data set at all') };
      expect(await stow(lightbox.address, [broken, large])).toMatchObject({ status: 503, kept: new Set() });
      expect(await stow(lightbox.address, [smallToo, large])).toEqual({
        status: 202,
        retryAfter: null,
        kept: new Set([smallToo.instance]),
        failed: new Map([[large.instance, outOfResources]]),
      });
      smallToo.acknowledged();
      expect(await objectsIn(disk)).toBe(2);
      await expectToHold(lightbox.address, disk);

      // Not a byte is left: not even what our reserve would allow.
      spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'rest')}`, 'bs=64k']);
      const refused = outgoing();
      expect(await cStore(modality, refused)).toBe(outOfResources);
      expect((await stow(lightbox.address, [refused])).status).toBe(503);
      expect(await echo(other)).toBe(0);
      expect(await objectsIn(disk)).toBe(2);
      await expectToHold(lightbox.address, disk);

      await Promise.all([truncate(filler), rm(join(disk, 'rest'))]);
      for (const sent of [refused, large]) {
        expect(await cStore(modality, sent)).toBe(0);
        sent.acknowledged();
      }
      await Promise.all([modality.release(), other.release()]);
      await expectToHold(lightbox.address, disk);
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  },
);

async function postgresProcesses(address: string): Promise<number[]> {
  const postmaster = (await readyProcesses(address))?.get('postgres');
  const all = await livingProcesses(dataDir);
  return all.filter(({ pid, parent }) => pid === postmaster || parent === postmaster).map(({ pid }) => pid);
}

async function objectsIn(root: string): Promise<number> {
  const entries = await readdir(join(root, 'i'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).length;
}
