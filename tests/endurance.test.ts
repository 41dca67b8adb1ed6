/** Ordinary days after one another; `npm run soak -- days` has as many as one likes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { giveCluster } from './cluster-template.ts';
import { endure } from './endurance/endure.ts';
import { everyday } from './endurance/everyday.ts';
import { ordinarySettings } from './endurance/site.ts';
import { startLightbox, type RunningLightbox } from './running-lightbox.ts';
import { everydayActs } from './thorough.ts';

let directory: string;
let lightbox: RunningLightbox;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-endurance-'));
  await giveCluster(directory);
  lightbox = await startLightbox({ dataDir: directory, settings: await ordinarySettings() });
});
afterAll(async () => {
  await lightbox[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

test(`${everydayActs} things that people and machines do all day, well and badly, leave nothing open`, async () => {
  const { done, faults } = await endure(lightbox, { seed: 'lightbox', acts: everydayActs });
  expect(faults).toEqual([]);
  expect(Object.keys(done).length).toBeGreaterThan(everyday.length / 2);
});
