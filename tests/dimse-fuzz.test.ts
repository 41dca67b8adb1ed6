/** Damaged associations against a whole archive; `npm run soak -- dimse` sends as many as one likes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { giveCluster } from './cluster-template.ts';
import { fuzzAnswers, recordAnswers } from './dimse-fuzz/fuzz-answers.ts';
import { fuzzAssociations } from './dimse-fuzz/fuzz-associations.ts';
import { knowingItself, recordAssociations } from './dimse-fuzz/recording.ts';
import { healthOf, startLightbox, type RunningLightbox } from './running-lightbox.ts';
import { damagedAnswers, damagedAssociations } from './thorough.ts';

const inputs = damagedAssociations;

let directory: string;
let lightbox: RunningLightbox;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-dimse-fuzz-'));
  await giveCluster(directory);
  const settings = { ADMIN_PASSWORD: 'nobody logs in here', ...(await knowingItself()) };
  lightbox = await startLightbox({ dataDir: directory, settings });
});
afterAll(async () => {
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
