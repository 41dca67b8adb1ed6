import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const lightbox = fileURLToPath(new URL('../lightbox.ts', import.meta.url));

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-compiled-'));
});
afterAll(() => rm(directory, { recursive: true }));

const help = (place: string) =>
  run(process.execPath, [lightbox, 'help'], { env: { ...process.env, NODE_COMPILE_CACHE: place } });

test('compiled code is kept where the operator says', async () => {
  const place = join(directory, 'kept');
  await help(place);
  const [version = ''] = await readdir(place);
  expect((await readdir(join(place, version))).length).toBeGreaterThan(10);
});

test('where it cannot be kept, everything works all the same', async () => {
  const place = join(directory, 'a-file');
  await writeFile(place, '');
  expect((await help(place)).stdout).toContain('lightbox start');
});
