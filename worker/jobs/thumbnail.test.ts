import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PixelPool } from '#derive/pixel-pool.ts';
import { storeNumber } from '#index/objects.ts';
import { crSeries } from '#samples/cr.ts';
import { ctSeries } from '#samples/ct.ts';
import { type Attributes, dicomFile } from '#samples/write.ts';
import { openStorage, type Storage } from '#storage/storage.ts';
import { type Keeper, openKeeper } from '#tests/keep-file.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { shareOf, whichFiles } from '#tests/thorough.ts';
import { pino } from 'pino';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { JobParts } from '../job.ts';
import { thumbnail } from './thumbnail.ts';

const corpus = process.env['DICOM_CORPUS'] ?? fileURLToPath(new URL('../../../shared/dicom', import.meta.url));

let directory: string;
let running: TestDatabase;
let storage: Storage;
let keeper: Keeper;
let parts: JobParts;
let pixels: PixelPool;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-thumbnail-'));
  running = await startTestDatabase();
  storage = await openStorage(pathToFileURL(join(directory, 'objects')).href, { spoolDir: directory });
  const store = await storeNumber(running.database, 'file:test');
  keeper = openKeeper(running.url, storage, store);
  pixels = new PixelPool({ threads: 1, waiting: 10 });
  parts = { database: running.database, storage, store, pixels, baseUrl: '/dicom-web', log: pino({ level: 'silent' }) };
});
afterAll(async () => {
  await pixels[Symbol.asyncDispose]();
  await keeper[Symbol.asyncDispose]();
  await running[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});
beforeEach(() =>
  running.database.pool.query('TRUNCATE index.derived, index.instance, index.series, index.study, index.owed CASCADE'),
);

const signal = new AbortController().signal;

async function largestSeries(): Promise<number> {
  const { rows } = await running.database.pool.query(
    'SELECT id FROM index.series ORDER BY number_of_instances DESC, id LIMIT 1',
  );
  return rows[0].id as number;
}

async function makeThumbnail(): Promise<Buffer | undefined> {
  const series = await largestSeries();
  await thumbnail.run(series, parts, signal);
  const { rows } = await running.database.pool.query('SELECT key, length, media_type FROM index.derived');
  if (rows.length === 0) return undefined;
  expect(rows).toEqual([{ key: expect.stringMatching(/^d\//), length: expect.any(Number), media_type: 'image/webp' }]);
  return storage.readRange(rows[0].key as string, 0, rows[0].length as number);
}

async function derivedObjects(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.list('d/')) keys.push(key);
  return keys;
}

/** Mean grey of a thumbnail, 0 … 255. */
async function brightness(picture: Buffer): Promise<number> {
  return (await sharp(picture).greyscale().stats()).channels[0]!.mean;
}

test('a CT series is shown by its middle slice in its first window', async () => {
  for (const { attributes } of ctSeries({ seed: 'thumbnail', number: 0, slices: 3 })) {
    // Only the middle one has something to see.
    const blank = { WindowCenter: -2000, WindowWidth: 2 };
    await keeper.keep(dicomFile(attributes['InstanceNumber'] === 2 ? attributes : { ...attributes, ...blank }));
  }
  const picture = (await makeThumbnail())!;
  expect(await sharp(picture).metadata()).toMatchObject({ format: 'webp', width: 256, height: 256 });
  // Body and lungs on black; with −2000 and 2 everything would be white.
  expect(await brightness(picture)).toBeGreaterThan(20);
  expect(await brightness(picture)).toBeLessThan(120);
});

test('a radiograph keeps its shape', async () => {
  const [sample] = crSeries({ seed: 'thumbnail', number: 1 });
  await keeper.keep(dicomFile(sample!.attributes));
  expect(await sharp(await makeThumbnail()).metadata()).toMatchObject({ width: 211, height: 256 });
});

test('a later run replaces the thumbnail and removes the old object', async () => {
  const before = await derivedObjects();
  const [first, second] = ctSeries({ seed: 'thumbnail', number: 2, slices: 2 });
  await keeper.keep(dicomFile(first!.attributes));
  const old = await makeThumbnail();
  await keeper.keep(dicomFile(second!.attributes));
  const renewed = await makeThumbnail();
  expect(renewed!.equals(old!)).toBe(false);
  expect((await derivedObjects()).length).toBe(before.length + 1);
});

test('the middle frame of a multi-frame instance is shown, one byte range of the object', async () => {
  const frames = [10, 200, 90].map((grey) => Buffer.alloc(32 * 32, grey));
  await keeper.keep(dicomFile(ultrasound({ NumberOfFrames: 3, PixelData: Buffer.concat(frames) })));
  expect(Math.abs((await brightness((await makeThumbnail())!)) - 200)).toBeLessThan(5);
});

test('a series without pixels has no thumbnail, and nothing fails', async () => {
  const { PixelData: _, ...report } = ultrasound({});
  await keeper.keep(dicomFile(report));
  expect(await makeThumbnail()).toBeUndefined();
});

test('pixels that cannot be shown give no thumbnail, and nothing fails', async () => {
  await keeper.keep(dicomFile(ultrasound({ PhotometricInterpretation: 'UNHEARD OF' })));
  expect(await makeThumbnail()).toBeUndefined();
});

test('Pixel Data shorter than its frames says gives no thumbnail, and nothing fails', async () => {
  await keeper.keep(dicomFile(ultrasound({ Rows: 33 })));
  expect(await makeThumbnail()).toBeUndefined();
});

test('a series that is gone is no error', async () => {
  await thumbnail.run(123_456, parts, signal);
});

test('an object that was truncated fails the run: it may be healed', async () => {
  const { key } = await keeper.keep(dicomFile(ultrasound({})));
  await truncate(join(directory, 'objects', key), 300);
  await expect(makeThumbnail()).rejects.toThrow('ends at byte');
});

describe.skipIf(!existsSync(corpus))(`real files${existsSync(corpus) ? '' : ' (the DICOM corpus is missing)'}`, () => {
  test('the CT of the corpus', async () => {
    const folder = join(corpus, 'series/ct-chest-siemens');
    for (const name of readdirSync(folder).filter((each) => each.endsWith('.dcm'))) {
      await keeper.keep(readFileSync(join(folder, name)));
    }
    expect(await brightness((await makeThumbnail())!)).toBeGreaterThan(10);
  });

  test(`what the corpus holds ends with a thumbnail or without one, never with a failure: ${whichFiles}`, async () => {
    const files = shareOf(
      readdirSync(corpus, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.parentPath.includes('/series'))
        .map(({ parentPath, name }) => join(parentPath, name))
        .sort(),
      (path) => path,
    );
    let made = 0;
    const failures: string[] = [];
    for (const path of files) {
      await running.database.pool.query('TRUNCATE index.derived, index.instance, index.series, index.study CASCADE');
      const kept = await keeper.keep(readFileSync(path)).catch(() => undefined);
      if (!kept) continue; // no data set, or one without its UIDs: it never gets as far as a job
      try {
        if (await makeThumbnail()) made++;
      } catch (error) {
        failures.push(`${path}: ${String(error)}`);
      }
    }
    expect(failures).toEqual([]);
    expect(made).toBeGreaterThan(files.length / 4);
  });
});

function ultrasound(differs: Attributes): Attributes {
  return {
    SpecificCharacterSet: 'ISO_IR 192',
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.3.1',
    SOPInstanceUID: '2.25.1',
    StudyInstanceUID: '2.25.2',
    SeriesInstanceUID: '2.25.3',
    Modality: 'US',
    PatientID: 'X1',
    PatientName: 'TRẦN^THỬ',
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: 32,
    Columns: 32,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
    PixelData: Buffer.alloc(32 * 32, 77),
    ...differs,
  };
}
