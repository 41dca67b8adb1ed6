import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isInstalled } from '#tests/installed.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-samples-'));
  for (const out of ['one', 'two']) samples('--out', join(directory, out), '--studies', '2', '--slices', '3');
});
afterAll(() => rm(directory, { recursive: true }));

function samples(...args: string[]): ReturnType<typeof spawnSync> {
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
}

test('one study is a CT series, the next a radiograph, as many as are wanted', async () => {
  expect((await readdir(join(directory, 'one'), { recursive: true })).sort()).toEqual([
    'study-1',
    'study-1/ct-0001.dcm',
    'study-1/ct-0002.dcm',
    'study-1/ct-0003.dcm',
    'study-2',
    'study-2/cr-0001.dcm',
  ]);
});

test('the same seed gives the same bytes, another seed other instances', async () => {
  samples('--out', join(directory, 'other'), '--studies', '1', '--slices', '3', '--seed', 'another');
  const file = (out: string) => readFile(join(directory, out, 'study-1/ct-0002.dcm'));
  expect((await file('one')).equals(await file('two'))).toBe(true);
  expect((await file('one')).equals(await file('other'))).toBe(false);
});

test('wrong arguments are named, with how it is used', () => {
  expect(samples()).toMatchObject({ status: 2, stderr: expect.stringContaining('--out') });
  const tooMany = samples('--out', directory, '--slices', 'many');
  expect(tooMany).toMatchObject({ status: 2, stderr: expect.stringContaining('--slices is "many"') });
});

const dcmdump = isInstalled('dcmdump');

describe.skipIf(!dcmdump)(`as DCMTK reads them${dcmdump ? '' : ' (dcmdump is not installed)'}`, () => {
  function dump(file: string): string {
    return execFileSync('dcmdump', ['-q', join(directory, 'one', file)], { encoding: 'utf8' });
  }

  test('names are UTF-8 with their accents', () => {
    expect(dump('study-1/ct-0001.dcm')).toContain('[NGUYỄN^VĂN ÁNH]');
    expect(dump('study-2/cr-0001.dcm')).toContain('[ĐẶNG^THỊ HUỆ]');
    expect(dump('study-1/ct-0001.dcm')).toContain('ISO_IR 192');
  });

  test('no complaint is made, and the pixels can be shown', () => {
    for (const file of ['study-1/ct-0001.dcm', 'study-2/cr-0001.dcm']) {
      const path = join(directory, 'one', file);
      const read = spawnSync('dcmdump', ['-q', '-v', '+E', path], { encoding: 'utf8' });
      expect(read.stderr).not.toMatch(/^[WEF]:/m);
      const shown = spawnSync('dcm2pnm', ['+Wi', '1', '--write-raw-pnm', path], { maxBuffer: 2 ** 26 });
      expect([shown.status, shown.stdout.toString('latin1', 0, 2)]).toEqual([0, 'P5']);
    }
  });

  test('slices lie one above the other in one frame of reference, as far apart as they are thick', () => {
    const z = [1, 2, 3].map((n) => {
      const text = dump(`study-1/ct-000${n}.dcm`);
      return Number(/\(0020,0032\) DS \[[^\\]+\\[^\\]+\\([^\]]+)\]/.exec(text)?.[1]);
    });
    expect(z).toEqual([-100, 0, 100]);
    expect(dump('study-1/ct-0001.dcm')).toContain('(0018,0050) DS [100]');
  });
});
