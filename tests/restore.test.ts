import { mkdtemp, rm } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { giveCluster } from './cluster-template.ts';
import { datasetOf, Ledger } from './durability/ledger.ts';
import { expectToHold as expectArchiveToHold, noted } from './durability/ledger-of-archive.ts';
import { adminPassword, authorization, stow } from './durability/store-client.ts';
import { killAll, runLightbox, startLightbox, type RunningLightbox } from './running-lightbox.ts';

const lightbox = fileURLToPath(new URL('../lightbox.ts', import.meta.url));
const settings = { ADMIN_PASSWORD: adminPassword, ROLES: 'archive' };

/** The data directory, and where docs/operations.md says that copies of its parts are put. */
let dataDir: string;
let backup: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'lightbox-restore-'));
  backup = await mkdtemp(join(tmpdir(), 'lightbox-backup-'));
  await giveCluster(dataDir);
});
afterEach(async () => {
  await killAll(dataDir);
  for (const directory of [dataDir, backup]) await rm(directory, { recursive: true, force: true });
});

const started = (): Promise<RunningLightbox> => startLightbox({ dataDir, settings });
/** `lightbox NAME` while nothing runs. */
const command = (name: string) => runLightbox({ dataDir, settings, entry: [lightbox, name] });

/** As the book says: with owner and rights. */
function copy(part: string, from: string, to: string): void {
  execFileSync('cp', ['-a', join(from, part), join(to, part)]);
}

async function putBack(part: string): Promise<void> {
  await rm(join(dataDir, part), { recursive: true });
  copy(part, backup, dataDir);
}

async function store({ address }: RunningLightbox, ledger: Ledger, study: string, count = 3): Promise<void> {
  const sent = Array.from({ length: count }, () => noted(ledger, study, 2_000));
  const { kept } = await stow(address, sent);
  expect(kept.size).toBe(count);
  for (const { acknowledged } of sent) acknowledged();
}

const expectToHold = ({ address }: RunningLightbox, ledger: Ledger): Promise<void> =>
  expectArchiveToHold(ledger, { address, dataDir });

async function addDevice({ address }: RunningLightbox, aeTitle: string): Promise<void> {
  const headers = { authorization, 'content-type': 'application/json' };
  const device = { host: '10.0.0.5', port: 104, state: 'approved', defaultIssuer: '', onOtherBytes: 'keep-first' };
  const body = JSON.stringify({ aeTitle, ...device });
  expect((await fetch(`${address}api/devices`, { method: 'POST', headers, body })).status).toBe(201);
}
async function deviceTitles({ address }: RunningLightbox): Promise<string[]> {
  const answer = await fetch(`${address}api/devices`, { headers: { authorization } });
  return ((await answer.json()) as { devices: { aeTitle: string }[] }).devices.map(({ aeTitle }) => aeTitle);
}

test('a database older than the objects: after a rebuild everything is found that ever came', async () => {
  const ledger = new Ledger();
  {
    await using before = await started();
    await store(before, ledger, '1.2.3.70');
    await addDevice(before, 'CT1');
  }
  for (const part of ['postgres', 'postgres-password']) copy(part, dataDir, backup);
  {
    await using later = await started();
    await store(later, ledger, '1.2.3.70'); // more of the study that is in the copy
    await store(later, ledger, '1.2.3.71');
  }
  for (const part of ['postgres', 'postgres-password']) await putBack(part);
  const rebuilt = await command('rebuild');
  expect(rebuilt).toMatchObject({ status: 0 });
  expect((await command('verify')).status).toBe(0);
  await using again = await started();
  await expectToHold(again, ledger);
  expect(await deviceTitles(again)).toEqual(['CT1']);
  await store(again, ledger, '1.2.3.71');
  await expectToHold(again, ledger);
});

test('objects older than the database: what has no object is said, then gone after a rebuild, and taken when it comes again', async () => {
  const [kept, lost] = [new Ledger(), new Ledger()];
  {
    await using before = await started();
    await store(before, kept, '1.2.3.72');
  }
  copy('objects', dataDir, backup);
  {
    await using later = await started();
    await store(later, lost, '1.2.3.73', 2);
    await addDevice(later, 'CT2');
  }
  await putBack('objects');
  const found = await command('verify');
  expect(found.status).toBe(1);
  for (const { instance } of lost.items) expect(found.output).toContain(instance);
  expect((await command('rebuild')).status).toBe(0);
  expect((await command('verify')).status).toBe(0);
  await using again = await started();
  await expectToHold(again, kept);
  expect(await deviceTitles(again)).toEqual(['CT2']);
  const sent = lost.items.map((item) => ({ instance: item.instance, dataset: datasetOf(item) }));
  expect((await stow(again.address, sent)).kept.size).toBe(2);
});

test('nothing but the objects: all is found, and only what people entered is not', async () => {
  const ledger = new Ledger();
  {
    await using before = await started();
    await store(before, ledger, '1.2.3.74');
    await addDevice(before, 'CT3');
  }
  for (const part of ['postgres', 'postgres-password']) await rm(join(dataDir, part), { recursive: true });
  expect((await command('rebuild')).status).toBe(0);
  await using again = await started();
  await expectToHold(again, ledger);
  expect(await deviceTitles(again)).toEqual([]);
});
