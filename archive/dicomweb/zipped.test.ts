import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, readlink, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { limits } from '#settings/limits.ts';
import { explicit, smallInstance } from '#tests/dataset-bytes.ts';
import { hasPython } from '#tests/installed.ts';
import { datasetOf, startTestDicomweb, type TestDicomweb } from './test-dicomweb.ts';

const asStored = 'application/zip; transfer-syntax=*';
const video = '1.2.840.10008.1.2.4.102';
const study = '/studies/1.40';

let directory: string;
let dicomweb: TestDicomweb;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-zip-'));
  dicomweb = await startTestDicomweb({ STORAGE_URL: pathToFileURL(join(directory, 'images')).href });
  for (const each of stored) expect(await dicomweb.stow(each)).toBe(200);
});
afterAll(async () => {
  await dicomweb?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** Two series; the last is longer than what is read at once. */
const stored = [
  ['1', '1', 256],
  ['1', '2', 256],
  ['2', '1', 3_000_000],
].map(([series, number, length]) =>
  smallInstance({
    study: '1.40',
    series: `1.40.${series}`,
    instance: `1.40.${series}.${number}`,
    pixels: Buffer.alloc(Number(length), Number(number)),
  }),
);

/** What Python's zipfile makes of it, which checks length and CRC of every file; by name. */
async function unpacked(zip: Buffer): Promise<Map<string, Buffer>> {
  const place = await mkdtemp(join(directory, 'unpacked-'));
  await writeFile(join(place, 'it.zip'), zip);
  const into = join(place, 'files');
  await promisify(execFile)('python3', ['-m', 'zipfile', '-e', join(place, 'it.zip'), into]);
  const names = await readdir(into, { recursive: true, withFileTypes: true });
  const files = names.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  return new Map(
    await Promise.all(
      files.toSorted().map(async (file) => [file.slice(into.length + 1), await readFile(file)] as const),
    ),
  );
}

async function zipOf(response: Response): Promise<Map<string, Buffer>> {
  return unpacked(Buffer.from(await response.arrayBuffer()));
}

/** Where the records of its files begin in the list at its end. */
function listed(zip: Buffer): number[] {
  const found: number[] = [];
  for (let at = zip.indexOf('PK\x01\x02'); at >= 0; at = zip.indexOf('PK\x01\x02', at + 1)) found.push(at);
  return found;
}

test.skipIf(!hasPython)(
  'a study comes as one ZIP, its series as folders, each file as it was stored and less of it on the way',
  async () => {
    const response = await dicomweb.get(study, asStored);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/zip');
    expect(response.headers.get('content-disposition')).toBe('attachment');
    const zip = Buffer.from(await response.arrayBuffer());
    expect(zip.length).toBeLessThan(100_000);
    const files = await unpacked(zip);
    expect([...files.keys()]).toEqual(['SE000001/IM000001.dcm', 'SE000001/IM000002.dcm', 'SE000002/IM000001.dcm']);
    expect([...files.values()].map(datasetOf)).toEqual(stored);
  },
);

test.skipIf(!hasPython)('a browser asks by the address, for a series or one instance as well', async () => {
  const accept = `?accept=${encodeURIComponent('application/zip; type="application/dicom"; transfer-syntax=*')}`;
  for (const [path, count] of [
    ['/series/1.40.1', 2],
    ['/series/1.40.2/instances/1.40.2.1', 1],
  ] as const)
    expect((await zipOf(await dicomweb.get(`${study}${path}${accept}`, 'text/html'))).size).toBe(count);
  const again = await dicomweb.get(study, asStored);
  const tag = again.headers.get('etag')!;
  expect(await again.arrayBuffer()).toEqual(await (await dicomweb.get(study, asStored)).arrayBuffer());
  expect((await dicomweb.get(study, asStored, { 'if-none-match': tag })).status).toBe(304);
  const head = await dicomweb.get(study, asStored, {}, 'HEAD');
  expect([head.status, head.headers.get('content-type')]).toEqual([200, 'application/zip']);
});

test('neither the clock nor the time zone of an archive is in it, so that of several each sends the same bytes', async () => {
  const zip = Buffer.from(await (await dicomweb.get(study, asStored)).arrayBuffer());
  const records = listed(zip);
  // 1 January 1980, midnight, in the format's own figures, which name no time zone, and no extra field (APPNOTE 4.3.12).
  expect(
    records.map((at) => [zip.readUInt16LE(at + 12), zip.readUInt16LE(at + 14), zip.readUInt16LE(at + 30)]),
  ).toEqual(Array(3).fill([0, 0x21, 0]));
});

test('nothing but instances is given so, and nobody who takes anything gets a ZIP', async () => {
  const refused = await dicomweb.get(study, 'application/zip; type="application/dicom+json"');
  expect(refused.status).toBe(406);
  const anything = await dicomweb.get(`${study}/series/1.40.2/instances/1.40.2.1`);
  expect(anything.headers.get('content-type')).toMatch(/^multipart\/related; type="application\/dicom"/);
});

test.skipIf(!hasPython)(
  'without a transfer syntax they are decoded, and what cannot be is left out: the status says it, and a file in it',
  async () => {
    const of = (number: number) => ({ study: '1.41', series: '1.41.1', instance: `1.41.1.${number}` });
    const film = Buffer.concat([
      smallInstance(of(2)).subarray(0, -(256 + 12)),
      explicit(0x7fe00010, 'OB', Buffer.alloc(0), 0xffffffff),
      Buffer.from(`feff00e000000000feff00e0040000000${'1'.repeat(7)}feffdde000000000`, 'hex'),
    ]);
    expect(await dicomweb.stow(smallInstance(of(1)))).toBe(200);
    const complete = await dicomweb.get('/studies/1.41', 'application/zip');
    expect([complete.status, (await zipOf(complete)).size]).toEqual([200, 1]);
    expect(await dicomweb.stow([film, video])).toBe(200);
    const decoded = await dicomweb.get('/studies/1.41', 'application/zip');
    expect(decoded.status).toBe(206);
    const files = await zipOf(decoded);
    expect([...files.keys()]).toEqual(['LEFT-OUT.txt', 'SE000001/IM000001.dcm']);
    expect(String(files.get('LEFT-OUT.txt'))).toMatch(/^Có 1 ảnh trong tệp này; 1 ảnh khác/);

    // Who has all but that one already is told of it, too.
    const tag = complete.headers.get('etag')!;
    expect((await dicomweb.get('/studies/1.41', 'application/zip', { 'if-none-match': tag })).status).toBe(206);

    const whole = await dicomweb.get('/studies/1.41', asStored);
    expect([whole.status, (await zipOf(whole)).size]).toEqual([200, 2]);
  },
);

test.skipIf(!hasPython)(
  'what is damaged within breaks it off, so that nobody takes a part for the whole, and is left out the next time',
  async () => {
    const of = (number: number) => ({ study: '1.42', series: '1.42.1', instance: `1.42.1.${number}` });
    for (const number of [1, 2])
      expect(await dicomweb.stow(smallInstance({ ...of(number), pixels: Buffer.alloc(9_000_000, number) }))).toBe(200);
    const { rows } = await dicomweb.postgres.database.pool.query<{ key: string }>(
      'SELECT key FROM index.instance WHERE sop_instance_uid = $1',
      ['1.42.1.2'],
    );
    const response = await dicomweb.get('/studies/1.42', asStored);
    expect(response.status).toBe(200);
    await truncate(join(directory, 'images', rows[0]!.key), 5_000_000);
    // Where all of it had been read before it was cut, it is whole.
    const got = await response.arrayBuffer().then(
      (bytes) => unpacked(Buffer.from(bytes)),
      () => undefined,
    );
    if (got) expect(got.size).toBe(2);
    const again = await dicomweb.get('/studies/1.42', asStored);
    expect(again.status).toBe(206);
    expect([...(await zipOf(again)).keys()]).toEqual(['LEFT-OUT.txt', 'SE000001/IM000001.dcm']);
  },
);

test.skipIf(!hasPython)(
  'who goes away in the middle leaves nothing open, neither what is read nor what was to be next',
  async () => {
    const of = (number: number) => ({ study: '1.43', series: '1.43.1', instance: `1.43.1.${number}` });
    const count = 20;
    expect(
      await dicomweb.stow(
        // Noise gets no smaller: there is more of it than lies in the sockets.
        ...Array.from({ length: count }, (_, at) => smallInstance({ ...of(at + 1), pixels: randomBytes(400_000) })),
      ),
    ).toBe(200);
    for (let time = 0; time < 5; time++) {
      const gone = new AbortController();
      const response = await dicomweb.get('/studies/1.43', asStored, {}, 'GET', gone.signal);
      const reader = response.body!.getReader();
      for (let read = 0; read < 1_500_000; read += (await reader.read()).value!.length);
      gone.abort();
    }
    const open = async (): Promise<string[]> => {
      const links = await readdir('/proc/self/fd');
      const found = await Promise.all(links.map((link) => readlink(`/proc/self/fd/${link}`).catch(() => '')));
      return found.filter((path) => path.startsWith(join(directory, 'images')));
    };
    await expect.poll(open).toEqual([]);
    expect((await zipOf(await dicomweb.get('/studies/1.43', asStored))).size).toBe(count);
  },
);

test('many who go away at once, before their turn or as it comes, end their own answers and nothing else', async () => {
  const of = (number: number) => ({ study: '1.44', series: '1.44.1', instance: `1.44.1.${number}` });
  const noise = Array.from({ length: 8 }, (_, at) => smallInstance({ ...of(at + 1), pixels: randomBytes(1_000_000) }));
  expect(await dicomweb.stow(...noise)).toBe(200);
  const unexpected: unknown[] = [];
  const note = (error: unknown): void => void unexpected.push(error);
  process.on('uncaughtExceptionMonitor', note);
  try {
    for (let time = 0; time < 3; time++) {
      const gone = new AbortController();
      const asked = Array.from({ length: 2 * limits.http.answeredPerAddress }, () =>
        dicomweb.get('/studies/1.44', asStored, {}, 'GET', gone.signal).catch(() => undefined),
      );
      // Those that are answered: nobody reads on, and the others wait for them.
      await Promise.any(asked);
      gone.abort();
      await Promise.all(asked);
      expect((await dicomweb.get('/studies/1.44', asStored)).status).toBe(200);
    }
    expect(unexpected).toEqual([]);
  } finally {
    process.off('uncaughtExceptionMonitor', note);
  }
});
