import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { giveCluster } from '#tests/cluster-template.ts';
import { killRounds as rounds } from '#tests/thorough.ts';
import { killRounds } from './kill-rounds.ts';

const seed = process.env['KILL_SEED'] ?? String(Date.now());
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'lightbox-kill-'));
  await giveCluster(dataDir);
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

test(`${rounds} kills at random instants lose nothing acknowledged and leave nothing half (KILL_SEED=${seed})`, async () => {
  const summary = await killRounds({ seed, rounds, dataDir });
  expect(summary.faults).toEqual([]);
  const ofEach = rounds / 5;
  expect(summary.killed).toEqual({
    archive: ofEach,
    worker: ofEach,
    postgres: ofEach,
    launcher: ofEach,
    everything: ofEach,
  });
  expect(summary.acknowledged).toBeGreaterThan(rounds);
  expect(summary.intact).toBe(summary.acknowledged);
  expect(summary.rebuilt).toBe(summary.acknowledged);
});
