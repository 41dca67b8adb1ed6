import http from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dataset } from '#dicom/data/dataset.ts';
import { InstanceWriter } from '#index/write.ts';
import { limits } from '#settings/limits.ts';
import { secondaryCapture } from '#tests/dataset-bytes.ts';
import { datasetOf } from '#tests/dataset-of.ts';
import { aHandful, heardDuring } from '#tests/heard-during.ts';
import { indexedInstance } from '#tests/indexed-instance.ts';
import { startWholeArchive, type WholeArchive } from '#tests/whole-archive.ts';
import { partsOf } from './test-dicomweb.ts';

type Found = Readonly<Record<string, { vr: string; Value?: readonly unknown[] }>>[];

/** Of each page of results. */
const many = limits.http.queryResults + 200;

let archive: WholeArchive;
beforeAll(async () => {
  archive = await startWholeArchive();
  expect(await archive.stow([1, 2, 3, 4].map((number) => instance(number)))).toBe(200);
  await using writer = new InstanceWriter(archive.postgres.url);
  const records = Array.from({ length: many }, (_, number) =>
    indexedInstance({ StudyInstanceUID: `9.${number + 1}`, AccessionNumber: 'MANY', Modality: 'CT' }),
  );
  await Promise.all(records.map((record) => writer.write(record)));
});
afterAll(() => archive[Symbol.asyncDispose]());

/** Study 2.1 has two series of two instances. */
function instance(number: number): Dataset {
  const series = number > 2 ? '2.1.2' : '2.1.1';
  return {
    ...datasetOf({
      SpecificCharacterSet: 'ISO_IR 192',
      SOPClassUID: secondaryCapture,
      SOPInstanceUID: `${series}.${number}`,
      StudyDate: '20260101',
      AccessionNumber: 'ONE',
      Modality: number > 2 ? 'PR' : 'CT',
      PatientName: 'Yamada^Tarou=山田^太郎=やまだ^たろう',
      PatientID: 'Y-1',
      PatientAge: '045Y',
      BodyPartExamined: 'CHEST',
      StudyInstanceUID: '2.1',
      SeriesInstanceUID: series,
      SeriesNumber: series.slice(-1),
      InstanceNumber: String(number),
      PhotometricInterpretation: 'MONOCHROME2',
      Rows: 16,
      ReferencedImageSequence: [datasetOf({ ReferencedSOPInstanceUID: '1.2.3', ReferencedSOPClassUID: '1.2.4' })],
      RequestAttributesSequence: [
        datasetOf({ ScheduledProcedureStepID: 'SPS', ScheduledProcedureStepDescription: 'ngực' }),
      ],
      [0x00090010]: 'HOUSE',
      [0x00091001]: Buffer.from('private '),
    }),
    characterSet: ['ISO_IR 192'],
  };
}

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(archive.dicomweb + path, { headers: { authorization: archive.authorization, ...headers } });

async function found(path: string): Promise<Found> {
  const response = await get(path);
  expect(response.status, path).toBe(200);
  return (await response.json()) as Found;
}

describe('a result', () => {
  test('of a study has its modalities, counts and names, and leads to it', async () => {
    expect(await found('/studies?StudyInstanceUID=2.1')).toEqual([
      {
        '00080005': { vr: 'CS', Value: ['ISO_IR 192'] },
        '00080020': { vr: 'DA', Value: ['20260101'] },
        '00080030': { vr: 'TM' },
        '00080050': { vr: 'SH', Value: ['ONE'] },
        '00080056': { vr: 'CS', Value: ['ONLINE'] },
        '00080061': { vr: 'CS', Value: ['CT', 'PR'] },
        '00080080': { vr: 'LO' },
        '00080090': { vr: 'PN' },
        '00080201': { vr: 'SH' },
        '00081030': { vr: 'LO' },
        '00081190': { vr: 'UR', Value: ['/dicom-web/studies/2.1'] },
        '00100010': {
          vr: 'PN',
          Value: [{ Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎', Phonetic: 'やまだ^たろう' }],
        },
        '00100020': { vr: 'LO', Value: ['Y-1'] },
        '00100021': { vr: 'LO' },
        '00100030': { vr: 'DA' },
        '00100040': { vr: 'CS' },
        '0020000D': { vr: 'UI', Value: ['2.1'] },
        '00200010': { vr: 'SH' },
        '00201206': { vr: 'IS', Value: [2] },
        '00201208': { vr: 'IS', Value: [4] },
      },
    ]);
  });

  test('a study whose series name no modality has one empty modality, which viewers take for a list', async () => {
    await using writer = new InstanceWriter(archive.postgres.url);
    await writer.write(indexedInstance({ StudyInstanceUID: '8.1', Modality: '' }));
    const [study] = await found('/studies?StudyInstanceUID=8.1');
    expect(study?.['00080061']).toEqual({ vr: 'CS', Value: [null] });
    expect(study?.['00100040']).toEqual({ vr: 'CS' });
  });

  test('below a study or series says of those no more than their UIDs; of others all', async () => {
    const [below] = await found('/studies/2.1/series?SeriesNumber=2');
    expect(below).toMatchObject({
      '00080060': { Value: ['PR'] },
      '00081190': { Value: ['/dicom-web/studies/2.1/series/2.1.2'] },
      '00201209': { Value: [2] },
      '00400275': { vr: 'SQ', Value: [{ '00400009': { vr: 'SH', Value: ['SPS'] } }] },
    });
    expect(Object.keys(below!)).not.toContain('00100010');
    expect((await found('/series?StudyInstanceUID=2.1'))[0]).toMatchObject({ '00100020': { Value: ['Y-1'] } });
    const [image] = await found('/studies/2.1/series/2.1.1/instances?InstanceNumber=2');
    expect(image).toMatchObject({
      '00081190': { Value: ['/dicom-web/studies/2.1/series/2.1.1/instances/2.1.1.2'] },
      '00280010': { vr: 'US', Value: [16] },
    });
    expect(Object.keys(image!)).not.toContain('00080060');
    expect((await found('/studies/2.1/instances'))[0]).toMatchObject({ '00080060': { Value: ['CT'] } });
  });

  test('comes in the order of numbers', async () => {
    const numbers = (await found('/studies/2.1/instances')).map((each) => each['00200013']?.Value?.[0]);
    expect(numbers).toEqual([1, 2, 3, 4]);
  });
});

describe('includefield', () => {
  test.each([
    ['by keyword', 'includefield=PhotometricInterpretation', '00280004', ['MONOCHROME2']],
    ['by tag', 'includefield=00280004', '00280004', ['MONOCHROME2']],
    ['among others, by comma', 'includefield=PatientAge,00280004', '00101010', ['045Y']],
    ['repeated', 'includefield=PatientAge&includefield=00280004', '00280004', ['MONOCHROME2']],
    ['of what the index holds', 'includefield=PatientID', '00100020', ['Y-1']],
    [
      'within a sequence',
      'includefield=ReferencedImageSequence.ReferencedSOPInstanceUID',
      '00081140',
      [{ '00081155': { vr: 'UI', Value: ['1.2.3'] } }],
    ],
    [
      'within a sequence of which the index holds a part',
      'includefield=RequestAttributesSequence.ScheduledProcedureStepDescription&includefield=00400275.00400009',
      '00400275',
      [{ '00400007': { vr: 'LO', Value: ['ngực'] }, '00400009': { vr: 'SH', Value: ['SPS'] } }],
    ],
  ])('%s gives the value', async (_, query, tag, value) => {
    expect((await found(`/studies/2.1/instances?limit=1&${query}`))[0]?.[tag]?.Value).toEqual(value);
  });

  test('of a private attribute gives its creator, too', async () => {
    const [image] = await found('/studies/2.1/instances?limit=1&includefield=00091001');
    expect(image).toMatchObject({ '00090010': { vr: 'LO', Value: ['HOUSE'] }, '00091001': { vr: 'UN' } });
  });

  test('of a study reads its first instance', async () => {
    expect((await found('/studies?StudyInstanceUID=2.1&includefield=PatientAge'))[0]?.['00101010']?.Value).toEqual([
      '045Y',
    ]);
  });

  test('=all gives every attribute of an instance, and of a study what the index holds', async () => {
    const [image] = await found('/studies/2.1/series/2.1.1/instances?includefield=all');
    for (const tag of ['00080060', '00100010', '00101010', '00180015', '00280004', '00081140'])
      expect(image).toHaveProperty(tag);
    expect((await found('/studies?StudyInstanceUID=2.1&includefield=all'))[0]?.['00201204']?.Value).toEqual([4]);
  });

  test('of long objects gives long values by their addresses, and holds up nobody meanwhile', async () => {
    const items = 20_000;
    const frame = { FrameAcquisitionDuration: 1, StackID: '1', InStackPositionNumber: 1, TemporalPositionIndex: 1 };
    const group = datasetOf({ FrameContentSequence: [datasetOf(frame)], FrameLabel: 'A', FrameComments: 'ngực' });
    const long = {
      ...instance(1),
      elements: new Map([
        ...instance(1).elements,
        ...datasetOf({
          SOPInstanceUID: '2.9.1.1',
          StudyInstanceUID: '2.9',
          SeriesInstanceUID: '2.9.1',
          EncapsulatedDocument: Buffer.alloc(200_000, 1),
          PerFrameFunctionalGroupsSequence: Array.from({ length: items }, () => group),
        }).elements,
      ]),
    };
    expect(await archive.stow([long])).toBe(200);
    const asXml = await get('/studies/2.9/instances?includefield=all', { accept: 'application/dicom+xml' });
    expect((await asXml.text()).split('keyword="FrameComments"')).toHaveLength(items + 1);
    for (const fields of ['all', 'PatientAge']) {
      let text = '';
      const heard = await heardDuring(async () => {
        text = await (await get(`/studies/2.9/instances?includefield=${fields}`)).text();
      });
      expect(heard.rounds, fields).toBeGreaterThan(fields === 'all' ? 10_000 : 50);
      expect(heard.mostLooks, fields).toBeLessThan(aHandful);
      const [image] = JSON.parse(text) as Found;
      expect(image?.['00101010']?.Value).toEqual(['045Y']);
      if (fields !== 'all') continue;
      expect(image?.['52009230']?.Value).toHaveLength(items);
      expect(image?.['00420011']).toEqual({
        vr: 'OB',
        BulkDataURI: '/dicom-web/studies/2.9/series/2.9.1/instances/2.9.1.1/bulkdata/00420011',
      });
    }
  });

  test('of an attribute of a lower level is left out, and the answer says so', async () => {
    const response = await get('/studies?StudyInstanceUID=2.1&includefield=SeriesDescription');
    expect(response.headers.get('warning')).toBe('299 lightbox "not included: SeriesDescription"');
  });

  test('reads no object for who asks for the headers alone', async () => {
    const { authorization, dicomweb, lines, postgres } = archive;
    const failures = () => lines.filter(({ msg }) => msg === 'attributes cannot be read from the object').length;
    await archive.stow([
      {
        ...instance(1),
        elements: new Map([
          ...instance(1).elements,
          ...datasetOf({ SOPInstanceUID: '2.8.1.1', StudyInstanceUID: '2.8', SeriesInstanceUID: '2.8.1' }).elements,
        ]),
      },
    ]);
    // Where no object is: whoever opens one fails.
    await postgres.database.pool.query(
      `UPDATE index.instance SET key = 'i/nowhere' WHERE sop_instance_uid = '2.8.1.1'`,
    );
    const before = failures();
    const address = `${dicomweb}/studies/2.8/instances?includefield=all`;
    const head = await fetch(address, { method: 'HEAD', headers: { authorization } });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'application/dicom+json']);
    expect(failures()).toBe(before);
    expect(await (await fetch(address, { headers: { authorization } })).json()).toHaveLength(1);
    expect(failures()).toBe(before + 1);
  });

  test('leaves out of a result what its object no longer has', async () => {
    const [study] = await found('/studies?StudyInstanceUID=9.1&includefield=PatientAge');
    expect(study).not.toHaveProperty('00101010');
    expect(study).toHaveProperty('0020000D');
  });
});

describe('paging', () => {
  test('pages have every study once, in the same order each time', async () => {
    const uids = (results: Found) => results.map((each) => each['0020000D']?.Value?.[0]);
    const first = uids(await found('/studies?AccessionNumber=MANY&limit=50'));
    const pages = await Promise.all(
      [0, 20, 40].map((offset) => found(`/studies?AccessionNumber=MANY&limit=20&offset=${offset}`)),
    );
    expect(pages.flatMap(uids).slice(0, 50)).toEqual(first);
  });

  test('the largest number that a client knows is no limit, and an offset behind the end', async () => {
    for (const most of [2 ** 31 - 1, 2 ** 53, '18446744073709551615']) {
      expect(await found(`/studies?StudyInstanceUID=2.1&limit=${most}`), String(most)).toHaveLength(1);
      expect((await get(`/studies?StudyInstanceUID=2.1&offset=${most}&limit=${most}`)).status, String(most)).toBe(204);
    }
  });

  test('a limit that leaves something out is told', async () => {
    const response = await get('/studies?limit=2');
    expect(response.headers.get('warning')).toBe('299 lightbox "There are additional results that can be requested"');
    expect((await get('/studies/2.1/series?limit=2')).headers.get('warning')).toBeNull();
  });

  test('a long answer is as long as we answer at most, and tells that there is more', async () => {
    const response = await get('/studies?AccessionNumber=MANY');
    expect(response.headers.get('warning')).toContain('additional results');
    const results = (await response.json()) as Found;
    expect(results).toHaveLength(limits.http.queryResults);
    expect(new Set(results.map((each) => each['0020000D']?.Value?.[0])).size).toBe(limits.http.queryResults);
    const rest = await get(`/studies?AccessionNumber=MANY&offset=${limits.http.queryResults}`);
    expect(rest.headers.get('warning')).toBeNull();
    expect(await rest.json()).toHaveLength(200);
  });

  test('nothing found is 204 without a body', async () => {
    for (const path of [
      '/studies?PatientID=nobody',
      '/studies?offset=100000',
      '/studies?limit=0',
      '/studies/1.2.3.4/series',
    ]) {
      const response = await get(path);
      expect([response.status, await response.text()], path).toEqual([204, '']);
    }
  });
});

describe('an answer that is not long', () => {
  const xml = 'multipart/related; type="application/dicom+xml"';

  test.each([
    ['/studies?StudyInstanceUID=2.1', '*/*'],
    ['/studies/2.1/instances?includefield=all', 'application/dicom+json'],
    ['/studies?StudyInstanceUID=2.1&includefield=ReferencedImageSequence', xml],
  ])('has a strong ETag, and is not sent to who has it: %s as %s', async (path, accept) => {
    // fetch would say no-cache by itself beside If-None-Match, which asks for the whole answer.
    const headers = { accept, 'cache-control': 'max-age=0' };
    const [one, same] = [await get(path, headers), await get(path, headers)];
    const etag = one.headers.get('etag') as string;
    expect(etag).toMatch(/^"[^"]+"$/);
    expect(one.headers.get('cache-control')).toBe('private, no-cache');
    expect(same.headers.get('etag')).toBe(etag);
    expect(await same.text()).toBe(await one.text());
    const again = await get(path, { ...headers, 'if-none-match': etag });
    expect([again.status, await again.text()]).toEqual([304, '']);
    expect((await get(path, { ...headers, 'if-none-match': '"another"' })).status).toBe(200);
  });

  test('and one that is long has none', async () => {
    const response = await get('/studies?AccessionNumber=MANY');
    expect(response.headers.get('etag')).toBeNull();
    await response.arrayBuffer();
  });
});

test.each([
  'limit=-1',
  'limit=many',
  'offset=x',
  'StudyDate=yesterday',
  'StudyInstanceUID=not-a-uid',
  'NoSuchAttribute=1',
  'includefield=NoSuchAttribute',
  'fuzzymatching=perhaps',
  'emptyvaluematching=1',
  'multiplevaluematching=yes',
  'charset=iso-8859-1',
  'PatientID=1&PatientID=2',
])('%s is refused with 400', async (query) => {
  const response = await get(`/studies?${query}`);
  expect(response.status).toBe(400);
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
});

test.each([
  ['PatientBirthDate=""', 1],
  ['AccessionNumber=""', 0],
  ['Rows=""', 0],
  ['RequestAttributesSequence.RequestedProcedureID=""', 1],
  ['RequestAttributesSequence.ScheduledProcedureStepID=""', 0],
])('with emptyvaluematching two quotation marks find what has no value: %s', async (key, count) => {
  const path = `/studies/2.1/instances?InstanceNumber=1&${key}&emptyvaluematching=`;
  const response = await get(`${path}true`);
  expect(response.status).toBe(count > 0 ? 200 : 204);
  if (count > 0) expect(await response.json()).toHaveLength(count);
  // They are a value like any other without it, which a date and a number cannot have.
  expect([204, 400]).toContain((await get(`${path}false`)).status);
});

test('with multiplevaluematching a study has every modality that is asked for, without it any', async () => {
  const keys = '/studies?StudyInstanceUID=2.1,9.1&ModalitiesInStudy=CT,PR&multiplevaluematching=';
  expect(await found(`${keys}true`)).toHaveLength(1);
  expect(await found(`${keys}false`)).toHaveLength(2);
});

test.each(['charset=utf-8', 'charset=iso-8859-1,UTF-8;q=0.5', 'charset="ISO_IR 192"'])(
  'results are there in UTF-8 for who asks for it: %s',
  async (query) => {
    expect(await found(`/studies?StudyInstanceUID=2.1&${query}`)).toHaveLength(1);
  },
);

test('the query parameter accept goes before the header', async () => {
  const response = await get('/studies?StudyInstanceUID=2.1&accept=application/dicom%2Bxml');
  expect(response.headers.get('content-type')).toMatch(/^multipart\/related; type="application\/dicom\+xml"/);
});

test('what the client rules out it does not get by another name', async () => {
  const response = await get('/studies?StudyInstanceUID=2.1', { accept: 'application/dicom+json;q=0, */*;q=0.5' });
  expect(response.headers.get('content-type')).toMatch(/^multipart\/related; type="application\/dicom\+xml"/);
});

test('a UID that is given twice is a list of two', async () => {
  expect(await found('/studies?StudyInstanceUID=2.1&StudyInstanceUID=9.1')).toHaveLength(2);
});

test.each([
  ['an attribute that is not in the index', 'PatientComments=x', 'not matched: PatientComments'],
  ['an attribute of a lower level', 'Modality=MR', 'not matched: Modality'],
  [
    'an attribute of the index, but within a sequence',
    'ReferencedPatientSequence.PatientID=x',
    'not matched: ReferencedPatientSequence.PatientID',
  ],
])('%s is not matched, and the answer says so', async (_, query, warning) => {
  const response = await get(`/studies?StudyInstanceUID=2.1&${query}`);
  expect(response.headers.get('warning')).toBe(`299 lightbox "${warning}"`);
  expect(await response.json()).toHaveLength(1);
});

test.each([
  ['/studies?StudyInstanceUID=2.1', 1],
  ['/studies/2.1/instances', 4],
  ['/studies/2.1/instances?includefield=all', 4],
])('%s as XML is a part for each match, which says what JSON says', async (path, count) => {
  const response = await get(path, { accept: 'multipart/related; type="application/dicom+xml"' });
  expect(response.headers.get('content-type')).toMatch(
    /^multipart\/related; type="application\/dicom\+xml"; boundary=/,
  );
  const parts = await partsOf(response);
  const inJson = await found(path);
  expect([parts.length, inJson.length]).toEqual([count, count]);
  for (const [at, { head, bytes }] of parts.entries()) {
    expect(head).toBe('\r\nContent-Type: application/dicom+xml');
    const part = bytes.toString();
    expect(part).toMatch(/^<\?xml [^]*<\/NativeDicomModel>\s*$/);
    const values = [
      ...part.matchAll(/^<DicomAttribute tag="(0020000D|00080018|00081190)".*\n<Value number="1">(.*)</gm),
    ];
    const expected = ['00080018', '00081190', '0020000D'].flatMap((tag) => {
      const value = inJson[at]?.[tag]?.Value?.[0];
      return value === undefined ? [] : [[tag, value]];
    });
    expect(values.map(([, tag, value]) => [tag, value])).toEqual(expected);
    if (path.includes('all')) expect(part).toContain('<FamilyName>やまだ</FamilyName>');
  }
});

test.each([
  ['application/dicom+xml;q=0.5, application/json', 200],
  ['application/json', 200],
  ['*/*', 200],
  ['image/jpeg', 406],
])('asked for %s it answers %i', async (accept, status) => {
  expect((await get('/studies?limit=1', { accept })).status).toBe(status);
});

test('a client that goes away in the middle of an answer stops the search, which is written down', async () => {
  const searches = () => archive.lines.filter(({ action }) => action === 'search').length;
  const before = searches();
  const { promise, resolve } = Promise.withResolvers<http.IncomingMessage>();
  const { authorization } = archive;
  const request = http.get(
    `${archive.dicomweb}/studies?AccessionNumber=MANY`,
    { headers: { authorization }, agent: false },
    resolve,
  );
  request.on('error', () => {});
  (await promise).destroy();
  await expect.poll(searches, { interval: 5 }).toBe(before + 1);
  expect(archive.lines.filter(({ action }) => action === 'search').at(-1)).toMatchObject({
    door: 'QIDO-RS',
    matched: ['AccessionNumber'],
  });
});
