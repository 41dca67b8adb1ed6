/** Rejection notes over a kill -9: an acknowledged one holds, another one holds whole or not at all (docs/decisions/0021). */
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { uid } from '#dicom/data/uid.ts';
import type { Exchange } from '#dicom/dimse/exchange.ts';
import { connectExchange, store } from '#dicom/dimse/requests.ts';
import { AssociationLost } from '#dicom/network/association-user.ts';
import { openDatabase } from '#index/database.ts';
import { wrongCounts } from '#index/verify.ts';
import { randomOf } from '#samples/seed.ts';
import { giveCluster } from '../cluster-template.ts';
import { smallInstance } from '../dataset-bytes.ts';
import { freePort } from '../free-port.ts';
import { keyObjectSelection, rejectionNote } from '../rejection-note.ts';
import { type RunningLightbox, startLightbox, until } from '../running-lightbox.ts';
import { overtakenNotes } from '../thorough.ts';
import { adminPassword, authorization, cStore, connectModality, isAcknowledged } from './store-client.ts';
import { killAtOnce, type Kind, livingProcesses, readyProcesses, victimsOf } from './victims.ts';

const seed = process.env['KILL_SEED'] ?? String(Date.now());
const random = randomOf(seed);
const explicitLE = uid('1.2.840.10008.1.2.1');
/** Instances of a study, in two series; a note rejects the first series and some of the second. */
const perSeries = 8;
const rejectedOfSecond = 3;
const hiddenByNote = perSeries + rejectedOfSecond;

let directory: string;
let dataDir: string;
let settings: Record<string, string>;
let lightbox: RunningLightbox;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-rejections-'));
  dataDir = await realpath(directory);
  // An archive that is started again listens where it did.
  const ports = { HTTP_PORT: String(await freePort()), DIMSE_PORT: String(await freePort()) };
  settings = { ...ports, ADMIN_PASSWORD: adminPassword, ROLES: 'archive' };
  await giveCluster(dataDir);
  await start();
});
afterAll(async () => {
  await lightbox[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

async function start(): Promise<void> {
  lightbox = await startLightbox({ dataDir, settings });
}

const named = (study: string) =>
  [1, 2].flatMap((series) =>
    Array.from({ length: perSeries }, (_, at) => [`${study}.${series}`, `${study}.${series}.${at + 1}`] as const),
  );

async function storeStudy(study: string): Promise<void> {
  const modality = await connectModality(lightbox.dicom);
  for (const [series, instance] of named(study)) {
    const dataset = smallInstance({ study, series, instance, modality: series.endsWith('.1') ? 'CT' : 'MR' });
    expect(await cStore(modality, { instance, dataset })).toBe(0);
  }
  await modality.release();
}

const noteOf = (study: string) => `${study}.900.1`;

function connectNotes(): Promise<Exchange<undefined>> {
  const [calledAETitle = '', host = '', port = ''] = lightbox.dicom.split(/[@:]/);
  const contexts = [{ abstractSyntax: uid(keyObjectSelection), transferSyntaxes: [explicitLE] }];
  return connectExchange({ host, port: Number(port), callingAETitle: 'SENDER', calledAETitle, contexts });
}

/** @returns whether the note was acknowledged */
async function sendNote(exchange: Exchange<undefined>, study: string): Promise<boolean> {
  const instance = noteOf(study);
  const rejects = { [study]: named(study).slice(0, hiddenByNote) };
  try {
    const { status } = await store(exchange, {
      sopClassUID: uid(keyObjectSelection),
      sopInstanceUID: uid(instance),
      transferSyntaxUID: explicitLE,
      dataset: [rejectionNote({ instance, study, rejects })],
    });
    return isAcknowledged(status ?? -1);
  } catch (error) {
    if (error instanceof AssociationLost) return false;
    throw error;
  }
}

/** What is to be killed, looked up beforehand so that nothing stands between the moment and the kill. */
async function aim(kind: Kind): Promise<{ kill(): void; recover(): Promise<void> }> {
  const before = await ready(() => true);
  const victims = victimsOf(kind, before, await livingProcesses(dataDir), random() < 0.5);
  return {
    kill: () => killAtOnce(victims),
    async recover() {
      if (kind !== 'everything') return void (await ready((now) => now.get(kind) !== before.get(kind)));
      await lightbox.ended;
      await start();
    },
  };
}

async function ready(condition: (processes: ReadonlyMap<string, number>) => boolean): Promise<Map<string, number>> {
  let found: Map<string, number> | undefined;
  await until(async () => {
    found = await readyProcesses(lightbox.address);
    return found !== undefined && condition(found);
  });
  return found as Map<string, number>;
}

type Json = Record<string, { Value?: unknown[] } | undefined>;
async function get<T>(path: string): Promise<T> {
  const headers = { authorization, accept: path.startsWith('api') ? 'application/json' : 'application/dicom+json' };
  const answer = await fetch(`${lightbox.address}${path}`, { headers });
  expect(answer.status).toBe(200);
  return (await answer.json()) as T;
}
interface Listed {
  readonly rejections: { id: string; studies: { StudyInstanceUID: string; named: number; hidden: number }[] }[];
}

/** Whether the note of a study holds. Fails when it holds in part, or any count says otherwise. */
async function isRejected(study: string): Promise<boolean> {
  const listed = (await get<Listed>('api/rejections')).rejections.filter(({ id }) => id === noteOf(study));
  const isListed = listed.length === 1;
  const all = named(study);
  const visible = isListed ? all.slice(hiddenByNote) : all;
  if (isListed)
    expect(listed[0]!.studies).toMatchObject([{ StudyInstanceUID: study, named: hiddenByNote, hidden: hiddenByNote }]);
  else expect(listed).toEqual([]);

  const found = await get<Json[]>(`dicom-web/studies/${study}/instances`);
  expect(found.map((each) => each['00080018']?.Value?.[0]).sort()).toEqual(visible.map(([, each]) => each).sort());
  const [row] = await get<Json[]>(`dicom-web/studies?StudyInstanceUID=${study}`);
  expect({
    series: row?.['00201206']?.Value,
    instances: row?.['00201208']?.Value,
    modalities: row?.['00080061']?.Value,
  }).toEqual({
    series: [isListed ? 1 : 2],
    instances: [visible.length],
    modalities: isListed ? ['MR'] : ['CT', 'MR'],
  });
  return isListed;
}

/** The index says the same of every study, instance by instance. */
async function expectConsistent(): Promise<void> {
  const { databaseUrl } = JSON.parse(await readFile(join(dataDir, 'run.json'), 'utf8')) as { databaseUrl: string };
  await using database = openDatabase(databaseUrl, { max: 1, applicationName: 'test' });
  expect(await wrongCounts(database)).toEqual([]);
}

test.each(['archive', 'postgres', 'everything'] as const)(
  'a note that was acknowledged holds although right then %s was killed',
  async (kind) => {
    const study = `8.1.${kind.length}`;
    await storeStudy(study);
    const exchange = await connectNotes();
    const { kill, recover } = await aim(kind);
    const isKept = await sendNote(exchange, study);
    kill();
    expect(isKept).toBe(true);
    await recover();
    expect(await isRejected(study)).toBe(true);
    await expectConsistent();
  },
);

test(`${overtakenNotes} times, a note that a kill overtakes holds whole or not at all, and holds when it comes again (KILL_SEED=${seed})`, async () => {
  let usualMs = Infinity;
  const kinds: Kind[] = ['archive', 'postgres', 'everything', 'archive', 'postgres', 'archive', 'archive', 'postgres'];
  for (const [round, kind] of kinds.slice(0, overtakenNotes).entries()) {
    const studies = [1, 2, 3].map((each) => `8.2.${round + 1}.${each}`);
    // How long a note takes here tells when a kill meets one.
    const measured = `8.3.${round + 1}`;
    await Promise.all([...studies, measured].map(storeStudy));
    const exchanges = await Promise.all([...studies, measured].map(connectNotes));
    const { kill, recover } = await aim(kind);
    const began = performance.now();
    expect(await sendNote(exchanges.pop()!, measured)).toBe(true);
    usualMs = Math.min(usualMs, performance.now() - began); // the first one finds nothing warm

    const sent = studies.map((study, at) => sendNote(exchanges[at]!, study));
    // The very instant is what the test is about; there is no event to wait for.
    await delay(random() * 1.5 * usualMs);
    kill();
    const acknowledged = await Promise.all(sent);
    await recover();
    expect(await isRejected(measured)).toBe(true);
    for (const [at, study] of studies.entries()) {
      const holds = await isRejected(study);
      if (acknowledged[at]) expect(holds).toBe(true);
    }
    await expectConsistent();

    const again = await connectNotes();
    for (const study of studies) {
      expect(await sendNote(again, study)).toBe(true);
      expect(await isRejected(study)).toBe(true);
    }
    await again.release();
    await expectConsistent();
  }
});
