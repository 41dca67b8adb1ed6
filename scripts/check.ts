/**
 * `npm run check`: types, lint with the layers and no cycles, format, dead code, imports. Runs all of it, then says what failed.
 */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const checks = [
  { name: 'types', command: ['tsc', '--project', '.', '--noEmit'] },
  { name: 'lint, layers, cycles', command: ['oxlint', '--deny-warnings'] },
  { name: 'format', command: ['prettier', '--check', '--log-level=warn', '.'] },
  { name: 'dead code', command: ['knip', '--no-progress'] },
  { name: 'imports within a folder', command: ['node', 'scripts/own-imports.ts'] },
] as const;

const results = await Promise.all(checks.map(async (check) => ({ ...check, ...(await run(check.command)) })));
for (const { name, ok, output } of results) {
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name}\n`);
  if (!ok) process.stdout.write(`${output.trimEnd()}\n\n`);
}
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;

async function run([program, ...args]: readonly [string, ...string[]]): Promise<{ ok: boolean; output: string }> {
  // The programs of node_modules/.bin are JavaScript behind links (npm makes .cmd files of them on Windows).
  const child = spawn(program, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  const { promise: status, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject);
  child.once('close', resolve);
  const [out, complaints, code] = await Promise.all([text(child.stdout), text(child.stderr), status]);
  return { ok: code === 0, output: out + complaints };
}
