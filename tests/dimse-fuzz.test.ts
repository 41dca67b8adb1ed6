/** Damaged associations against a whole archive; `npm run soak -- dimse` sends as many as one likes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { giveCluster } from './cluster-template.ts';
import { fuzzAnswers, recordAnswers } from './dimse-fuzz/fuzz-answers.ts';
import { fuzzAssociations } from './dimse-fuzz/fuzz-associations.ts';
import { fuzzRetrievals } from './dimse-fuzz/fuzz-retrievals.ts';
import { startFuzzedLightbox, type FuzzedLightbox } from './dimse-fuzz/fuzzed-lightbox.ts';
import { recordAssociations } from './dimse-fuzz/recording.ts';
import { healthOf } from './running-lightbox.ts';
import { damagedAnswers, damagedAssociations } from './thorough.ts';

/** The same ones each time. */
const seed = 'lightbox';
/** C-MOVEs and C-GETs, half of each, whose sub-operations have damaged answers. */
const damagedRetrievals = 600;
/** Thousands take a minute or two where there are that many. */
const patienceMs = 900_000;

let directory: string;
let fuzzed: FuzzedLightbox;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-dimse-fuzz-'));
  await giveCluster(directory);
  fuzzed = await startFuzzedLightbox(directory);
});
afterAll(async () => {
  await fuzzed[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

test(`${damagedAnswers} damaged answers to what we ask neither hold our requestor up, nor fill it, nor break it otherwise`, async () => {
  const recordings = await recordAnswers(fuzzed.port);
  const summary = await fuzzAnswers(recordings, { seed, inputs: damagedAnswers });
  expect(summary.faults).toEqual([]);
  expect(summary.inputs).toBe(damagedAnswers);
  expect(Object.keys(summary.failed)).toEqual(expect.arrayContaining(['AssociationLost', 'AssociationRejected']));
  expect(summary.answered).toBeGreaterThan(damagedAnswers / 100);
  expect(summary.residentMiB.most - summary.residentMiB.before).toBeLessThan(300);
});

test(`${damagedRetrievals} retrievals with damaged sub-operations all end, lose count of nothing, and leave nothing taken up`, async () => {
  const summary = await fuzzRetrievals(fuzzed, { seed, inputs: damagedRetrievals });
  expect(summary.faults).toEqual([]);
  expect(summary.inputs).toBe(damagedRetrievals);
  // Some of each: all arrived, some did, none did.
  expect(Object.keys(summary.moves)).toEqual(expect.arrayContaining([0x0000, 0xb000, 0xa702].map(String)));
  expect(summary.residentMiB.most).toBeLessThan(500);
  expect(await healthOf(fuzzed.lightbox)).toEqual({ status: 'ready', pid: fuzzed.pid });
});

test(
  `${damagedAssociations} damaged associations, of every service, neither end the archive, nor hang it, nor fill it, nor disturb others`,
  async () => {
    const recordings = await recordAssociations(fuzzed.port);
    expect(recordings.length).toBeGreaterThan(2);
    const summary = await fuzzAssociations(fuzzed, recordings, { seed, inputs: damagedAssociations });
    expect(summary.faults).toEqual([]);
    expect(summary.inputs).toBe(damagedAssociations);
    expect(summary.residentMiB.most).toBeLessThan(500);
    expect(summary.echoes.count).toBeGreaterThan(0);
    expect(await healthOf(fuzzed.lightbox)).toEqual({ status: 'ready', pid: fuzzed.pid });
  },
  patienceMs,
);
