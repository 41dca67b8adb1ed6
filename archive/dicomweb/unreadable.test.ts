import fs from 'node:fs';
import { copyFile, mkdtemp, readFile, rename, rm, stat, truncate } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseWhole } from '#dicom/file/parse.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { limits } from '#settings/limits.ts';
import { explicit, smallInstance, us } from '#tests/dataset-bytes.ts';
import { encapsulated } from '#tests/one-frame-file.ts';
import { partsOf, startTestDicomweb, type TestDicomweb } from './test-dicomweb.ts';

const explicitLE = '1.2.840.10008.1.2.1';
const implicitLE = '1.2.840.10008.1.2';
const little = { explicitVR: true, bigEndian: false };
const series = '/studies/1.30/series/1.30.1';
const dicom = 'application/dicom; transfer-syntax=*';
const parts = `multipart/related; type="application/dicom"; transfer-syntax=*`;
const unreadable = { status: 500, code: 'objectUnreadable', reason: 'a stored object cannot be read' };

describe('a stored object that is', () => {
  let directory: string;
  let dicomweb: TestDicomweb;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lightbox-unreadable-'));
    dicomweb = await startTestDicomweb({ STORAGE_URL: pathToFileURL(directory).href });
    // The third is longer than what is read at once.
    const slices = [256, 256, 3_000_000].map((length, at) =>
      smallInstance({
        study: '1.30',
        series: '1.30.1',
        instance: `1.30.1.${at + 1}`,
        pixels: Buffer.alloc(length, at),
      }),
    );
    // One after the other: answers have them in the order in which they were kept, and what is lost has to be the first.
    for (const slice of slices) expect(await dicomweb.stow(slice)).toBe(200);
  });
  afterAll(async () => {
    await dicomweb[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  const fileOf = async (instance: string): Promise<string> => {
    const { rows } = await dicomweb.postgres.database.pool.query<{ key: string }>(
      'SELECT key FROM index.instance WHERE sop_instance_uid = $1',
      [instance],
    );
    return join(directory, rows[0]!.key);
  };
  const problemOf = async (path: string, accept = '*/*'): Promise<unknown> => {
    const response = await dicomweb.get(path, accept);
    return { status: response.status, ...(JSON.parse(await response.text()) as object) };
  };

  test('lost is said of it alone, and left out of its series, which has no tag then', async () => {
    expect((await dicomweb.get(series, parts)).headers.get('etag')).not.toBeNull();
    await rm(await fileOf('1.30.1.1'));
    for (const [path, accept] of [['', dicom], ['/frames/1'], ['/rendered']] as const)
      expect(await problemOf(`${series}/instances/1.30.1.1${path}`, accept)).toMatchObject(unreadable);
    const whole = await dicomweb.get(series, parts);
    expect([whole.status, whole.headers.get('etag')]).toEqual([206, null]);
    expect(whole.headers.get('warning')).toBe(
      '299 lightbox "1 instances are left out: a stored object cannot be read"',
    );
    expect(await partsOf(whole)).toHaveLength(2);
  });

  test.each([
    ['instances that are decoded or compressed', '', 'multipart/related; type="application/dicom"; transfer-syntax='],
    ['pictures', '/rendered', 'multipart/related; type="image/png"'],
  ])('lost takes nothing along: %s of the others come, and none is an answer of its own', async (_, path, accept) => {
    const own = `1.32.${path.length}`;
    const of = (number: number) => ({ study: '1.32', series: own, instance: `${own}.${number}` });
    expect(await dicomweb.stow(...[1, 2].map((number) => smallInstance(of(number))))).toBe(200);
    const rle = '1.2.840.10008.1.2.5';
    const ask = (): Promise<Response> =>
      dicomweb.get(`/studies/1.32/series/${own}${path}`, accept.replace(/=$/, `=${rle}`));
    await rm(await fileOf(`${own}.1`));
    const some = await ask();
    expect([some.status, (await partsOf(some)).length]).toEqual([206, 1]);
    // Nobody takes it for the whole when the object is back.
    if (path === '/rendered') expect(some.headers.get('etag')).toBeNull();
    expect(some.headers.get('warning')).toContain('are left out: ');
    expect(some.headers.get('warning')).toContain('a stored object cannot be read');
    await rm(await fileOf(`${own}.2`));
    const none = await ask();
    expect([none.status, await none.json()]).toMatchObject([500, { code: 'objectUnreadable' }]);
  });

  test.each([
    ['instances', '', parts],
    ['values', '/pixeldata', 'multipart/related; type="application/octet-stream"'],
  ])(
    'lost or cut, behind %s that fill what is read before the status is said, is left out all the same',
    async (_, path, accept) => {
      const own = `1.35${path && '.9'}`;
      const of = (number: number) => `${own}.1.${number}`;
      // Each is more than is read before the status is said.
      for (const number of [1, 2, 3])
        expect(
          await dicomweb.stow(
            smallInstance({
              study: own,
              series: `${own}.1`,
              instance: of(number),
              pixels: Buffer.alloc(3_000_000, number),
            }),
          ),
        ).toBe(200);
      const ask = () => dicomweb.get(`/studies/${own}${path}`, accept);
      const [second, third] = [await fileOf(of(2)), await fileOf(of(3))];
      for (const each of [second, third]) await copyFile(each, `${each}.whole`);
      await rm(second);
      await truncate(third, (await stat(third)).size - 100);
      const some = await ask();
      expect([some.status, some.headers.get('etag')]).toEqual([206, null]);
      expect(some.headers.get('warning')).toContain('2 instances are left out: a stored object cannot be read');
      expect(await partsOf(some)).toHaveLength(1);
      for (const each of [second, third]) await rename(`${each}.whole`, each);
      const whole = await ask();
      expect([whole.status, (await partsOf(whole)).length]).toEqual([200, 3]);
    },
  );

  test('cut is said of a part of a value as a problem, of which nothing looks like that part', async () => {
    const instance = '1.38.1.1';
    const pixels = Buffer.alloc(3_000_000, 7);
    expect(await dicomweb.stow(smallInstance({ study: '1.38', series: '1.38.1', instance, pixels }))).toBe(200);
    const file = await fileOf(instance);
    await truncate(file, (await stat(file)).size - 100);
    const path = `/studies/1.38/series/1.38.1/instances/${instance}/bulkdata/7FE00010`;
    const answer = await dicomweb.get(path, 'application/octet-stream', { range: 'bytes=-10' });
    expect([answer.status, await answer.json()]).toMatchObject([500, { code: 'objectUnreadable' }]);
    expect(['content-range', 'accept-ranges'].map((name) => answer.headers.get(name))).toEqual([null, null]);
  });

  test('that the disk cannot read in its middle breaks one answer off, and the next ones are without it', async () => {
    const of = (number: number) => `1.36.1.${number}`;
    for (const number of [1, 2, 3])
      expect(
        await dicomweb.stow(
          smallInstance({
            study: '1.36',
            series: '1.36.1',
            instance: of(number),
            pixels: Buffer.alloc(3_000_000, number),
          }),
        ),
      ).toBe(200);
    await whileUnreadable(await fileOf(of(2)), 1_500_000, async () => {
      const first = await dicomweb.get('/studies/1.36', parts);
      expect(first.status).toBe(200);
      await expect(first.arrayBuffer()).rejects.toThrow('terminated');
      for (let again = 0; again < 2; again++) {
        const next = await dicomweb.get('/studies/1.36', parts);
        expect([next.status, (await partsOf(next)).length]).toEqual([206, 2]);
      }
    });
    const whole = await dicomweb.get('/studies/1.36', parts);
    expect([whole.status, (await partsOf(whole)).length]).toEqual([200, 3]);
  });

  test('that the disk cannot read in one frame, and is damaged in others, leaves pictures without a tag', async () => {
    const of = (number: number) => ({ study: '1.37', series: '1.37.1', instance: `1.37.1.${number}` });
    const marks = [1, 2, 3, 4].map((frame) => Buffer.alloc(100, `no RLE frame ${frame}`));
    expect(await dicomweb.stow(smallInstance(of(1)))).toBe(200);
    expect(await dicomweb.stow([ofFrames(smallInstance(of(2)), marks), '1.2.840.10008.1.2.5'])).toBe(200);
    const file = await fileOf(of(2).instance);
    await whileUnreadable(file, (await readFile(file)).indexOf(marks[0] as Buffer), async () => {
      const some = await dicomweb.get('/studies/1.37/rendered', 'multipart/related; type="image/png"');
      expect([some.status, (await partsOf(some)).length]).toEqual([206, 1]);
      expect(some.headers.get('warning')).toContain('a stored object cannot be read');
      expect(some.headers.get('etag')).toBeNull();
    });
    // Of what is damaged, but there, the same comes every time.
    const damaged = await dicomweb.get('/studies/1.37/rendered', 'multipart/related; type="image/png"');
    expect([damaged.status, (await partsOf(damaged)).length]).toEqual([206, 1]);
    expect(damaged.headers.get('etag')).not.toBeNull();
  });

  test.each(['', '/series/1.33.1'])('lost takes no values of others along, of the study%s', async (of) => {
    const each = [1, 2, 3].map((number) => `1.33${of ? '' : '.9'}.1.${number}`);
    const study = of ? '1.33' : '1.33.9';
    const [first, second, third] = each as [string, string, string];
    // The first and second stand in the same series, the third in one of its own.
    for (const instance of each)
      expect(
        await dicomweb.stow(
          smallInstance({ study, series: instance === third && !of ? `${study}.2` : `${study}.1`, instance }),
        ),
      ).toBe(200);
    const octets = 'multipart/related; type="application/octet-stream"';
    const ask = (which: string, accept = octets) => dicomweb.get(`/studies/${study}${of}/${which}`, accept);
    for (const which of ['bulkdata', 'pixeldata']) expect((await ask(which)).headers.get('etag')).not.toBeNull();
    await dicomweb.postgres.database.pool.query('DELETE FROM index.head');
    // One is gone, of the other the pixels alone are.
    await rm(await fileOf(first));
    const cut = await fileOf(second);
    await truncate(cut, (await stat(cut)).size - 100);
    for (const which of ['bulkdata', 'pixeldata']) {
      const some = await ask(which);
      expect([some.status, some.headers.get('etag')]).toEqual([206, null]);
      expect(some.headers.get('warning')).toBe(
        '299 lightbox "values of 2 instances are left out: a stored object cannot be read"',
      );
      expect((await partsOf(some)).map(({ bytes }) => bytes.length)).toEqual([256]);
    }
    await rm(await fileOf(third));
    for (const which of ['bulkdata', 'pixeldata'])
      expect([(await ask(which)).status, await (await ask(which)).json()]).toMatchObject([
        500,
        { code: 'objectUnreadable' },
      ]);
  });

  test('lost leaves its UIDs in metadata as XML, and in those of a study whose series it is all of', async () => {
    const of = (number: number) => `1.34.1.${number}`;
    for (const number of [1, 2])
      expect(
        await dicomweb.stow(smallInstance({ study: '1.34', series: `1.34.${number}`, instance: of(number) })),
      ).toBe(200);
    const ask = (accept: string) => dicomweb.get('/studies/1.34/metadata', accept);
    const xml = 'multipart/related; type="application/dicom+xml"';
    expect((await ask(xml)).headers.get('etag')).not.toBeNull();
    await dicomweb.postgres.database.pool.query('DELETE FROM index.head');
    await rm(await fileOf(of(1)));
    const asXml = await ask(xml);
    expect([asXml.status, asXml.headers.get('etag')]).toEqual([200, null]);
    const models = (await partsOf(asXml)).map(({ bytes }) => bytes.toString('utf8'));
    expect(models.map((text) => [text.includes('>1.34.1.'), text.includes('keyword="Rows"')])).toEqual([
      [true, false],
      [true, true],
    ]);
    const asJson = (await (await ask('application/dicom+json')).json()) as Record<string, unknown>[];
    expect(asJson.map((each) => '00280010' in each)).toEqual([false, true]);
    await rm(await fileOf(of(2)));
    expect(await problemOf('/studies/1.34/metadata', xml)).toMatchObject(unreadable);
  });

  test('cut, and longer than is read at once, is said too, as is a series of which nothing can be read', async () => {
    await truncate(await fileOf('1.30.1.3'), 1_024);
    expect(await problemOf(`${series}/instances/1.30.1.3`, dicom)).toMatchObject(unreadable);
    await rm(await fileOf('1.30.1.2'));
    expect(await problemOf(series, parts)).toMatchObject(unreadable);
    const inVietnamese = await dicomweb.get(series, parts, { 'accept-language': 'vi' });
    // Of an answer that does not come nothing is left out.
    expect(inVietnamese.headers.get('warning')).toBeNull();
    expect(await inVietnamese.json()).toMatchObject({ title: 'Không đọc được ảnh đã lưu' });
  });

  test('lost is said, by both doors, of what would be sent in another syntax than it is stored in', async () => {
    const of = (number: number) => ({ study: '1.31', series: '1.31.1', instance: `1.31.1.${number}` });
    const implicit = (number: number) =>
      serializeDataset(parseWhole(smallInstance(of(number)), little, { ...limits.dataset, pixelDataBytes: 1024 }), {
        explicitVR: false,
        bigEndian: false,
      });
    for (const number of [1, 2]) expect(await dicomweb.stow([implicit(number), implicitLE])).toBe(200);
    await rm(await fileOf('1.31.1.1'));
    const inSeries = '/studies/1.31/series/1.31.1';
    expect(await problemOf(`${inSeries}/instances/1.31.1.1`, 'application/dicom')).toMatchObject(unreadable);
    const inQuery = 'requestType=WADO&studyUID=1.31&seriesUID=1.31.1&objectUID=1.31.1.1&contentType=application/dicom';
    for (const syntax of [explicitLE, implicitLE])
      expect(await problemOf(`/wado?${inQuery}&transferSyntax=${syntax}`)).toMatchObject(unreadable);
    const whole = await dicomweb.get(inSeries, 'multipart/related; type="application/dicom"');
    expect([whole.status, (await partsOf(whole)).length]).toEqual([206, 1]);
  });

  test('half there breaks the answer off: nobody takes a part for the whole', async () => {
    expect(
      await dicomweb.stow(
        smallInstance({ study: '1.30', series: '1.30.1', instance: '1.30.1.4', pixels: Buffer.alloc(3_000_000) }),
      ),
    ).toBe(200);
    await truncate(await fileOf('1.30.1.4'), 2_000_000);
    const response = await dicomweb.get(`${series}/instances/1.30.1.4`, dicom);
    expect(response.status).toBe(200);
    await expect(response.arrayBuffer()).rejects.toThrow('terminated');
  });
});

/** The same without its pixels, and with these frames. */
function ofFrames(instance: Buffer, frames: readonly Buffer[]): Buffer {
  const rows = instance.indexOf(explicit(0x00280010, 'US', us(16)));
  return Buffer.concat([
    instance.subarray(0, rows),
    explicit(0x00280008, 'IS', `${frames.length}`),
    instance.subarray(rows, instance.indexOf(explicit(0x7fe00010, 'OB', Buffer.alloc(256, 7)))),
    encapsulated(frames),
  ]);
}

/** The disk fails where it is to read this byte of the file. */
async function whileUnreadable(path: string, byte: number, act: () => Promise<void>): Promise<void> {
  const { ino } = await stat(path);
  const sound = fs.read;
  const failing = (...given: [number, Buffer, number, number, number, (error: Error, count: number) => void]) => {
    const [fd, , , length, position, done] = given;
    const isBad = position <= byte && byte < position + length && fs.fstatSync(fd).ino === ino;
    if (isBad) done(Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read' }), 0);
    else Reflect.apply(sound, fs, given);
  };
  Object.assign(fs, { read: failing });
  syncBuiltinESMExports();
  try {
    await act();
  } finally {
    Object.assign(fs, { read: sound });
    syncBuiltinESMExports();
  }
}
