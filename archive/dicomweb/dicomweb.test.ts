import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openArchive, type Archive } from '#archive/archive.ts';
import { readSettings } from '#settings/settings.ts';
import { corpusFile, hasCorpus, manifest } from '#tests/corpus.ts';
import { explicit, smallInstance, type SmallInstance } from '#tests/dataset-bytes.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';

type Json = Record<string, { vr: string; Value?: unknown[] }>;

const password = 'mật khẩu để thử';
const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
let postgres: TestDatabase;
let directory: string;
let archive: Archive;
let root: string;

beforeAll(async () => {
  postgres = await startTestDatabase();
  directory = await mkdtemp(join(tmpdir(), 'lightbox-dicomweb-'));
  const settings = readSettings({
    DATA_DIR: directory,
    DATABASE_URL: postgres.url,
    HTTP_PORT: '0',
    DIMSE_PORT: '0',
    ADMIN_PASSWORD: password,
  });
  archive = await openArchive({
    settings: { ...settings, databaseUrl: postgres.url },
    log: pino({ level: 'silent' }),
    processes: () => [],
    onAdminPassword: () => {},
  });
  root = `${archive.addresses.http}dicom-web`;
}, 60_000);
afterAll(async () => {
  await archive[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** A file as PS3.10 has it, in Explicit VR Little Endian. */
function part10(dataset: Buffer, transferSyntax = '1.2.840.10008.1.2.1'): Buffer {
  const value = Buffer.from(transferSyntax.length % 2 ? `${transferSyntax}\0` : transferSyntax);
  const element = Buffer.concat([Buffer.from('0200100055490000', 'hex'), value]);
  element.writeUInt16LE(value.length, 6);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), element, dataset]);
}

async function stow(files: readonly Buffer[], path = '/studies'): Promise<{ status: number; json: Json }> {
  const body = Buffer.concat([
    ...files.flatMap((file) => [
      Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n'),
      file,
      Buffer.from('\r\n'),
    ]),
    Buffer.from('--b--'),
  ]);
  const response = await fetch(root + path, {
    method: 'POST',
    body,
    headers: { authorization, 'content-type': 'multipart/related; type="application/dicom"; boundary=b' },
  });
  return { status: response.status, json: (await response.json()) as Json };
}

const get = (path: string, accept = '*/*', more: Record<string, string> = {}): Promise<Response> =>
  fetch(root + path, { headers: { authorization, accept, ...more } });

const instanceOf = (json: Json): string => String(json['00080018']?.Value?.[0]);

const people: readonly (SmallInstance & { study: string })[] = [
  { study: '2.1', patientID: 'A-1', patientName: 'Nguyễn^Văn Anh', studyDate: '20240101', modality: 'CT' },
  { study: '2.2', patientID: 'A-2', patientName: 'NGUYEN^VAN BINH', studyDate: '20240115', modality: 'CT' },
  { study: '2.3', patientID: 'A-3', patientName: 'Đặng^Thị Huệ', studyDate: '20240131', modality: 'MR' },
  {
    study: '2.4',
    patientID: 'A-4',
    patientName: 'Yamada^Tarou=山田^太郎=やまだ^たろう',
    studyDate: '20240630',
    modality: 'CR',
  },
  { study: '2.5', patientID: 'A_5%', patientName: 'Smithson^Jane', studyDate: '20250103', modality: 'MG' },
  { study: '2.6', patientID: '', patientName: '', studyDate: '', modality: 'OT' },
];

async function found(query: string, level = 'studies'): Promise<string[]> {
  const response = await get(`/${level}?${query}`);
  expect(response.status, query).toBe(200);
  const studies = ((await response.json()) as Json[]).map((each) => String(each['0020000D']?.Value?.[0]));
  return studies.filter((study) => people.some((person) => person.study === study)).sort();
}

describe('searching', () => {
  beforeAll(async () => {
    const files = people.flatMap((person) =>
      [1, 2].map((number) =>
        part10(smallInstance({ ...person, series: `${person.study}.1`, instance: `${person.study}.1.${number}` })),
      ),
    );
    expect((await stow(files)).status).toBe(200);
  });

  test.each([
    ['a whole Patient ID', 'PatientID=A-3', ['2.3']],
    ['a tag in place of a keyword', '00100020=A-3', ['2.3']],
    ['* at the end', 'PatientID=A*', ['2.1', '2.2', '2.3', '2.4', '2.5']],
    ['? for exactly one character', 'PatientID=A-%3F', ['2.1', '2.2', '2.3', '2.4']],
    ['% and _ taken literally', 'PatientID=A_5%25', ['2.5']],
    ['_ that is no wildcard', 'PatientID=A_1', []],
    ['an empty value', 'PatientID=', ['2.1', '2.2', '2.3', '2.4', '2.5', '2.6']],
    ['a day', 'StudyDate=20240115', ['2.2']],
    ['a range of days, both ends in', 'StudyDate=20240101-20240131', ['2.1', '2.2', '2.3']],
    ['a range open at its beginning', 'StudyDate=-20240115', ['2.1', '2.2']],
    ['a range open at its end', 'StudyDate=20240630-', ['2.4', '2.5']],
    ['a list of UIDs, each study once', 'StudyInstanceUID=2.1,2.3,9.9', ['2.1', '2.3']],
    ['a modality', 'ModalitiesInStudy=CT', ['2.1', '2.2']],
    ['two attributes joined by and', 'ModalitiesInStudy=CT&StudyDate=20240115', ['2.2']],
    ['a name typed without accents, its words in another order', 'PatientName=anh+nguyen', ['2.1']],
    ['a name typed with accents and lower case', `PatientName=${encodeURIComponent('đặng thị huệ')}`, ['2.3']],
    ['d for đ', 'PatientName=dang*', ['2.3']],
    ['a name in decomposed Unicode', `PatientName=${encodeURIComponent('Nguyễn*'.normalize('NFD'))}`, ['2.1', '2.2']],
    ['a name with ^', 'PatientName=smithson%5Ejane', ['2.5']],
    ['a name with ^ and trailing empty components', 'PatientName=Smithson%5EJane%5E%5E%5E', ['2.5']],
    ['a single value that is a mere prefix', 'PatientName=Smith', []],
    ['an ideographic group', `PatientName=${encodeURIComponent('山田*')}`, ['2.4']],
    ['a phonetic group with ^', `PatientName=${encodeURIComponent('やまだ^たろう')}`, ['2.4']],
    ['a quote', "PatientName=' OR '1'='1", []],
  ])('by %s finds what PS3.4 C.2.2.2 says', async (_, query, expected) => {
    expect(await found(query)).toEqual(expected);
  });

  test('gives each study its modalities and counts, and leads to it', async () => {
    const [study] = (await (await get('/studies?StudyInstanceUID=2.1')).json()) as Json[];
    expect(study).toMatchObject({
      '00080061': { vr: 'CS', Value: ['CT'] },
      '00081190': { vr: 'UR', Value: ['/dicom-web/studies/2.1'] },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Nguyễn^Văn Anh' }] },
      '00201206': { vr: 'IS', Value: [1] },
      '00201208': { vr: 'IS', Value: [2] },
    });
  });

  test('pages without repeating or leaving out', async () => {
    const all = await found('');
    const pages = [];
    for (let offset = 0; offset < 20; offset += 2) pages.push(...(await found(`limit=2&offset=${offset}`)));
    expect(pages.sort()).toEqual(all);
  });

  test('instances are found below their series, by number and by class', async () => {
    const response = await get(
      '/studies/2.1/series/2.1.1/instances?InstanceNumber=&SOPClassUID=1.2.840.10008.5.1.4.1.1.7',
    );
    // Two parts of one request become durable at the same time: without numbers, either may be the first.
    const instances = ((await response.json()) as Json[]).sort((a, b) => (instanceOf(a) < instanceOf(b) ? -1 : 1));
    expect(instances.map(instanceOf)).toEqual(['2.1.1.1', '2.1.1.2']);
    expect(instances[0]).toMatchObject({
      '00280010': { vr: 'US', Value: [16] },
      '00081190': { Value: ['/dicom-web/studies/2.1/series/2.1.1/instances/2.1.1.1'] },
    });
  });

  test.each(['limit=-1', 'offset=x', 'StudyDate=yesterday', 'NoSuchAttribute=1', 'fuzzymatching=perhaps'])(
    '%s is refused with 400',
    async (query) => {
      const response = await get(`/studies?${query}`);
      expect(response.status).toBe(400);
      expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    },
  );

  test('an attribute that cannot be matched is left out, and the answer says so', async () => {
    const response = await get('/studies?PatientComments=x&StudyInstanceUID=2.1');
    expect(response.headers.get('warning')).toBe('299 lightbox "not matched: PatientComments"');
    expect(await response.json()).toHaveLength(1);
  });
});

describe('storing', () => {
  test('one good part and one broken: 202, each with its own answer', async () => {
    const { status, json } = await stow([
      part10(smallInstance({ study: '3.1', instance: '3.1.1.1' })),
      Buffer.from('not DICOM '.repeat(40)),
    ]);
    expect(status).toBe(202);
    expect(json['00081199']?.Value).toMatchObject([{ '00081155': { Value: ['3.1.1.1'] } }]);
    expect(json['00081198']?.Value).toMatchObject([{ '00081197': { vr: 'US', Value: [0xc000] } }]);
  });

  test('a study that is not the one in the address: 409 and A900', async () => {
    const { status, json } = await stow(
      [part10(smallInstance({ study: '3.2', instance: '3.2.1.1' }))],
      '/studies/9.9.9',
    );
    expect(status).toBe(409);
    expect(json['00081198']?.Value).toMatchObject([{ '00081197': { Value: [0xa900] } }]);
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
    const refused = await get(address(row), 'application/dicom; transfer-syntax=1.2.840.10008.1.2.1');
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
      expect(json?.['00083002']?.Value?.[0]).toBe(row['transfer_syntax']);
      expect(json?.['7FE00010']).toBeUndefined();
    }
  });

  /** Behind the file meta information, whose length is its first element's value. */
  function datasetOf(file: Buffer): Buffer {
    const dataset = file.subarray(144 + file.readUInt32LE(140));
    expect(createHash('sha256').update(dataset).digest('hex')).toHaveLength(64);
    return dataset;
  }
});
