import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { zip } from './zip.ts';
import type { ZippedFile } from './zip.ts';

async function* piecesOf(...pieces: string[]): AsyncGenerator<Uint8Array, void, void> {
  for (const piece of pieces) yield Buffer.from(piece);
}

/** What Python's zipfile finds when it reads all of it, lengths and CRCs included: the names, and how long each file is. */
async function listed(files: AsyncIterable<ZippedFile>): Promise<[string, number][]> {
  const place = await mkdtemp(join(tmpdir(), 'lightbox-zip-'));
  try {
    const path = join(place, 'it.zip');
    const pieces: Uint8Array[] = [];
    for await (const piece of zip(files)) pieces.push(piece);
    await writeFile(path, pieces);
    const script = `import json, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
print(json.dumps([[i.filename, i.file_size] for i in z.infolist()]))`;
    const options = { maxBuffer: 2 ** 26 };
    const { stdout } = await promisify(execFile)('python3', ['-c', script, path], options);
    return JSON.parse(stdout) as [string, number][];
  } finally {
    await rm(place, { recursive: true });
  }
}

test('files are there with their names, deflated or as they are, empty ones too', async () => {
  const files = async function* (): AsyncGenerator<ZippedFile, void, void> {
    yield { name: 'thư mục/ảnh 1.dcm', pieces: piecesOf('one', 'two'), isDeflated: true };
    yield { name: 'b', pieces: piecesOf('three'), isDeflated: false };
    yield { name: 'c', pieces: piecesOf(), isDeflated: false };
    yield { name: 'd', pieces: piecesOf(), isDeflated: true };
    yield { name: 'e', pieces: piecesOf('of zeros', '\0'.repeat(5_000_000)), isDeflated: true };
    yield { name: 'f', pieces: piecesOf(randomBytes(1_500_000).toString('latin1')), isDeflated: true };
  };
  expect(await listed(files())).toEqual([
    ['thư mục/ảnh 1.dcm', 6],
    ['b', 5],
    ['c', 0],
    ['d', 0],
    ['e', 5_000_008],
    ['f', expect.any(Number)],
  ]);
});

test('more files than the format knew once are there, and of each that is through hardly anything is held', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const used = (): number => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const count = 66_000;
  let held = 0;
  const files = async function* (): AsyncGenerator<ZippedFile, void, void> {
    const before = used();
    for (let at = 0; at < count; at++)
      yield { name: `${at}`, pieces: piecesOf(`file ${at}`), isDeflated: at % 100 === 0 };
    held = used() - before;
  };
  const found = await listed(files());
  expect(found).toHaveLength(count);
  expect(found.at(-1)).toEqual(['65999', 10]);
  expect(held / count).toBeLessThan(1_000);
});

test('what cannot be read breaks it off, and what is being read is closed where nobody wants more', async () => {
  const failing = async function* (): AsyncGenerator<Uint8Array, void, void> {
    yield Buffer.from('begun');
    throw new Error('no more of it');
  };
  const broken = async function* (): AsyncGenerator<ZippedFile, void, void> {
    yield { name: 'a', pieces: failing(), isDeflated: true };
  };
  await expect(listed(broken())).rejects.toThrow('no more of it');

  for (const isDeflated of [false, true]) {
    const closed: string[] = [];
    const endless = async function* (): AsyncGenerator<Uint8Array, void, void> {
      try {
        for (;;) yield Buffer.alloc(100_000, Math.random() * 256);
      } finally {
        closed.push('pieces');
      }
    };
    const files = async function* (): AsyncGenerator<ZippedFile, void, void> {
      try {
        yield { name: 'a', pieces: endless(), isDeflated };
      } finally {
        closed.push('files');
      }
    };
    const stream = Readable.from(zip(files()));
    await once(stream, 'data');
    stream.destroy();
    await expect.poll(() => closed).toEqual(['pieces', 'files']);
  }
});
