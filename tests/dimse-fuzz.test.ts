/** Damaged associations against a whole archive; `npm run soak -- dimse` sends as many as one likes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { giveCluster } from './cluster-template.ts';
import { fuzzAnswers, recordAnswers } from './dimse-fuzz/fuzz-answers.ts';
import { fuzzAssociations } from './dimse-fuzz/fuzz-associations.ts';
import { fuzzRetrievals, openHostileDestinations } from './dimse-fuzz/fuzz-retrievals.ts';
import type { HostileDestination } from './dimse-fuzz/hostile-destination.ts';
import { knowingItself, recordAssociations } from './dimse-fuzz/recording.ts';
import { healthOf, startLightbox, type RunningLightbox } from './running-lightbox.ts';
import { damagedAnswers, damagedAssociations, damagedRetrievals } from './thorough.ts';

const inputs = damagedAssociations;

let directory: string;
let lightbox: RunningLightbox;
let destinations: HostileDestination[];
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-dimse-fuzz-'));
  await giveCluster(directory);
  destinations = await openHostileDestinations();
  const { DEVICES, ...itself } = await knowingItself();
  const devices = destinations.map(({ aeTitle, port }) => `${aeTitle}@127.0.0.1:${port}`);
  const settings = { ADMIN_PASSWORD: 'nobody logs in here', ...itself, DEVICES: [DEVICES, ...devices].join(',') };
  lightbox = await startLightbox({ dataDir: directory, settings });
});
afterAll(async () => {
  for (const destination of destinations) await destination[Symbol.asyncDispose]();
  await lightbox[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

test(`${damagedAnswers} damaged answers to what we ask neither hold our requestor up, nor fill it, nor break it otherwise`, async () => {
  const recordings = await recordAnswers(Number(lightbox.dicom.split(':')[1]));
  const summary = await fuzzAnswers(recordings, { seed: 'lightbox', inputs: damagedAnswers });
  expect(summary.faults).toEqual([]);
  expect(summary.inputs).toBe(damagedAnswers);
  expect(Object.keys(summary.failed)).toEqual(expect.arrayContaining(['AssociationLost', 'AssociationRejected']));
  expect(summary.answered).toBeGreaterThan(damagedAnswers / 100);
  expect(summary.residentMiB.most - summary.residentMiB.before).toBeLessThan(300);
}, 600_000);

test(`${damagedRetrievals} retrievals with damaged sub-operations all end, lose count of nothing, and leave nothing taken up`, async () => {
  const port = Number(lightbox.dicom.split(':')[1]);
  const { pid } = await healthOf(lightbox);
  const summary = await fuzzRetrievals({ port, pid }, destinations, { seed: 'lightbox', inputs: damagedRetrievals });
  expect(summary.faults).toEqual([]);
  expect(summary.inputs).toBe(damagedRetrievals);
  // Some of each: all arrived, some did, none did.
  expect(Object.keys(summary.moves)).toEqual(expect.arrayContaining([0x0000, 0xb000, 0xa702].map(String)));
  expect(summary.residentMiB.most).toBeLessThan(500);
  expect(await healthOf(lightbox)).toEqual({ status: 'ready', pid });
}, 600_000);

test(`${inputs} damaged associations, of every service, neither end the archive, nor hang it, nor fill it, nor disturb others`, async () => {
  const port = Number(lightbox.dicom.split(':')[1]);
  const recordings = await recordAssociations(port);
  expect(recordings.length).toBeGreaterThan(2);
  const { pid } = await healthOf(lightbox);
  const summary = await fuzzAssociations({ port, pid, recordings, seed: 'lightbox', inputs });
  expect(summary.faults).toEqual([]);
  expect(summary.inputs).toBe(inputs);
  expect(summary.residentMiB.most).toBeLessThan(500);
  expect(summary.echoes.count).toBeGreaterThan(0);
  expect(await healthOf(lightbox)).toEqual({ status: 'ready', pid });
}, 600_000);
