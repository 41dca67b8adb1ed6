// How `npm test` runs: beside their files and in tests/, with real servers and processes, so with time to start them.
import { defineConfig } from 'vitest/config';

const nowhere = ['node_modules/**', 'dist/**', 'data/**'];
/** Data and functions, and sockets of their own: what one of these files does, the next cannot see. One measures its memory. */
const together = ['{dicom,samples,viewer}/**/!(multipart-reader).test.ts'];

/** Doors and accounts, which leave behind them what they found. Three look at what their process holds: that is to be theirs alone. */
const inTurn = [
  '{access,workflow,archive/{api,http}}/**/*.test.ts',
  'archive/dicomweb/!(saturated|unsent|zipped).test.ts',
];

/** Whole systems, browsers and the filled index: each keeps a core and more busy. They come first: begun last they would end alone. */
const whole = ['tests/**/*.test.ts', 'index/plans.test.ts'];
/** The others wait for each other's answers half of their time. */
const many = { maxWorkers: 3, sequence: { groupOrder: 1 } };

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'whole', include: whole, exclude: nowhere, maxWorkers: 2 } },
      // With a process for each of them, the same modules would be loaded fifty times.
      { extends: true, test: { name: 'dicom', include: together, exclude: nowhere, isolate: false, ...many } },
      // Nor here: of the processor time of these, a quarter was for loading the archive's modules again for each file.
      { extends: true, test: { name: 'doors', include: inTurn, exclude: nowhere, isolate: false, ...many } },
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['**/*.test.ts'],
          exclude: [...nowhere, ...together, ...inTurn, ...whole],
          ...many,
        },
      },
    ],
    globalSetup: 'tests/cluster-template.ts',
    pool: 'forks',
    // Node runs the files as they are, here as everywhere, and finds what it has compiled before; Vite would rewrite each module first,
    // and each use of an import would go through an object of its own.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    // Browsers and servers share two cores, perhaps with others: what is waited for may come late, so only what never comes fails.
    // Where a machine of others' runs them unattended, what a browser was late for has a second chance, and is named; at a desk it fails.
    retry: process.env['CI'] ? 1 : 0,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000, interval: 50 } },
  },
});
