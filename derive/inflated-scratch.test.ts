import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { InflatedScratch } from './inflated-scratch.ts';

const whole = randomBytes(10_000);
const piece = (from: number, to: number): [Buffer, number] => [whole.subarray(from, to), from];

test('what was kept is read back, of the last bytes that it has room for', async () => {
  using scratch = new InflatedScratch(1_000);
  expect(scratch.holds({ offset: 0, length: 1 })).toBe(false);
  for (let at = 300; at < 10_000; at += 700) {
    const end = Math.min(at + 700, 10_000);
    await scratch.keep(...piece(at, end));
    const from = Math.max(300, end - 1_000);
    expect(scratch.holds({ offset: from - 1, length: 2 })).toBe(false);
    expect(scratch.holds({ offset: end - 1, length: 2 })).toBe(false);
    for (const [offset, length] of [
      [from, end - from],
      [from, 1],
      [end - 1, 1],
      [from + 10, 500],
    ] as const) {
      expect(scratch.holds({ offset, length })).toBe(true);
      expect(await scratch.read({ offset, length })).toEqual(whole.subarray(offset, offset + length));
    }
  }
});

test('a piece that is longer than all of it leaves its end', async () => {
  using scratch = new InflatedScratch(1_000);
  await scratch.keep(...piece(0, 2_500));
  expect(await scratch.read({ offset: 1_500, length: 1_000 })).toEqual(whole.subarray(1_500, 2_500));
  expect(scratch.holds({ offset: 1_499, length: 1 })).toBe(false);
});

test('bytes that are overwritten while they are read are not given', async () => {
  using scratch = new InflatedScratch(1_000);
  await scratch.keep(...piece(0, 1_000));
  const reading = scratch.read({ offset: 0, length: 500 });
  const [read] = await Promise.all([reading, scratch.keep(...piece(1_000, 1_100))]);
  expect(read).toBeUndefined();
});

test('its file has no name, and one that cannot be made holds nothing', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lightbox-scratch-'));
  const { TMPDIR } = process.env;
  try {
    process.env['TMPDIR'] = directory;
    using scratch = new InflatedScratch(1_000);
    await scratch.keep(...piece(0, 100));
    expect(scratch.holds({ offset: 0, length: 100 })).toBe(true);
    expect(await readdir(directory)).toEqual([]);
    process.env['TMPDIR'] = join(directory, 'nowhere');
    using without = new InflatedScratch(1_000);
    await without.keep(...piece(0, 100));
    expect(without.holds({ offset: 0, length: 100 })).toBe(false);
  } finally {
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
    await rm(directory, { recursive: true });
  }
});

test.skipIf(process.getuid?.() !== 0)(
  'of a piece for which the disk had no room to the end nothing is given, also when there is room again (as root)',
  async (context) => {
    const directory = await mkdtemp(join(tmpdir(), 'lightbox-scratch-'));
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory]).status !== 0)
      context.skip('this machine lets nobody mount (as root)');
    const { TMPDIR } = process.env;
    try {
      process.env['TMPDIR'] = directory;
      await writeFile(join(directory, 'of others'), Buffer.alloc(60 * 1024));
      using scratch = new InflatedScratch(10_000);
      await scratch.keep(...piece(0, 6_000));
      await rm(join(directory, 'of others'));
      await scratch.keep(...piece(6_000, 8_000));
      expect(await scratch.read({ offset: 3_000, length: 4_000 })).toBeUndefined();
    } finally {
      if (TMPDIR === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = TMPDIR;
      spawnSync('umount', ['--lazy', directory]);
      await rm(directory, { recursive: true });
    }
  },
);
