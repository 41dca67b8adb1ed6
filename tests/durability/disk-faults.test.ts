import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { echo } from '#dicom/dimse/requests.ts';
import { giveCluster } from '../cluster-template.ts';
import { killAll, startLightbox, type RunningLightbox } from '../running-lightbox.ts';
import { breakDisk } from './broken-disk.ts';
import { Ledger } from './ledger.ts';
import { expectToHold as expectArchiveToHold, noted, type Noted } from './ledger-of-archive.ts';
import { adminPassword, authorization, connectModality, cStore, stow } from './store-client.ts';
import { hasStrace } from './strace.ts';
import { readyProcesses } from './victims.ts';

const processingFailure = 0x0110;
const outOfResources = 0xa700;
const study = '1.2.3.60';

describe.skipIf(!hasStrace)('a disk', () => {
  let dataDir: string;
  let lightbox: RunningLightbox;
  let archive: number;
  let ledger: Ledger;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'lightbox-disk-faults-'));
    await giveCluster(dataDir);
    lightbox = await startLightbox({ dataDir, settings: { ADMIN_PASSWORD: adminPassword, ROLES: 'archive' } });
    archive = (await readyProcesses(lightbox.address))!.get('archive')!;
    ledger = new Ledger();
  });
  afterAll(async () => {
    await killAll(dataDir);
    await rm(dataDir, { recursive: true, force: true });
  });

  const outgoing = (pixelBytes?: number): Noted => noted(ledger, study, pixelBytes);
  const expectToHold = (): Promise<void> => expectArchiveToHold(ledger, { address: lightbox.address, dataDir });

  const objects = async (): Promise<number> => {
    const entries = await readdir(join(dataDir, 'objects', 'i'), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).length;
  };
  const retrieved = (instance: string): Promise<Response> =>
    fetch(`${lightbox.address}dicom-web/studies/${study}/series/${study}.1/instances/${instance}`, {
      headers: { authorization, accept: 'application/dicom; transfer-syntax=*' },
    });

  /** The archive lives on: the very process, with what it has acknowledged, and takes what it refused. */
  async function expectToGoOn(refused: readonly Noted[]): Promise<void> {
    // What /health/ready says may be a second old.
    await expect.poll(async () => (await readyProcesses(lightbox.address))?.get('archive')).toBe(archive);
    const modality = await connectModality(lightbox.dicom);
    for (const sent of refused) {
      expect(await cStore(modality, sent)).toBe(0);
      sent.acknowledged();
    }
    await modality.release();
    await expectToHold();
  }

  /** Stored before each fault. */
  let before: Noted;

  beforeEach(async () => {
    const modality = await connectModality(lightbox.dicom);
    before = outgoing();
    expect(await cStore(modality, before)).toBe(0);
    before.acknowledged();
    await modality.release();
  });

  test('on which no file can be made is said by /health/ready', async () => {
    await using _broken = await breakDisk(archive, 'openat:error=EROFS');
    await expect
      .poll(async () => (await fetch(`${lightbox.address}health/ready`)).json())
      .toMatchObject({ status: 'not-ready', storage: 'failed' });
  });

  test.each([
    ['that fails to make an object durable', 'fdatasync:error=EIO', processingFailure, 500],
    ['that fails to write an object', 'pwrite64:error=EIO', processingFailure, 500],
    ['that turns out to be full', 'pwrite64:error=ENOSPC', outOfResources, 503],
  ])(
    '%s: nothing of it is acknowledged, found or kept, and it is taken when sent again',
    async (_, fault, dimse, http) => {
      const [byModality, large, byWeb] = [outgoing(), outgoing(3_000_000), outgoing()];
      const modality = await connectModality(lightbox.dicom);
      const kept = await objects();
      {
        await using _broken = await breakDisk(archive, fault);
        expect(await cStore(modality, byModality)).toBe(dimse);
        expect(await cStore(modality, large)).toBe(dimse);
        const answer = await stow(lightbox.address, [byWeb]);
        expect([answer.status, answer.kept]).toEqual([http, new Set()]);
        expect(await echo(modality)).toBe(0);
        for (const { instance } of [byModality, large, byWeb]) expect((await retrieved(instance)).status).toBe(404);
        await expectToHold();
      }
      expect(await objects()).toBe(kept);
      await modality.release();
      await expectToGoOn([byModality, large, byWeb]);
    },
  );

  test('that cannot be read says so of the one image, in time, and nothing else suffers', async () => {
    const modality = await connectModality(lightbox.dicom);
    const [known, fresh] = [outgoing(), outgoing()];
    expect(await cStore(modality, known)).toBe(0);
    known.acknowledged();
    {
      await using _broken = await breakDisk(archive, 'pread64:error=EIO');
      const answer = await retrieved(known.instance);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([500, 'application/problem+json']);
      expect(await answer.json()).toMatchObject({ code: 'objectUnreadable', reason: 'a stored object cannot be read' });
      // What comes meanwhile can be kept, so it is.
      expect(await cStore(modality, fresh)).toBe(0);
      fresh.acknowledged();
      // Whether the copy that is here is whole cannot be seen, so the one that has come again takes its place.
      expect(await cStore(modality, known)).toBe(0);
    }
    await modality.release();
    expect((await retrieved(known.instance)).status).toBe(200);
    await expectToGoOn([]);
  });

  test('without descriptors to open a file takes nothing, loses nothing, and is well again with the first one', async () => {
    const [byModality, byWeb] = [outgoing(), outgoing()];
    const modality = await connectModality(lightbox.dicom);
    {
      await using _broken = await breakDisk(archive, 'openat:error=EMFILE');
      expect(await cStore(modality, byModality)).toBe(outOfResources);
      expect((await stow(lightbox.address, [byWeb])).kept).toEqual(new Set());
      expect(await echo(modality)).toBe(0);
    }
    await modality.release();
    await expectToGoOn([byModality, byWeb]);
  });

  test.each(['fdatasync', 'pwrite64'])(
    'whose %s does not answer holds up those who store, and nobody else',
    async (call) => {
      const modalities = await Promise.all(Array.from({ length: 20 }, () => connectModality(lightbox.dicom)));
      const sent = modalities.map(() => outgoing());
      const begun = await objects();
      let acknowledged = 0;
      let stored: Promise<unknown>;
      {
        // Until the tracer goes, and longer than any test.
        await using _slow = await breakDisk(archive, `${call}:delay_enter=3600000000`);
        stored = Promise.all(
          modalities.map(async (modality, index) => {
            expect(await cStore(modality, sent[index]!)).toBe(0);
            sent[index]!.acknowledged();
            acknowledged++;
          }),
        );
        // As many as may wait for the disk at once are there.
        await expect.poll(objects).toBeGreaterThanOrEqual(begun + 12);
        const other = await connectModality(lightbox.dicom);
        expect(await echo(other)).toBe(0);
        const found = await fetch(`${lightbox.address}dicom-web/studies?StudyInstanceUID=${study}`, {
          headers: { authorization, accept: 'application/dicom+json' },
        });
        expect(found.status).toBe(200);
        // A file that nobody has open, so that threads are needed to read it.
        expect((await retrieved(before.instance)).status).toBe(200);
        await other.release();
        // Nobody sends readers elsewhere because of it.
        expect(await (await fetch(`${lightbox.address}health/ready`)).json()).toMatchObject({ status: 'ready' });
        expect(acknowledged).toBe(0);
      }
      await stored;
      await Promise.all(modalities.map((modality) => modality.release()));
      await expectToGoOn([]);
    },
  );
});
