import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

import { cpuMs, forgetPeak, peakMb } from './server-load.ts';

/** A process of ours that does something, says so, and stays until it is killed. */
async function child(script: string): Promise<{ pid: number } & AsyncDisposable> {
  const started = spawn(process.execPath, ['-e', `${script}; console.log('done'); setInterval(() => {}, 1e6)`]);
  await once(started.stdout, 'data');
  return {
    pid: started.pid!,
    async [Symbol.asyncDispose]() {
      const ended = once(started, 'exit');
      started.kill('SIGKILL');
      await ended;
    },
  };
}

test('a process that is named beside the one that started it is counted once', async () => {
  await using busy = await child('while (process.cpuUsage().user < 5e5);');
  const own = await cpuMs([busy.pid]);
  expect(own).toBeGreaterThan(400);
  const [alone, twice] = [await cpuMs([process.pid]), await cpuMs([busy.pid, process.pid])];
  expect(twice - alone).toBeLessThan(own / 2);
});

test('a peak that was forgotten does not come back', async () => {
  await using program = await child(`
    Buffer.alloc(400e6, 1);
    require('node:v8').setFlagsFromString('--expose-gc');
    require('node:vm').runInNewContext('gc')()`);
  expect(await peakMb(program.pid)).toBeGreaterThan(380);
  await forgetPeak(program.pid);
  expect(await peakMb(program.pid)).toBeLessThan(300);
});
