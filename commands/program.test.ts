import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';

import { Program } from './program.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-program-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Starts a program that holds its output open, says which, and crashes when it is told of processes. */
const crashing = `
  import { spawn } from 'node:child_process';
  const { pid } = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'inherit' });
  process.stdout.write(pid + '\\n');
  process.on('message', ({ type }) => type === 'processes' && process.exit(1));
  process.send({ type: 'ready', addresses: {} });
`;

test('a program that has crashed, and whose output another one holds open, is stopped at once', async () => {
  const script = join(directory, 'crashing.mjs');
  await writeFile(script, crashing);
  const { promise: holder, resolve } = Promise.withResolvers<number>();
  const program = new Program({
    name: 'archive',
    script,
    environment: { PATH: process.env['PATH'] },
    heapMiB: 64,
    busyPortUntil: 0,
    onLine: (line) => resolve(Number(line)),
    onState: () => {},
    onAdminPassword: () => {},
  });
  await program.start();
  const { pid } = program.state;
  const held = await holder;
  // Also when the stop never ends.
  onTestFinished(() => void process.kill(held));
  program.tell({ type: 'processes', processes: [], recordLostSince: null });
  await vi.waitFor(() => expect(() => process.kill(pid!, 0)).toThrow('ESRCH'), 10_000);
  await program.stop(60_000);
  expect(program.state.state).toBe('stopped');
});
