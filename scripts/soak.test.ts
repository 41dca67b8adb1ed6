import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('soak.ts', import.meta.url));

/** What it says on a machine without S3 server and Redis. With nowhere to write it ends where its first part would begin. */
async function soak(part: string): Promise<{ lines: string; status: number | null }> {
  const child = spawn(process.execPath, [script, part], {
    env: { PATH: '', TMPDIR: '/nowhere' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'close');
  const lines = await text(child.stdout);
  const [status] = (await ended) as [number | null];
  return { lines, status };
}

test('without an S3 server and a Redis a soak of everything says so, and one of the bucket is at fault', async () => {
  const all = await soak('all');
  expect(all.lines).toMatch(
    /^without bucket: TEST_S3_URL is not set and .* is not installed; redis-server is not installed$/m,
  );
  expect(all.lines).not.toContain('FAULT');
  const bucket = await soak('bucket');
  expect([bucket.status, bucket.lines]).toEqual([1, expect.stringContaining('FAULT redis-server is not installed\n')]);
});
