/**
 * A Redis of a test's own, in memory, on a free port of this machine.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';

import { freePort } from './free-port.ts';
import { isInstalled } from './installed.ts';

/** Why there is no Redis to test with; empty when there is one. */
export const withoutRedis = isInstalled('redis-server') ? '' : 'redis-server is not installed';

/** @param port  one that nothing listens on: that of a Redis which has ended, for one that comes back */
export async function startRedis(
  port?: number,
): Promise<{ readonly url: string; readonly port: number } & AsyncDisposable> {
  port ??= await freePort();
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', tmpdir()];
  const redis = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: redis.stdout });
  for await (const line of lines) if (line.includes('Ready to accept connections')) break;
  redis.stdout.resume();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    async [Symbol.asyncDispose]() {
      const ended = once(redis, 'exit');
      redis.kill();
      await ended;
    },
  };
}
