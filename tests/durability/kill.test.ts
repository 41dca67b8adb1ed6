import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { giveCluster } from '../cluster-template.ts';
import { killRounds } from './kill-rounds.ts';

const seed = process.env['KILL_SEED'] ?? String(Date.now());
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'lightbox-kill-'));
  await giveCluster(dataDir);
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

test(`15 kills at random instants lose nothing acknowledged and leave nothing half (KILL_SEED=${seed})`, async () => {
  const summary = await killRounds({ seed, rounds: 15, dataDir });
  expect(summary.faults).toEqual([]);
  expect(summary.killed).toEqual({ archive: 3, worker: 3, postgres: 3, launcher: 3, everything: 3 });
  expect(summary.acknowledged).toBeGreaterThan(15);
  expect(summary.intact).toBe(summary.acknowledged);
  expect(summary.rebuilt).toBe(summary.acknowledged);
});
