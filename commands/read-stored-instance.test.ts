import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPart10 } from '#dicom/file/part10-reader.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { InstanceReader } from '#index/instance-reader.ts';
import { limits } from '#settings/limits.ts';
import { openStorage, type Storage } from '#storage/storage.ts';
import { corpusPath, hasCorpus, manifest } from '#tests/corpus.ts';
import { explicit, smallInstance } from '#tests/dataset-bytes.ts';

import { readStoredInstance } from './read-stored-instance.ts';
import { putObject } from './test-objects.ts';

let directory: string;
let storage: Storage;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-read-stored-'));
  storage = await openStorage(`file://${directory}`, { spoolDir: join(directory, 'spool'), reserveBytes: 0 });
});
afterAll(async () => {
  await storage[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** The storage, and how many bytes were read from it. */
function watched(): { storage: Storage; bytesRead: () => number } {
  let bytes = 0;
  const readRange: Storage['readRange'] = (key, offset, length) => {
    bytes += length;
    return storage.readRange(key, offset, length);
  };
  return { storage: Object.assign(Object.create(storage) as Storage, { readRange }), bytesRead: () => bytes };
}

async function readBack(dataset: Buffer, syntax?: string) {
  const key = await putObject(storage, { dataset, SOPInstanceUID: '1.2', ...(syntax && { syntax }) });
  const { storage: seen, bytesRead } = watched();
  const found = { key, length: (await storage.length(key)) ?? 0, order: 0, version: 1 };
  return { record: await readStoredInstance(seen, 1, found), bytesRead: bytesRead() };
}

test('Pixel Data is not read, and what follows it is', async () => {
  const pixels = 5_000_000;
  const dataset = Buffer.concat([
    smallInstance({ pixels: Buffer.alloc(pixels) }),
    explicit(0xfffcfffc, 'OB', Buffer.alloc(10)),
  ]);
  const { record, bytesRead } = await readBack(dataset);
  expect(record).toMatchObject({ sop_instance_uid: '1.2.3.4.5', pixel_length: pixels });
  expect(bytesRead).toBeLessThan(70_000);
});

test('a data set that ends too early is found out without reading its Pixel Data', async () => {
  const dataset = smallInstance({ pixels: Buffer.alloc(5_000_000) });
  await expect(readBack(dataset.subarray(0, -1))).rejects.toThrow('ends 1 bytes before the value does');
});

test.runIf(hasCorpus)('every real file reads the same with its pixels passed by as read through', async () => {
  let compared = 0;
  for (const { path } of manifest()) {
    const file = createReadStream(corpusPath(path as string));
    const opened = await openPart10(file).catch(() => undefined);
    const syntax = transferSyntaxes.get(opened?.transferSyntaxUID ?? '');
    if (!opened || !syntax) continue;
    const dataset = await buffer(opened.dataset);
    const reader = new InstanceReader(syntax, limits.dataset);
    const through = await (async () => {
      await reader.write(dataset);
      return reader.end();
    })().catch((error: Error) => error.message);
    reader.destroy();
    const passed = await readBack(dataset, syntax.uid).catch((error: Error) => error.message);
    if (typeof through === 'string' || typeof passed === 'string') {
      expect([path, passed]).toEqual([path, through]);
      continue;
    }
    const { record } = passed;
    expect([path, record['pixel_offset'], record['pixel_length'], record['frames']]).toEqual([
      path,
      through.pixels?.offset ?? null,
      through.pixels?.length ?? null,
      through.frames?.toString('base64') ?? null,
    ]);
    compared++;
  }
  expect(compared).toBeGreaterThan(300);
});
