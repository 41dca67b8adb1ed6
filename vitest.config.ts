// How `npm test` runs: beside their files and in tests/, with real servers and processes, so with time to start them.
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The whole-system tests and the filled index take longest: begun first, they do not end alone. */
class LongTestsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const long = ['tests/', 'index/plans.test.ts'].map((path) => `${import.meta.dirname}/${path}`);
    const isLong = ({ moduleId }: TestSpecification): boolean => long.some((path) => moduleId.startsWith(path));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

const nowhere = ['node_modules/**', 'dist/**', 'data/**'];
/** Data and functions, and sockets of their own: what one of these files does, the next cannot see. One measures its memory. */
const together = ['{dicom,samples,viewer}/**/!(multipart-reader).test.ts'];

export default defineConfig({
  test: {
    projects: [
      // With a process for each of them, the same modules would be loaded fifty times.
      { extends: true, test: { name: 'dicom', include: together, exclude: nowhere, isolate: false } },
      { extends: true, test: { name: 'lightbox', include: ['**/*.test.ts'], exclude: [...nowhere, ...together] } },
    ],
    globalSetup: 'tests/cluster-template.ts',
    pool: 'forks',
    // Node runs the files as they are, here as everywhere, and finds what it has compiled before; Vite would rewrite each module first,
    // and each use of an import would go through an object of its own.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    maxWorkers: 2,
    sequence: { sequencer: LongTestsFirst },
    // Browsers and servers share two cores, perhaps with others: what is waited for may come late, so only what never comes fails.
    // Where a machine of others' runs them unattended, what a browser was late for has a second chance, and is named; at a desk it fails.
    retry: process.env['CI'] ? 1 : 0,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000, interval: 50 } },
  },
});
