import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { readdir, readlink } from 'node:fs/promises';
import http from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseWhole } from '#dicom/file/parse.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { limits } from '#settings/limits.ts';
import { explicit, smallInstance } from '#tests/dataset-bytes.ts';
import { partsOf, startTestDicomweb, type TestDicomweb } from './test-dicomweb.ts';

type Json = Record<string, { vr: string; Value?: unknown[]; BulkDataURI?: string; InlineBinary?: string }>;

let dicomweb: TestDicomweb;
beforeAll(async () => {
  dicomweb = await startTestDicomweb();
});
afterAll(() => dicomweb[Symbol.asyncDispose]());

/** The answer as it came over the wire, which fetch would unpack. */
async function encoded(
  path: string,
  encoding: string,
  etag = '',
): Promise<{ status: number; headers: http.IncomingHttpHeaders; body: Buffer }> {
  const { url } = await dicomweb.get(path);
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number;
    headers: http.IncomingHttpHeaders;
    body: Buffer;
  }>();
  const headers = {
    ...dicomweb.login,
    accept: 'application/dicom+json',
    'accept-encoding': encoding,
    'if-none-match': etag,
  };
  http
    .get(url, { headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    })
    .on('error', reject);
  return promise;
}

const instancesOf = async (path: string): Promise<string[]> => {
  const response = await dicomweb.get(path, 'application/dicom+json');
  expect(response.status).toBe(200);
  return ((await response.json()) as Json[]).map((json) => String(json['00080018']?.Value?.[0]));
};

describe('the metadata of a series', () => {
  const series = '/studies/7.1/series/7.1.1/metadata';
  const of = (number: number, inSeries = '7.1.1') =>
    smallInstance({ study: '7.1', series: inSeries, instance: `${inSeries}.${number}`, patientName: 'ĐẶNG^THỊ HUỆ' });
  // Only what is kept is there in brotli.
  const built = async () => (await encoded(series, 'br')).headers['content-encoding'] === 'br';

  test('are read from its instances at first, and kept although no worker runs', async () => {
    await dicomweb.stow(of(1), of(2));
    expect((await instancesOf(series)).sort()).toEqual(['7.1.1.1', '7.1.1.2']);
    await expect.poll(built).toBe(true);
    expect((await instancesOf(series)).sort()).toEqual(['7.1.1.1', '7.1.1.2']);
    const { rows } = await dicomweb.postgres.database.pool.query(
      `SELECT d.generation = e.generation AS current, d.media_type FROM index.derived d JOIN index.series e ON e.id = d.series`,
    );
    expect(rows).toEqual([{ current: true, media_type: 'application/dicom+json' }]);
  });

  test('say the same in brotli, in gzip and plainly, each with a strong ETag of its own', async () => {
    await expect.poll(built).toBe(true);
    const [br, zipped, plain] = [
      await encoded(series, 'gzip, br'),
      await encoded(series, 'gzip'),
      await encoded(series, 'identity'),
    ];
    expect([br, zipped, plain].map(({ headers }) => headers['content-encoding'])).toEqual(['br', 'gzip', undefined]);
    expect(brotliDecompressSync(br.body).equals(plain.body)).toBe(true);
    expect(gunzipSync(zipped.body).equals(plain.body)).toBe(true);
    expect(Number(br.headers['content-length'])).toBe(br.body.length);
    const etags = [br, zipped, plain].map(({ headers }) => headers.etag as string);
    expect(new Set(etags).size).toBe(3);
    expect((await encoded(series, 'gzip', etags[1])).status).toBe(304);
    expect((await encoded(series, 'gzip', etags[0])).status).toBe(200);
    expect(zipped.headers.vary).toMatch(/accept-encoding/i);
  });

  test('announce the transfer syntax of each instance, which the metadata of one instance alone leave to its data set', async () => {
    const announced = async (path: string): Promise<unknown[]> =>
      ((await (await dicomweb.get(path, 'application/dicom+json')).json()) as Json[]).map((json) => json['00083002']);
    const explicitLittleEndian = { vr: 'UI', Value: ['1.2.840.10008.1.2.1'] };
    expect(await announced(series)).toEqual([explicitLittleEndian, explicitLittleEndian]);
    expect(await announced('/studies/7.1/metadata')).toEqual([explicitLittleEndian, explicitLittleEndian]);
    expect(await announced('/studies/7.1/series/7.1.1/instances/7.1.1.1/metadata')).toEqual([undefined]);
  });

  test('of several series come in no encoding that was not asked for', async () => {
    const ofSeries = (series: string) => smallInstance({ study: '7.91', series, instance: `${series}.1` });
    await dicomweb.stow(ofSeries('7.91.1'), ofSeries('7.91.2'));
    const { headers, body } = await encoded('/studies/7.91/metadata', 'br');
    expect([headers['content-encoding'], JSON.parse(body.toString())]).toMatchObject([undefined, [{}, {}]]);
  });

  test('have a strong ETag of their bytes before anything was made in advance, one for each coding', async () => {
    const of = (series: string) => smallInstance({ study: '7.92', series, instance: `${series}.1` });
    await dicomweb.stow(of('7.92.1'), of('7.92.2'));
    const path = '/studies/7.92/metadata';
    const [zipped, plain] = [await encoded(path, 'gzip'), await encoded(path, 'identity')];
    expect(gunzipSync(zipped.body).equals(plain.body)).toBe(true);
    expect([zipped.headers['content-encoding'], plain.headers['content-encoding']]).toEqual(['gzip', undefined]);
    const [ofZipped, ofPlain] = [zipped, plain].map(({ headers }) => headers.etag as string);
    expect([ofZipped, ofPlain]).toEqual([expect.stringMatching(/^"[^"]+"$/), expect.stringMatching(/^"[^"]+"$/)]);
    expect(ofZipped).not.toBe(ofPlain);
    expect(zipped.headers['cache-control']).toBe('private, no-cache');
    expect(await encoded(path, 'gzip', ofZipped)).toMatchObject({ status: 304, body: Buffer.alloc(0) });
    expect((await encoded(path, 'gzip', ofPlain)).status).toBe(200);
    await dicomweb.stow(of('7.92.3'));
    expect((await encoded(path, 'gzip', ofZipped)).status).toBe(200);
  });

  test('are never those of an earlier state of it', async () => {
    await expect.poll(built).toBe(true);
    await dicomweb.stow(of(3));
    expect((await instancesOf(series)).sort()).toEqual(['7.1.1.1', '7.1.1.2', '7.1.1.3']);
  });

  test('need no object of the instances while the heads of what just came wait in the index', async () => {
    const { pool } = dicomweb.postgres.database;
    const ask = () => dicomweb.get('/studies/7.3/series/7.3.1/metadata', 'application/dicom+json');
    const at = (number: number) => smallInstance({ study: '7.3', series: '7.3.1', instance: `7.3.1.${number}` });
    await dicomweb.stow(at(1), at(2));
    // Where no object is: whoever opens one fails.
    await pool.query(`UPDATE index.instance SET key = 'i/nowhere' || id WHERE sop_instance_uid LIKE '7.3.1.%'`);
    const answer = (await (await ask()).json()) as Json[];
    // Without Instance Numbers they stand as they were written, and parts of one request are written side by side.
    const byUid = new Map(answer.map((json) => [json['00080018']?.Value?.[0], json['7FE00010']?.BulkDataURI]));
    expect([...byUid.keys()].sort()).toEqual(['7.3.1.1', '7.3.1.2']);
    for (const [uid, uri] of byUid) expect(uri).toMatch(new RegExp(`/${String(uid)}/bulkdata/7FE00010$`));
  });

  test('are all there but for the instance whose object is lost, of which its UIDs are, until it is back', async () => {
    const { pool } = dicomweb.postgres.database;
    const of = (number: number) => smallInstance({ study: '7.20', series: '7.20.1', instance: `7.20.1.${number}` });
    await dicomweb.stow(of(1), of(2));
    await pool.query('DELETE FROM index.head');
    const lose = (uid: string, from: string, to: string) =>
      pool.query('UPDATE index.instance SET key = replace(key, $2, $3) WHERE sop_instance_uid = $1', [uid, from, to]);
    const path = '/studies/7.20/series/7.20.1/metadata';
    const answer = async () => {
      const json = (await (await dicomweb.get(path, 'application/dicom+json')).json()) as Json[];
      return new Map(json.map((each) => [each['00080018']?.Value?.[0], each['00280010']?.Value?.[0]]));
    };
    await lose('7.20.1.1', 'i/', 'i/lost/');
    for (let times = 0; times < 2; times++)
      expect(await answer()).toEqual(
        new Map([
          ['7.20.1.1', undefined],
          ['7.20.1.2', 16],
        ]),
      );
    await lose('7.20.1.2', 'i/', 'i/lost/');
    expect((await dicomweb.get(path, 'application/dicom+json')).status).toBe(500);
    for (const uid of ['7.20.1.1', '7.20.1.2']) await lose(uid, 'i/lost/', 'i/');
    expect(await answer()).toEqual(
      new Map([
        ['7.20.1.1', 16],
        ['7.20.1.2', 16],
      ]),
    );
  });

  test('need no object either for who asks for the headers alone', async () => {
    const { pool } = dicomweb.postgres.database;
    const first = smallInstance({ study: '7.4', series: '7.4.1', instance: '7.4.1.1' });
    await dicomweb.stow(first);
    await pool.query(`UPDATE index.instance SET key = 'i/nowhere' WHERE sop_instance_uid = '7.4.1.1'`);
    await pool.query('DELETE FROM index.head');
    const head = await dicomweb.get('/studies/7.4/metadata', 'application/dicom+json', {}, 'HEAD');
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'application/dicom+json']);
  });

  test.each([
    ['gone, as it may be', `key = replace(key, 'd/', 'd/2')`],
    ['cut, which is no damage to an image', 'length = length + 1'],
  ])('are made anew when their object is %s', async (_, change) => {
    await expect.poll(built).toBe(true);
    await dicomweb.postgres.database.pool.query(`UPDATE index.derived SET ${change}`);
    expect(await instancesOf(series)).toHaveLength(3);
    await expect.poll(built).toBe(true);
  });

  test('of a study are those of its series, one behind the other', async () => {
    await expect.poll(built).toBe(true);
    await dicomweb.stow(of(1, '7.1.2'), of(2, '7.1.2'));
    for (const encoding of ['gzip', 'identity']) {
      const { body } = await encoded('/studies/7.1/metadata', encoding);
      const text = (encoding === 'gzip' ? gunzipSync(body) : body).toString('utf8');
      expect((JSON.parse(text) as Json[]).map((json) => json['00080018']?.Value?.[0])).toHaveLength(5);
      expect(text).toContain('ĐẶNG^THỊ HUỆ');
    }
  });

  test('of a study are JSON although its first series is rejected while they are looked for', async () => {
    const { pool } = dicomweb.postgres.database;
    for (const series of ['7.5.1', '7.5.2'])
      await dicomweb.stow(smallInstance({ study: '7.5', series, instance: `${series}.1` }));
    // Held here, between the two questions: which series there are, and which instances they have.
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('LOCK TABLE index.known_uid IN ACCESS EXCLUSIVE MODE');
      const answer = instancesOf('/studies/7.5/metadata');
      const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      await expect.poll(async () => (await pool.query(waiting)).rowCount, { interval: 5 }).toBe(1);
      await client.query(`UPDATE index.instance SET state = 2 WHERE sop_instance_uid = '7.5.1.1'`);
      await client.query('COMMIT');
      expect(await answer).toEqual(['7.5.2.1']);
    } finally {
      client.release();
    }
  });

  test('are XML for who asks for that, an instance a part', async () => {
    const response = await dicomweb.get(
      '/studies/7.1/series/7.1.2/metadata',
      'multipart/related; type="application/dicom+xml"',
    );
    const parts = await partsOf(response);
    expect(parts.map(({ type }) => type)).toEqual(['application/dicom+xml', 'application/dicom+xml']);
    expect(parts[0]?.bytes.toString('utf8')).toMatch(
      /<NativeDicomModel[^]*<FamilyName>ĐẶNG<\/FamilyName>[^]*7FE00010[^]*BulkData uri="\/dicom-web/,
    );
  });

  test.each([
    ['/studies/7.1/series/7.1.9/metadata', 'application/json', 404],
    ['/studies/7.9/metadata', 'application/json', 404],
    ['/studies/7.1/series/7.1.1/instances/7.9/metadata', 'application/json', 404],
    [series, 'application/json', 200],
    [series, 'text/html, */*;q=0.1', 200],
    [series, 'audio/midi', 406],
    ['/studies/x/metadata', '*/*', 400],
  ])('%s for who accepts %s is answered by %i', async (path, accept, status) => {
    expect((await dicomweb.get(path, accept)).status).toBe(status);
  });
});

describe('long values', () => {
  const long = Buffer.alloc(300_000, 'ABCDEFGH');
  const short = Buffer.from([1, 2, 3, 4]);
  const item = (bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.from('feff00e0ffffffff', 'hex'), bytes, Buffer.from('feff0de000000000', 'hex')]);
  const dataset = (instance: string) => {
    const small = smallInstance({ study: '8.1', series: '8.1.1', instance });
    return Buffer.concat([
      small.subarray(0, -(256 + 12)),
      explicit(
        0x54000100,
        'SQ',
        Buffer.concat([item(explicit(0x54001010, 'OW', short)), item(explicit(0x54001010, 'OW', long))]),
      ),
      small.subarray(-(256 + 12)),
    ]);
  };
  const address = '/dicom-web/studies/8.1/series/8.1.1/instances/8.1.1.1';
  const compressedAddress = '/dicom-web/studies/8.1/series/8.1.2/instances/8.1.2.1';
  let uri: string;
  beforeAll(async () => {
    const whole = parseWhole(
      dataset('8.1.1.2'),
      { explicitVR: true, bigEndian: false },
      { ...limits.dataset, pixelDataBytes: 1000 },
    );
    const bigEndian = serializeDataset(whole, { explicitVR: true, bigEndian: true });
    expect(await dicomweb.stow(dataset('8.1.1.1'), [bigEndian, '1.2.840.10008.1.2.2'])).toBe(200);
    const [json] = (await (await dicomweb.get(`${address}/metadata`)).json()) as [Json];
    const items = json['54000100']?.Value as Json[];
    expect(items[0]?.['54001010']).toEqual({ vr: 'OW', InlineBinary: short.toString('base64') });
    uri = items[1]?.['54001010']?.BulkDataURI as string;
    expect(json['7FE00010']).toEqual({ vr: 'OB', BulkDataURI: `${address}/bulkdata/7FE00010` });
  });

  test('come together, one part for each value under its address, of an instance, a series or a study', async () => {
    const rle = '1.2.840.10008.1.2.5';
    const one = smallInstance({ study: '8.1', series: '8.1.2', instance: '8.1.2.1' });
    const frame = Buffer.alloc(68);
    frame.writeUInt32LE(1, 0);
    frame.writeUInt32LE(64, 4);
    frame.set([0x81, 5, 0x81, 5], 64);
    const fragments = [
      Buffer.from('feff00e000000000feff00e044000000', 'hex'),
      frame,
      Buffer.from('feffdde000000000', 'hex'),
    ];
    const compressed = [one.subarray(0, -(256 + 12)), explicit(0x7fe00010, 'OB', Buffer.alloc(0), 0xffffffff)];
    expect(await dicomweb.stow([Buffer.concat([...compressed, ...fragments]), rle])).toBe(200);
    const values = async (path: string): Promise<[string, Buffer][]> => {
      const response = await dicomweb.get(path, 'multipart/related; type="application/octet-stream"');
      expect([response.status, response.headers.get('etag')]).toEqual([200, expect.any(String)]);
      const locations: string[] = [];
      const again = await dicomweb.get(path, 'multipart/related; type="application/octet-stream"');
      const text = Buffer.from(await again.arrayBuffer()).toString('latin1');
      for (const [, location = ''] of text.matchAll(/^Content-Location: (.*?)\r$/gm)) locations.push(location);
      const parts = await partsOf(response);
      expect(parts).toHaveLength(locations.length);
      return parts.map(({ bytes }, at) => [locations[at] as string, bytes]);
    };
    const ofInstance = await values(`${address}/bulkdata`);
    expect(ofInstance.map(([location]) => location)).toEqual([uri, `${address}/bulkdata/7FE00010`]);
    expect(ofInstance[0]?.[1].equals(long)).toBe(true);
    for (const [location, bytes] of await values('/studies/8.1/bulkdata')) {
      const alone = await dicomweb.get(location, 'application/octet-stream');
      expect(Buffer.from(await alone.arrayBuffer()).equals(bytes), location).toBe(true);
    }
    expect(await values('/studies/8.1/bulkdata')).toHaveLength(5);
    expect(await values('/studies/8.1/series/8.1.1/bulkdata')).toHaveLength(4);
    const pixels = await values('/studies/8.1/pixeldata');
    expect(pixels.map(([location]) => location.split('/').at(-1))).toEqual(['7FE00010', '7FE00010', '7FE00010']);
    expect(pixels.some(([, bytes]) => bytes.equals(Buffer.alloc(256, 5)))).toBe(true);
    const etag = (await dicomweb.get('/studies/8.1/pixeldata')).headers.get('etag') as string;
    expect((await dicomweb.get('/studies/8.1/pixeldata', '*/*', { 'if-none-match': etag })).status).toBe(304);
    expect((await dicomweb.get('/studies/8.1/pixeldata', 'application/octet-stream')).status).toBe(406);
    expect((await dicomweb.get('/studies/8.1.9/bulkdata')).status).toBe(404);
  });

  test.runIf(process.platform === 'linux')('that HEAD asks for together leave no object open', async () => {
    const pixels = Buffer.alloc(2 * limits.http.heldAnswerBytes, 3);
    expect(await dicomweb.stow(smallInstance({ study: '8.3', series: '8.3.1', instance: '8.3.1.1', pixels }))).toBe(
      200,
    );
    const { rows } = await dicomweb.postgres.database.pool.query<{ key: string }>(
      `SELECT key FROM index.instance WHERE sop_instance_uid = '8.3.1.1'`,
    );
    const open = async () => {
      const names = await readdir('/proc/self/fd');
      const paths = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
      return paths.filter((path) => path.endsWith(rows[0]!.key));
    };
    expect((await dicomweb.get('/studies/8.3/bulkdata', '*/*', {}, 'HEAD')).status).toBe(200);
    await expect.poll(open).toEqual([]);
  });

  test('stand behind an address that leads to their bytes, whatever their byte order is', async () => {
    expect(uri).toBe(`${address}/bulkdata/54000100/2/54001010`);
    for (const at of [uri, uri.replace('8.1.1.1/', '8.1.1.2/')]) {
      const response = await dicomweb.get(at, 'application/octet-stream');
      expect(Number(response.headers.get('content-length'))).toBe(long.length);
      expect(Buffer.from(await response.arrayBuffer()).equals(long)).toBe(true);
      const [part] = await partsOf(await dicomweb.get(at, 'multipart/related; type="application/octet-stream"'));
      expect(part?.bytes.equals(long)).toBe(true);
    }
    const pixels = await dicomweb.get(
      `${address}/bulkdata/7FE00010`,
      'multipart/related; type="application/octet-stream"; transfer-syntax=*',
    );
    expect((await partsOf(pixels))[0]?.bytes.equals(Buffer.alloc(256, 7))).toBe(true);
  });

  test.each([
    ['bytes=0-9', 206, 'bytes 0-9/300000', 0, 10],
    ['bytes=7-', 206, 'bytes 7-299999/300000', 7, 300_000],
    ['bytes=-5', 206, 'bytes 299995-299999/300000', 299_995, 300_000],
    ['bytes=-400000', 206, 'bytes 0-299999/300000', 0, 300_000],
    ['bytes=1-2,9-10', 200, null, 0, 300_000],
    ['pages=1-2', 200, null, 0, 300_000],
  ])('are given by the range %s', async (range, status, contentRange, from, to) => {
    // In big endian too, where a range may begin inside a word.
    for (const at of [uri, uri.replace('8.1.1.1/', '8.1.1.2/')]) {
      const response = await dicomweb.get(at, 'application/octet-stream', { range });
      expect([response.status, response.headers.get('content-range')]).toEqual([status, contentRange]);
      expect(Buffer.from(await response.arrayBuffer()).equals(long.subarray(from, to))).toBe(true);
    }
  });

  test('name their address in the part that they come in', async () => {
    const accept = 'multipart/related; type="application/octet-stream"';
    const locations = async (at: string): Promise<string[]> =>
      [...(await (await dicomweb.get(at, accept)).text()).matchAll(/^Content-Location: (.*?)\r$/gm)].map(
        ([, location = '']) => location,
      );
    for (const at of [uri, `${address}/bulkdata/7FE00010`, `${compressedAddress}/bulkdata/7FE00010`])
      expect(await locations(at)).toEqual([at]);
  });

  const octets = 'application/octet-stream';
  test.each([
    [octets, octets],
    [`${octets}; transfer-syntax=*`, octets],
    [`image/jpeg, image/*; q=0.4, ${octets}; q=0.5`, octets],
    [`${octets}; q=0, */*`, undefined],
    ['application/dicom+json', undefined],
    ['', octets],
  ])('of native pixels come to who accepts "%s"', async (accept, type) => {
    const response = await dicomweb.get(`${address}/bulkdata/7FE00010`, accept);
    expect(response.status).toBe(type ? 200 : 406);
    if (type) expect(response.headers.get('content-type')).toBe(`${type}; transfer-syntax=1.2.840.10008.1.2.1`);
    else expect(await response.text()).toContain(octets);
  });

  test('that are the pixels of one instance come as one part too, by ranges, and as they are stored', async () => {
    const range = { range: 'bytes=250-' };
    const native = await dicomweb.get(`${address}/pixeldata`, octets, range);
    expect([native.status, native.headers.get('content-range')]).toEqual([206, 'bytes 250-255/256']);
    expect(Buffer.from(await native.arrayBuffer()).equals(Buffer.alloc(6, 7))).toBe(true);
    const decoded = await dicomweb.get(`${compressedAddress}/pixeldata`, octets);
    expect(Buffer.from(await decoded.arrayBuffer()).equals(Buffer.alloc(256, 5))).toBe(true);
    const stored = 'multipart/related; type="image/dicom-rle"';
    const accept = `${stored}, multipart/related; type="${octets}"; q=0.5`;
    for (const at of ['pixeldata', 'bulkdata/7FE00010']) {
      const [part, ...more] = await partsOf(await dicomweb.get(`${compressedAddress}/${at}`, stored));
      expect([part?.type, part?.bytes.length, more.length]).toEqual([
        `image/dicom-rle; transfer-syntax=1.2.840.10008.1.2.5`,
        68,
        0,
      ]);
    }
    const preferred = await partsOf(await dicomweb.get(`${compressedAddress}/bulkdata/7FE00010`, accept));
    expect(preferred[0]?.type).toMatch('image/dicom-rle');
    // Of several, and of what has no pixels, there is no one value.
    expect((await dicomweb.get('/studies/8.1/pixeldata', octets)).status).toBe(406);
    expect((await dicomweb.get(`${address}/pixeldata`, 'image/jls')).status).toBe(406);
    expect((await dicomweb.get(`${address}/bulkdata`, octets)).status).toBe(406);
  });

  test('a range behind the end is answered so, and one of another version with all of the value', async () => {
    const response = await dicomweb.get(uri, 'application/octet-stream', { range: 'bytes=300000-' });
    expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */300000']);
    const other = await dicomweb.get(uri, 'application/octet-stream', { range: 'bytes=0-9', 'if-range': '"other"' });
    expect(other.status).toBe(200);
  });

  test.each([
    ['bulkdata/54000100/3/54001010', 404],
    ['bulkdata/54000100', 404],
    ['bulkdata/00100020/1/00100020', 404],
    ['bulkdata/nonsense', 400],
    ['bulkdata/54000100/0/54001010', 400],
    ['bulkdata/54000100/1', 400],
  ])('%s is answered by %i', async (path, status) => {
    expect((await dicomweb.get(`${address}/${path}`)).status).toBe(status);
  });
});
