/**
 * `npm test`: every test by vitest, and as the last line `N passed, N failed, N skipped`.
 * With REQUIRE_ALL=1 a skipped test counts as failed: where everything must be there, a missing peer is a failure.
 * Only a test that says "(as root)" or "(not as root)" may be skipped even then: nobody is both at once.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { z } from 'zod';

const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');

const testReport = z.object({
  success: z.boolean(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

const directory = await mkdtemp(join(tmpdir(), 'lightbox-test-report-'));
try {
  process.exitCode = await run(directory);
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function run(directory: string): Promise<number> {
  const reportPath = join(directory, 'report.json');
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`];
  const child = spawn(process.execPath, [vitest, ...args, ...process.argv.slice(2)], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    // The tests start hundreds of processes of ours: what V8 made of their modules is kept for the next one.
    env: { ...process.env, NODE_COMPILE_CACHE: join(directory, 'compiled') },
  });
  const [status] = (await once(child, 'exit')) as [number | null];
  const report = testReport.parse(JSON.parse(await readFile(reportPath, 'utf8')));

  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const passed = tests.filter((test) => test.status === 'passed');
  const skipped = tests.filter((test) => test.status !== 'passed' && test.status !== 'failed');
  const failed = tests.length - passed.length - skipped.length;
  // A file that cannot be loaded has no tests; an error outside of every test fails the run all the same.
  const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  const elsewhere = failed === 0 && broken.length === 0 && (status !== 0 || !report.success) ? 1 : 0;

  const required = process.env['REQUIRE_ALL'] === '1';
  const missing = required ? skipped.filter(({ fullName }) => !/\((not )?as root\)/.test(fullName)) : [];
  for (const test of skipped) {
    process.stdout.write(`${missing.includes(test) ? 'failed, because skipped' : 'skipped'}: ${test.fullName}\n`);
  }
  const allFailed = failed + broken.length + elsewhere + missing.length;
  process.stdout.write(`${passed.length} passed, ${allFailed} failed, ${skipped.length - missing.length} skipped\n`);
  return allFailed === 0 ? 0 : 1;
}
