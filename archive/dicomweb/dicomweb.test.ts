import { randomUUID } from 'node:crypto';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileHead } from '#dicom/file/file-meta.ts';
import { limits } from '#settings/limits.ts';
import { corpusFile, hasCorpus, manifest } from '#tests/corpus.ts';
import { explicit, secondaryCapture, smallInstance } from '#tests/dataset-bytes.ts';
import { openTestArchive, type OpenedArchive } from '#tests/opened-archive.ts';
import { explicitLE } from '../scp/test-retrieval.ts';
import { part10 } from './test-dicomweb.ts';

type Json = Record<string, { vr: string; Value?: unknown[] }>;

let archive: OpenedArchive;
let authorization: string;
let directory: string;
let root: string;

beforeAll(async () => {
  archive = await openTestArchive();
  ({ authorization, directory } = archive);
  root = `${archive.web}dicom-web`;
});
afterAll(() => archive[Symbol.asyncDispose]());

function stow(files: readonly Buffer[], path = '/studies'): ReturnType<typeof stowBody> {
  const body = Buffer.concat([
    ...files.flatMap((file) => [
      Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n'),
      file,
      Buffer.from('\r\n'),
    ]),
    Buffer.from('--b--'),
  ]);
  return stowBody(body, path);
}

async function stowBody(
  body: Buffer,
  path = '/studies',
): Promise<{ status: number; json: Json; warning: string | null }> {
  const response = await fetch(root + path, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { authorization, 'content-type': 'multipart/related; type="application/dicom"; boundary=b' },
  });
  const warning = response.headers.get('warning');
  return { status: response.status, json: (await response.json()) as Json, warning };
}

const get = (path: string, accept = '*/*', more: Record<string, string> = {}): Promise<Response> =>
  fetch(root + path, { headers: { authorization, accept, ...more } });

describe('storing', () => {
  test('one good part and one broken: 202, each with its own answer', async () => {
    const { status, json } = await stow([
      part10(smallInstance({ study: '3.1', instance: '3.1.1.1' })),
      Buffer.from('not DICOM '.repeat(40)),
    ]);
    expect(status).toBe(202);
    expect(json['00081199']?.Value).toMatchObject([{ '00081155': { Value: ['3.1.1.1'] } }]);
    // Also for who knows this one only.
    expect(json['00081198']?.Value).toMatchObject([{ '00081197': { vr: 'US', Value: [0xc000] } }]);
    expect(json['0008119A']).toEqual({ vr: 'SQ', Value: [{ '00081197': { vr: 'US', Value: [0xc000] } }] });
  });

  test('what failed is named where its file meta information does, and else is one of the other failures, too', async () => {
    const cut = part10(smallInstance({ study: '3.8', instance: '3.8.1.1' })).subarray(0, -100);
    const head = fileHead({
      MediaStorageSOPClassUID: secondaryCapture,
      MediaStorageSOPInstanceUID: '3.8.1.2',
      TransferSyntaxUID: explicitLE,
    });
    const named = Buffer.concat([head, smallInstance({ study: '3.8', instance: '3.8.1.2' }).subarray(0, -100)]);
    const { status, json } = await stow([cut, named]);
    expect(status).toBe(409);
    const reason = { '00081197': { vr: 'US', Value: [0xc000] } };
    expect(json['00081198']?.Value).toEqual([
      { '00081150': { vr: 'UI' }, '00081155': { vr: 'UI' }, ...reason },
      {
        '00081150': { vr: 'UI', Value: [secondaryCapture] },
        '00081155': { vr: 'UI', Value: ['3.8.1.2'] },
        ...reason,
      },
    ]);
    expect(json['0008119A']?.Value).toHaveLength(1);
  });

  test.each(['application/dicom+xml', 'application/dicom+xml, application/dicom+json;q=0.5'])(
    'who accepts %s is answered in XML',
    async (accept) => {
      const response = await fetch(`${root}/studies`, {
        method: 'POST',
        body: new Uint8Array(part10(smallInstance({ study: '3.6', instance: '3.6.1.1' }))),
        headers: { authorization, accept, 'content-type': 'application/dicom' },
      });
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/dicom+xml']);
      expect(await response.text()).toMatch(
        /<DicomAttribute tag="00081199" vr="SQ"[^]*<Item number="1">[^]*tag="00081155"[^]*<Value number="1">3\.6\.1\.1</,
      );
    },
  );

  test('one that ends within its Pixel Data: 409 and C000, and the rest of the batch is kept', async () => {
    const cut = part10(smallInstance({ study: '3.4', instance: '3.4.1.1' })).subarray(0, -100);
    expect(await stow([cut])).toMatchObject({
      status: 409,
      json: { '0008119A': { Value: [{ '00081197': { Value: [0xc000] } }] } },
    });
    const { status, json } = await stow([cut, part10(smallInstance({ study: '3.4', instance: '3.4.1.2' }))]);
    expect(status).toBe(202);
    expect(json['00081199']?.Value).toMatchObject([{ '00081155': { Value: ['3.4.1.2'] } }]);
  });

  test('one that is refused before its data set is read: the rest of it is passed over, and the next is kept', async () => {
    const large = Buffer.concat([smallInstance({ study: '3.9', instance: '3.9.1.1' }), Buffer.alloc(3_000_000)]);
    const refused = part10(large, '1.2.abc');
    const { status, json } = await stow([refused, part10(smallInstance({ study: '3.9', instance: '3.9.1.2' }))]);
    expect(status).toBe(202);
    expect(json['00081199']?.Value).toMatchObject([{ '00081155': { Value: ['3.9.1.2'] } }]);
    expect(json['0008119A']?.Value).toMatchObject([{ '00081197': { vr: 'US', Value: [0xc000] } }]);
    const alone = await fetch(`${root}/studies`, {
      method: 'POST',
      body: new Uint8Array(refused),
      headers: { authorization, 'content-type': 'application/dicom' },
    });
    expect(alone.status).toBe(409);
  });

  test('of an instance whose sender is gone nothing stays', async () => {
    const files = async () =>
      (await readdir(join(directory, 'objects'), { recursive: true, withFileTypes: true })).filter((each) =>
        each.isFile(),
      );
    const before = (await files()).length;
    const request = http.request(`${root}/studies`, {
      method: 'POST',
      agent: false,
      headers: { authorization, 'content-type': 'multipart/related; type="application/dicom"; boundary=b' },
    });
    request.on('error', () => {}); // it is cut off
    const file = part10(smallInstance({ study: '3.9', instance: '3.9.1.1', pixels: Buffer.alloc(1 << 20) }));
    request.write('--b\r\nContent-Type: application/dicom\r\n\r\n');
    request.write(file.subarray(0, 1 << 19));
    await expect.poll(async () => (await files()).length).toBe(before + 1);
    request.destroy();
    await expect.poll(async () => (await files()).length).toBe(before);
  });

  describe('while the sender’s account changes', () => {
    const api = async (method: string, path: string, body?: unknown) => {
      const headers = { authorization, 'content-type': 'application/json' };
      const response = await fetch(`${archive.web}api${path}`, { method, headers, body: JSON.stringify(body) ?? null });
      return (await response.json().catch(() => undefined)) as { password: string; account: { id: number } };
    };
    const basic = (name: string, password: string) => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
    /** Sends one instance, and two more when the first is kept and `meanwhile` is done. */
    async function upload(study: string, sender: string, meanwhile: () => Promise<unknown>) {
      const request = http.request(`${root}/studies`, {
        method: 'POST',
        agent: false,
        headers: {
          authorization: sender,
          'content-type': 'multipart/related; type="application/dicom"; boundary=b',
        },
      });
      const answered = new Promise<http.IncomingMessage>((resolve) => request.once('response', resolve));
      const part = (instance: string) =>
        Buffer.concat([
          Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n'),
          part10(smallInstance({ study, instance })),
          Buffer.from('\r\n'),
        ]);
      request.write(Buffer.concat([part(`${study}.1.1`), Buffer.from('--b')]));
      await expect.poll(async () => (await get(`/instances?SOPInstanceUID=${study}.1.1`)).status).toBe(200);
      await meanwhile();
      request.end(Buffer.concat([part(`${study}.1.2`).subarray(3), part(`${study}.1.3`), Buffer.from('--b--')]));
      const response = await answered;
      const report = JSON.parse((await response.toArray()).join('')) as Json;
      expect(response.statusCode).toBe(202);
      expect(report['00081199']?.Value).toMatchObject([{ '00081155': { Value: [`${study}.1.1`] } }]);
      expect((await get(`/instances?SOPInstanceUID=${study}.1.2`)).status).toBe(204);
      return report['0008119A']?.Value;
    }
    const failed = (reason: number) => Array(2).fill({ '00081197': { vr: 'US', Value: [reason] } });

    test('whoever is removed while an upload runs stores nothing more, and what was kept before stays', async () => {
      const { password, account } = await api('POST', '/accounts', { name: 'Bs Lan', rights: ['store'] });
      const gone = () => api('DELETE', `/accounts/${account.id}`);
      expect(await upload('3.10', basic('Bs Lan', password), gone)).toEqual(failed(0x0124));
    });

    test('whose password cannot be checked now, because others guess at it, is told to send the rest again later', async () => {
      const { password, account } = await api('POST', '/accounts', { name: 'Bs Mai', rights: ['store'] });
      const guessedAt = async () => {
        for (let n = 0; n < limits.access.guessesPerAccount; n++)
          await fetch(`${root}/studies`, { headers: { authorization: basic('Bs Mai', `guess ${n}`) } });
        await api('PUT', `/accounts/${account.id}/rights`, { rights: ['store', 'read'] });
      };
      expect(await upload('3.11', basic('Bs Mai', password), guessedAt)).toEqual(failed(0xa700));
    });
  });

  test('a study that is not the one in the address: 409 and A900', async () => {
    const { status, json } = await stow(
      [part10(smallInstance({ study: '3.2', instance: '3.2.1.1' }))],
      '/studies/9.9.9',
    );
    expect(status).toBe(409);
    expect(json['0008119A']?.Value).toMatchObject([{ '00081197': { Value: [0xa900] } }]);
  });

  test('of more broken parts than are listed the answer says how many, and the good ones among them are kept', async () => {
    const broken = Array<Buffer>(limits.http.failuresListed + 5).fill(Buffer.from('x'));
    const { status, json, warning } = await stow([
      ...broken,
      part10(smallInstance({ study: '3.3', instance: '3.3.1.1' })),
    ]);
    expect([status, warning]).toEqual([202, '299 lightbox "5 more parts failed"']);
    expect(json['0008119A']?.Value).toHaveLength(limits.http.failuresListed);
    expect(json['00081199']?.Value).toMatchObject([{ '00081155': { Value: ['3.3.1.1'] } }]);
  });

  test('what follows very many parts that are no DICOM is passed over, and the answer says so', async () => {
    const { partsWithoutInstance, failuresListed } = limits.http;
    const { status, json, warning } = await stow([
      part10(smallInstance({ study: '3.4', instance: '3.4.1.1' })),
      ...Array<Buffer>(partsWithoutInstance + 10_000).fill(Buffer.alloc(0)),
      part10(smallInstance({ study: '3.4', instance: '3.4.1.2' })),
    ]);
    expect(status).toBe(202);
    expect(warning).toContain(`what follows ${partsWithoutInstance} parts without an instance was not read`);
    expect(json['0008119A']?.Value).toHaveLength(failuresListed);
    expect(json['00081199']?.Value).toMatchObject([{ '00081155': { Value: ['3.4.1.1'] } }]);
    // It was on the same connection, and the archive is there for the next.
    expect((await stow([part10(smallInstance({ study: '3.4', instance: '3.4.1.2' }))])).status).toBe(200);
  });

  test('parts between boundaries longer than RFC 2046 has them, as Orthanc sends them', async () => {
    // Two UUIDs and a hyphen.
    const boundary = `${randomUUID()}-${randomUUID()}`;
    const response = await fetch(`${root}/studies`, {
      method: 'POST',
      body: Buffer.concat([
        Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`),
        part10(smallInstance({ study: '3.5', instance: '3.5.1.1' })),
        Buffer.from(`\r\n--${boundary}--`),
      ]),
      headers: { authorization, 'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}` },
    });
    expect(response.status).toBe(200);
    // The type has no charset, and clients that compare it exactly know none.
    expect(response.headers.get('content-type')).toBe('application/dicom+json');
    expect((await get('/studies?StudyInstanceUID=3.5')).headers.get('content-type')).toBe('application/dicom+json');
  });

  test('a preamble that is a program is not kept: neither the stored object nor an answer begins with it', async () => {
    const file = part10(smallInstance({ study: '3.7', series: '3.7.1', instance: '3.7.1.1' }));
    file.write('MZ\x90\0\x03 a program for Windows, and a DICOM file', 'latin1');
    expect((await stow([file])).status).toBe(200);
    const path = '/studies/3.7/series/3.7.1/instances/3.7.1.1';
    const given = Buffer.from(await (await get(path, 'application/dicom')).arrayBuffer());
    const objects = await readdir(join(directory, 'objects', 'i'), { recursive: true, withFileTypes: true });
    const stored = await Promise.all(
      objects.filter((entry) => entry.isFile()).map(({ parentPath, name }) => readFile(join(parentPath, name))),
    );
    expect(stored.length).toBeGreaterThan(0);
    for (const bytes of [given, ...stored])
      expect(bytes.subarray(0, 132)).toEqual(Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]));
  });

  test.each([
    ['a part whose headers end in line feeds alone', '--b\r\nContent-Type: application/dicom\n\nDICM\r\n--b--'],
    ['an end within the headers of a part', '--b\r\nContent-Ty'],
  ])('%s: 202, for nothing that was sent is passed over', async (_, rest) => {
    const whole = part10(smallInstance({ study: '3.7', instance: '3.7.1.1' }));
    const begin = Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n');
    const { status, json } = await stowBody(Buffer.concat([begin, whole, Buffer.from(`\r\n${rest}`)]));
    expect(status).toBe(202);
    expect(json['00081199']?.Value).toMatchObject([{ '00081155': { Value: ['3.7.1.1'] } }]);
    expect(json['0008119A']?.Value?.length).toBeGreaterThan(0);
  });

  test('nothing at all: 400; another kind of body: 415', async () => {
    expect((await stow([])).status).toBe(400);
    const response = await fetch(`${root}/studies`, {
      method: 'POST',
      body: 'x',
      headers: { authorization, 'content-type': 'text/plain' },
    });
    expect(response.status).toBe(415);
  });
});

test('metadata has what stands behind Pixel Data, native or encapsulated, in the character set of the data set', async () => {
  const behind = explicit(0xfffcfffc, 'OB', Buffer.alloc(4));
  const text = explicit(0x7fe10010, 'LO', 'Tên sau ảnh');
  const native = Buffer.concat([smallInstance({ study: '4.1', series: '4.1.1', instance: '4.1.1.1' }), text, behind]);
  const fragments = Buffer.from(
    'feff00e000000000' + 'feff00e00400000001020304' + 'feff00e0020000000506' + 'feffdde000000000',
    'hex',
  );
  const encapsulated = Buffer.concat([
    smallInstance({ study: '4.1', series: '4.1.1', instance: '4.1.1.2' }).subarray(0, -(256 + 12)),
    explicit(0x7fe00010, 'OB', Buffer.alloc(0), 0xffffffff),
    fragments,
    text,
    behind,
  ]);
  const stored = await stow([part10(native), part10(encapsulated, '1.2.840.10008.1.2.5')]);
  expect(stored.status).toBe(200);
  const [one, two] = (await (await get('/studies/4.1/metadata', 'application/dicom+json')).json()) as Json[];
  for (const json of [one, two]) expect(json?.['7FE10010']).toEqual({ vr: 'LO', Value: ['Tên sau ảnh'] });
});

describe.skipIf(!hasCorpus)('retrieving real files', () => {
  const rows = hasCorpus
    ? manifest().filter((row) => row['sop_instance_uid'] && row['series_instance_uid'] && row['study_instance_uid'])
    : [];
  /** One of each, none of which another file of the corpus calls by the same UID. */
  const unique = rows.filter(
    (row) => rows.filter((other) => other['sop_instance_uid'] === row['sop_instance_uid']).length === 1,
  );
  const files = [
    'series/ct-chest-siemens/',
    'syntax/implicit-le/',
    'syntax/jpeg-ls/',
    'syntax/deflated/',
    'syntax/explicit-be/',
    'charset/chrArab',
  ]
    .map((start) => unique.find((row) => row['path']?.startsWith(start)))
    .filter((row) => row !== undefined);
  const address = (row: Readonly<Record<string, string>>): string =>
    `/studies/${row['study_instance_uid']}/series/${row['series_instance_uid']}/instances/${row['sop_instance_uid']}`;

  test('gives back the bytes of each data set, in its own transfer syntax', async () => {
    expect((await stow(files.map((row) => corpusFile(row['path'] as string)))).status).toBe(200);
    for (const row of files) {
      const sent = corpusFile(row['path'] as string);
      const response = await get(address(row), 'application/dicom; transfer-syntax=*');
      expect(response.status, row['path']).toBe(200);
      expect(response.headers.get('content-type')).toBe(`application/dicom; transfer-syntax=${row['transfer_syntax']}`);
      expect(Buffer.from(await response.arrayBuffer()).indexOf(datasetOf(sent)), row['path']).toBeGreaterThan(0);
    }
  });

  test('answers 304 to who has it, and 406 naming the stored syntax to who cannot take it', async () => {
    const row = files.find(({ path = '' }) => path.startsWith('syntax/jpeg-ls/'))!;
    const etag = (await get(address(row), 'application/dicom; transfer-syntax=*')).headers.get('etag') as string;
    expect(
      (
        await get(address(row), 'application/dicom; transfer-syntax=*', {
          'if-none-match': etag,
          'cache-control': 'max-age=0',
        })
      ).status,
    ).toBe(304);
    const refused = await get(address(row), 'application/dicom; transfer-syntax=1.2.840.10008.1.2.4.91');
    expect(refused.status).toBe(406);
    expect(JSON.stringify(await refused.json())).toContain(row['transfer_syntax']);
  });

  test('gives out uncompressed frames with the pixels that other toolkits decode', async () => {
    const row = files[0]!;
    const sent = corpusFile(row['path'] as string);
    const length =
      (Number(row['rows']) * Number(row['cols']) * Number(row['bits_allocated']) * Number(row['samples'])) / 8;
    const response = await get(`${address(row)}/frames/1`, 'application/octet-stream');
    expect(response.headers.get('content-type')).toBe('application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1');
    const frame = Buffer.from(await response.arrayBuffer());
    expect(frame.length).toBe(length);
    expect(sent.indexOf(frame)).toBeGreaterThan(0);
    expect((await get(`${address(row)}/frames/${Number(row['frames'] || 1) + 1}`)).status).toBe(404);
  });

  test('gives metadata without pixels, compressed for who takes it', async () => {
    for (const row of files) {
      const response = await get(`${address(row)}/metadata`, 'application/dicom+json', { 'accept-encoding': 'gzip' });
      const [json] = (await response.json()) as Json[];
      expect(response.headers.get('content-encoding')).toBe('gzip');
      expect(json?.['00080018']?.Value?.[0], row['path']).toBe(row['sop_instance_uid']);
      expect(Object.keys(json?.['7FE00010'] ?? { vr: '', BulkDataURI: '' })).toEqual(['vr', 'BulkDataURI']);
    }
  });

  /** Behind the file meta information, whose length is its first element's value. */
  function datasetOf(file: Buffer): Buffer {
    const dataset = file.subarray(144 + file.readUInt32LE(140));
    expect(createHash('sha256').update(dataset).digest('hex')).toHaveLength(64);
    return dataset;
  }
});
