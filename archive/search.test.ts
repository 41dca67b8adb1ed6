/** One suite of searches through both doors: what QIDO-RS finds, C-FIND finds. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dataset } from '#dicom/data/dataset.ts';
import { hexTag, tagOf } from '#dicom/data/dictionary.ts';
import { secondaryCapture } from '#tests/dataset-bytes.ts';
import { datasetOf } from '#tests/dataset-of.ts';
import { FindPeer } from '#tests/find-peer.ts';
import { startWholeArchive, type WholeArchive } from '#tests/whole-archive.ts';

/** A study; each of its modalities is a series of two instances. */
const presentationState = '1.2.840.10008.5.1.4.1.1.11.1';
const people = [
  { name: 'Nguyễn^Văn Anh', id: 'A-1', date: '20240101', time: '080000', modalities: ['CT'], description: 'CHEST CT' },
  {
    name: 'NGUYEN^VAN BINH',
    id: 'A-2',
    date: '20240115',
    time: '120000',
    modalities: ['CT', 'PR'],
    description: 'CT ngực',
  },
  { name: 'Đặng^Thị Huệ', id: 'A-3', date: '20240131', time: '235959.5', modalities: ['MR'], description: 'BRAIN MRI' },
  {
    name: 'Yamada^Tarou=山田^太郎=やまだ^たろう',
    id: 'A-4',
    date: '20240630',
    time: '',
    modalities: ['CR'],
    description: 'A_B%C',
  },
  { name: 'Smithson^Jane', id: 'A_5%', date: '20250103', time: '140000', modalities: ['MG'], description: "L'épaule" },
  { name: 'SMITH^JOHN', id: 'A-6', date: '20250101', time: '000001', modalities: ['CT'], description: 'Chest' },
  { name: '', id: '', date: '', time: '', modalities: ['OT'], description: '' },
].map((person, at) => ({ ...person, uid: `2.${at + 1}`, accession: `ACC${at + 1}` }));

let archive: WholeArchive;
let peer: FindPeer;
let patientRoot: FindPeer;

beforeAll(async () => {
  archive = await startWholeArchive();
  peer = await FindPeer.associate(archive.dimsePort);
  patientRoot = await FindPeer.associate(archive.dimsePort, '1.2.840.10008.5.1.4.1.2.1.1');
  const instances = people.flatMap((person) =>
    person.modalities.flatMap((modality, at) => [1, 2].map((number) => instance(person, modality, at + 1, number))),
  );
  expect(await archive.stow(instances)).toBe(200);
});
afterAll(async () => {
  await peer[Symbol.asyncDispose]();
  await patientRoot[Symbol.asyncDispose]();
  await archive[Symbol.asyncDispose]();
});

function instance(person: (typeof people)[number], Modality: string, series: number, number: number): Dataset {
  return {
    ...datasetOf({
      SpecificCharacterSet: 'ISO_IR 192',
      SOPClassUID: Modality === 'PR' ? presentationState : secondaryCapture,
      SOPInstanceUID: `${person.uid}.${series}.${number}`,
      StudyDate: person.date,
      StudyTime: person.time,
      AccessionNumber: person.accession,
      Modality,
      ReferringPhysicianName: 'Phạm^Minh Đức',
      StudyDescription: person.description,
      PatientName: person.name,
      PatientID: person.id,
      StudyInstanceUID: person.uid,
      SeriesInstanceUID: `${person.uid}.${series}`,
      SeriesNumber: String(series),
      InstanceNumber: String(number),
      PhotometricInterpretation: 'MONOCHROME2',
      ...otherNumbers(person),
      RequestAttributesSequence: [
        datasetOf({ ScheduledProcedureStepID: `SPS-${person.uid}`, RequestedProcedureID: `RP-${series}` }),
        datasetOf({ ScheduledProcedureStepID: 'ngực', RequestedProcedureID: `RP-${series + 10}` }),
      ],
    }),
    characterSet: ['ISO_IR 192'],
  };
}

/** As the sequence, or as older devices write them. */
function otherNumbers({ id }: (typeof people)[number]) {
  if (id === 'A-1')
    return {
      OtherPatientIDsSequence: [
        datasetOf({ PatientID: '036099000001', IssuerOfPatientID: 'CCCD', TypeOfPatientID: 'TEXT' }),
        datasetOf({ PatientID: 'BHYT-1', IssuerOfPatientID: 'BHYT' }),
      ],
    };
  return id === 'A-2' ? { OtherPatientIDs: '036099000002\\BHYT-2' } : {};
}

type Keys = Readonly<Record<string, string>>;
type Found = readonly Readonly<Record<string, { Value?: readonly unknown[] }>>[];

const address = (keys: Keys): string =>
  Object.entries(keys)
    .map(([keyword, value]) => `${keyword}=${encodeURIComponent(value)}`)
    .join('&');

async function qido(path: string): Promise<Found> {
  const response = await fetch(archive.dicomweb + path, { headers: { authorization: archive.authorization } });
  if (response.status === 204) return [];
  expect(response.status).toBe(200);
  return (await response.json()) as Found;
}

async function cfind(level: string, keys: Keys): Promise<Found> {
  const { last, matches } = await (level === 'PATIENT' ? patientRoot : peer).find(
    datasetOf({ SpecificCharacterSet: 'ISO_IR 192', QueryRetrieveLevel: level, ...keys }),
  );
  expect(last.Status).toBe(0);
  return matches;
}

const valuesOf = (found: Found, keyword: string): string[] =>
  found.map((each) => String(each[hexTag(tagOf(keyword))]?.Value?.[0])).sort();

/** Each level's path, and its unique key. */
const levels = {
  STUDY: ['/studies', 'StudyInstanceUID'],
  SERIES: ['/series', 'SeriesInstanceUID'],
  IMAGE: ['/instances', 'SOPInstanceUID'],
} as const;

const doors = [
  {
    door: 'QIDO-RS',
    find: async (level: keyof typeof levels, keys: Keys) => {
      const [path, unique] = levels[level];
      return valuesOf(await qido(`${path}?${address(keys)}`), unique);
    },
  },
  {
    door: 'C-FIND',
    find: async (level: keyof typeof levels, keys: Keys) => {
      const [, unique] = levels[level];
      const plain = Object.fromEntries(
        Object.entries(keys).map(([keyword, value]) => [
          keyword,
          /UID/.test(keyword) ? value.replaceAll(',', '\\') : value,
        ]),
      );
      return valuesOf(await cfind(level, { [unique]: '', ...plain }), unique);
    },
  },
];

const all = people.map(({ uid }) => uid);
const named = people.slice(0, 6).map(({ uid }) => uid);

describe.each(doors)('by $door', ({ find }) => {
  test.each<[string, Keys, readonly string[]]>([
    ['nothing in particular finds everything', {}, all],
    ['an empty value matches everything', { StudyDescription: '' }, all],
    ['* alone finds a study whose attribute is empty, too', { StudyDescription: '*' }, all],
    ['a whole Patient ID finds one', { PatientID: 'A-3' }, ['2.3']],
    ['* stands for any characters at the end', { PatientID: 'A*' }, named],
    ['* stands for none as well', { PatientID: 'A-3*' }, ['2.3']],
    ['? stands for exactly one character', { PatientID: 'A-?' }, ['2.1', '2.2', '2.3', '2.4', '2.6']],
    ['% and _ are characters like others', { PatientID: 'A_5%' }, ['2.5']],
    ['_ is no wildcard', { PatientID: 'A_1' }, []],
    ['% is no wildcard', { AccessionNumber: 'ACC%' }, []],
    ['a quote is a character like others', { StudyDescription: "L'épaule" }, ['2.5']],
    ['text other than names is compared with its case', { StudyDescription: 'CHEST' }, []],
    ['text is compared in any script', { StudyDescription: 'CT ngực' }, ['2.2']],
    ['two attributes are joined by and', { ModalitiesInStudy: 'CT', StudyDate: '20240115' }, ['2.2']],
    ['a day finds that day', { StudyDate: '20240115' }, ['2.2']],
    ['a range of days has both ends in', { StudyDate: '20240101-20240131' }, ['2.1', '2.2', '2.3']],
    ['a range of days may be open at its beginning', { StudyDate: '-20240115' }, ['2.1', '2.2']],
    ['a range of days may be open at its end', { StudyDate: '20240630-' }, ['2.4', '2.5', '2.6']],
    ['a time finds that time', { StudyTime: '120000' }, ['2.2']],
    ['a time in hours finds every time of that hour', { StudyTime: '12' }, ['2.2']],
    ['a range of times has fractions of seconds in', { StudyTime: '2359-' }, ['2.3']],
    ['a range of times is in minutes as well', { StudyTime: '0800-1200' }, ['2.1', '2.2']],
    [
      'a list of UIDs in StudyInstanceUID finds each listed study once',
      { StudyInstanceUID: '2.1,2.3,9.9' },
      ['2.1', '2.3'],
    ],
    ['a study is found by one of its modalities', { ModalitiesInStudy: 'PR' }, ['2.2']],
    ['a study is found by one of its SOP classes', { SOPClassesInStudy: presentationState }, ['2.2']],
    [
      'a study is found by any of several SOP classes, each once',
      { SOPClassesInStudy: `1.2.3,${presentationState},${secondaryCapture}`, StudyInstanceUID: '2.1,2.2' },
      ['2.1', '2.2'],
    ],
    ['a SOP class that no study has finds none', { SOPClassesInStudy: '1.2.3' }, []],
    ['a study is found by any of several modalities', { ModalitiesInStudy: 'MR\\MG' }, ['2.3', '2.5']],
    ['counts are matched', { NumberOfStudyRelatedInstances: '4' }, ['2.2']],
    ['a whole name finds it', { PatientName: 'Smithson^Jane' }, ['2.5']],
    ['a name is found without regard to case', { PatientName: 'smith^john' }, ['2.6']],
    ['trailing empty components carry no meaning', { PatientName: 'Smithson^Jane^^^' }, ['2.5']],
    ['a single value never matches a mere prefix of a word', { PatientName: 'Smith' }, ['2.6']],
    ['a single value with ^ never matches a mere prefix', { PatientName: 'Smithson^Jan' }, []],
    ['a family name with ^* finds any given name', { PatientName: 'nguyen^*' }, ['2.1', '2.2']],
    ['words without accents are found in any order', { PatientName: 'anh nguyen' }, ['2.1']],
    ['every word must occur', { PatientName: 'nguyen huệ' }, []],
    ['accents in the key may be there or not', { PatientName: 'đặng thị huệ' }, ['2.3']],
    ['d is found where đ is written', { PatientName: 'dang*' }, ['2.3']],
    ['decomposed Unicode finds composed', { PatientName: 'Nguyễn*'.normalize('NFD') }, ['2.1', '2.2']],
    ['the beginning of a word is found with *', { PatientName: 'smith*' }, ['2.5', '2.6']],
    ['the ideographic group is found by itself', { PatientName: '山田*' }, ['2.4']],
    ['the phonetic group is found with ^', { PatientName: 'やまだ^たろう' }, ['2.4']],
    ['all groups are found together', { PatientName: 'Yamada^Tarou=山田^太郎=やまだ^たろう' }, ['2.4']],
    ['a group is compared with its own', { PatientName: '=山田^*' }, ['2.4']],
    ['a group is not compared with another', { PatientName: '=Yamada^*' }, []],
    ['other names are found by words, too', { ReferringPhysicianName: 'duc pham' }, all],
    ['SQL is text', { PatientName: "' OR '1'='1" }, []],
  ])('%s', async (_, keys, expected) => {
    expect(await find('STUDY', keys)).toEqual([...expected].sort());
  });

  test.each<[string, Keys, readonly string[]]>([
    ['of a study are all of them', { StudyInstanceUID: '2.2' }, ['2.2.1', '2.2.2']],
    ['are found by their modality', { StudyInstanceUID: '2.2', Modality: 'PR' }, ['2.2.2']],
    ['are found by their number', { StudyInstanceUID: '2.2', SeriesNumber: '1' }, ['2.2.1']],
    ['are found by a list of UIDs', { StudyInstanceUID: '2.2', SeriesInstanceUID: '2.2.2,2.3.1' }, ['2.2.2']],
    ['of an unknown study are none', { StudyInstanceUID: '9.9' }, []],
  ])('series %s', async (_, keys, expected) => {
    expect(await find('SERIES', keys)).toEqual(expected);
  });

  test.each<[string, Keys, readonly string[]]>([
    ['of a series are all of them', {}, ['2.2.1.1', '2.2.1.2']],
    ['are found by their number', { InstanceNumber: '2' }, ['2.2.1.2']],
    ['are found by their class', { SOPClassUID: secondaryCapture }, ['2.2.1.1', '2.2.1.2']],
    ['of another class are not found', { SOPClassUID: '1.2.840.10008.5.1.4.1.1.2' }, []],
  ])('instances %s', async (_, keys, expected) => {
    expect(await find('IMAGE', { StudyInstanceUID: '2.2', SeriesInstanceUID: '2.2.1', ...keys })).toEqual(expected);
  });
});

describe('both doors match within the items of a sequence', () => {
  type Item = Readonly<Record<string, string>>;
  /** The items of each series that was found, in the order of its number: by C-FIND, after the same came by QIDO-RS. */
  async function itemsFound(item: Item): Promise<readonly (readonly Item[])[]> {
    const path = Object.entries(item).map(([keyword, value]) => [`RequestAttributesSequence.${keyword}`, value]);
    const included = 'includefield=RequestAttributesSequence.ScheduledProcedureStepID';
    const inAddress = await qido(`/studies/2.2/series?${address(Object.fromEntries(path))}&${included}`);
    const keys = { QueryRetrieveLevel: 'SERIES', StudyInstanceUID: '2.2', SeriesInstanceUID: '' };
    const { matches } = await peer.find(
      datasetOf({ SpecificCharacterSet: 'ISO_IR 192', ...keys, RequestAttributesSequence: [datasetOf(item)] }),
    );
    expect(matches.map((each) => each['0020000E'])).toEqual(inAddress.map((each) => each['0020000E']));
    const itemsIn = (found: Found[number]): readonly Item[] =>
      ((found['00400275']?.Value ?? []) as Found).map((each) =>
        Object.fromEntries(Object.keys(item).map((keyword) => [keyword, String(valuesOf([each], keyword)[0])])),
      );
    expect(matches.map(itemsIn)).toEqual(inAddress.map(itemsIn));
    return matches.map(itemsIn);
  }

  test('the first item', async () => {
    const item = { ScheduledProcedureStepID: 'SPS-2.2', RequestedProcedureID: 'RP-2' };
    expect(await itemsFound(item)).toEqual([[item]]);
  });

  test('another item, and give back that one alone', async () => {
    const item = { ScheduledProcedureStepID: 'ngực', RequestedProcedureID: 'RP-11' };
    expect(await itemsFound(item)).toEqual([[item]]);
    expect(await itemsFound({ RequestedProcedureID: 'RP-1*' })).toEqual([
      [{ RequestedProcedureID: 'RP-1' }, { RequestedProcedureID: 'RP-11' }],
      [{ RequestedProcedureID: 'RP-12' }],
    ]);
  });

  test('all keys in the same item', async () => {
    expect(await itemsFound({ ScheduledProcedureStepID: 'ngực', RequestedProcedureID: 'RP-1' })).toEqual([]);
  });

  test('every item where the keys are empty', async () => {
    const found = await itemsFound({ ScheduledProcedureStepID: '' });
    const both = [{ ScheduledProcedureStepID: 'SPS-2.2' }, { ScheduledProcedureStepID: 'ngực' }];
    expect(found).toEqual([both, both]);
  });

  test('an instance by the items of its series', async () => {
    const [found] = await qido('/instances?00400275.00401001=RP-12&StudyInstanceUID=2.2&InstanceNumber=1');
    expect(found?.['00080018']?.Value).toEqual(['2.2.2.1']);
  });

  test('a sequence without keys gives all of its items that there is, by C-FIND', async () => {
    const keys = { QueryRetrieveLevel: 'SERIES', StudyInstanceUID: '2.2', SeriesInstanceUID: '2.2.2' };
    const { matches, statuses } = await peer.find(datasetOf({ ...keys, RequestAttributesSequence: [] }));
    expect(statuses).toEqual([0xff00]);
    expect(matches[0]?.['00400275']?.Value).toEqual([
      { '00400009': { vr: 'SH', Value: ['SPS-2.2'] }, '00401001': { vr: 'SH', Value: ['RP-2'] } },
      { '00400009': { vr: 'SH', Value: ['ngực'] }, '00401001': { vr: 'SH', Value: ['RP-12'] } },
    ]);
  });
});

describe('both doors find a patient by a number that another has given him', () => {
  const keysAt: Readonly<Record<string, Keys>> = { PATIENT: { PatientID: '' }, STUDY: { StudyInstanceUID: '' } };
  const byDimse = (level: string, item: Keys) =>
    cfind(level, { ...keysAt[level], OtherPatientIDsSequence: [datasetOf(item)] as never });

  test.each<[string, Keys, readonly string[]]>([
    ['by the number', { PatientID: '036099000001' }, ['2.1']],
    ['by the number and who gave it', { PatientID: 'BHYT-1', IssuerOfPatientID: 'BHYT' }, ['2.1']],
    ['not by one number and who gave another', { PatientID: 'BHYT-1', IssuerOfPatientID: 'CCCD' }, []],
    ['by a wildcard', { PatientID: '03609900000?' }, ['2.1', '2.2']],
    ['by what older devices write', { PatientID: 'BHYT-2' }, ['2.2']],
    ['not by their own', { PatientID: 'A-1' }, []],
  ])('%s', async (_, item, expected) => {
    const path = Object.entries(item).map(([keyword, value]) => [`OtherPatientIDsSequence.${keyword}`, value]);
    expect(valuesOf(await qido(`/studies?${address(Object.fromEntries(path))}`), 'StudyInstanceUID')).toEqual(expected);
    expect(valuesOf(await byDimse('STUDY', item), 'StudyInstanceUID')).toEqual(expected);
    const patients = people.flatMap(({ uid, id }) => (expected.includes(uid) ? [id] : []));
    expect(valuesOf(await byDimse('PATIENT', item), 'PatientID')).toEqual(patients);
  });

  test('and give back the numbers where they are asked for', async () => {
    const items = [
      { '00100020': { vr: 'LO', Value: ['036099000001'] }, '00100021': { vr: 'LO', Value: ['CCCD'] } },
      { '00100020': { vr: 'LO', Value: ['BHYT-1'] }, '00100021': { vr: 'LO', Value: ['BHYT'] } },
    ];
    const [byAddress] = await qido('/studies?StudyInstanceUID=2.1&includefield=all');
    expect(byAddress?.['00101002']?.Value).toEqual(items);
    const [unasked] = await qido('/studies?StudyInstanceUID=2.1');
    expect(unasked).not.toHaveProperty('00101002');
    const [study] = await cfind('STUDY', { StudyInstanceUID: '2.1', OtherPatientIDsSequence: [] as never });
    expect(study?.['00101002']?.Value).toEqual(items);
    const [patient] = await cfind('PATIENT', { PatientID: 'A-1', OtherPatientIDsSequence: [] as never });
    expect(patient?.['00101002']?.Value).toEqual(expect.arrayContaining(items));
  });
});

test('QIDO-RS takes a range of dates and one of times as one range of moments, C-FIND each by itself', async () => {
  const keys = { StudyDate: '20240101-20240131', StudyTime: '100000-130000' };
  const [qidoDoor, cfindDoor] = doors;
  expect(await qidoDoor!.find('STUDY', keys)).toEqual(['2.2']);
  expect(await cfindDoor!.find('STUDY', keys)).toEqual(['2.2']);
  const longer = { StudyDate: '20240101-20240131', StudyTime: '070000-130000' };
  expect(await qidoDoor!.find('STUDY', longer)).toEqual(['2.1', '2.2']);
  const over = { StudyDate: '20240101-20240131', StudyTime: '070000-060000' };
  expect(await qidoDoor!.find('STUDY', over)).toEqual(['2.1', '2.2']);
  expect(await cfindDoor!.find('STUDY', over)).toEqual([]);
});

test('SOP classes of a study come through both doors, to who asks for them', async () => {
  const classes = { '00080062': { vr: 'UI', Value: [presentationState, secondaryCapture] } };
  expect(await cfind('STUDY', { StudyInstanceUID: '2.2', SOPClassesInStudy: '' })).toMatchObject([classes]);
  for (const asked of ['includefield=SOPClassesInStudy', 'includefield=all', `SOPClassesInStudy=${secondaryCapture}`])
    expect(await qido(`/studies?StudyInstanceUID=2.2&${asked}`)).toMatchObject([classes]);
  // They are read from all instances of each study.
  expect((await qido('/studies?StudyInstanceUID=2.2'))[0]).not.toHaveProperty('00080062');
  // For each series or image they would be read anew.
  const below = await qido(
    `/studies/2.2/series?includefield=all&includefield=SOPClassesInStudy&SOPClassesInStudy=1.2.3`,
  );
  expect(below).not.toEqual([]);
  for (const found of below) expect(found).not.toHaveProperty('00080062');
});

test('the same values come through both doors', async () => {
  const keys = [
    'PatientName',
    'PatientID',
    'StudyDate',
    'StudyTime',
    'AccessionNumber',
    'ModalitiesInStudy',
    'StudyDescription',
    'NumberOfStudyRelatedSeries',
    'NumberOfStudyRelatedInstances',
    'ReferringPhysicianName',
  ];
  const asked = Object.fromEntries([['StudyInstanceUID', ''], ...keys.map((keyword) => [keyword, ''])]) as Keys;
  const byUid = (found: Found) => found.toSorted((a, b) => (uidOf(a) < uidOf(b) ? -1 : 1));
  const uidOf = (each: Found[number]): string => String(each['0020000D']?.Value?.[0]);
  const web = byUid(await qido('/studies'));
  for (const [at, match] of byUid(await cfind('STUDY', asked)).entries())
    for (const keyword of keys) {
      const tag = hexTag(tagOf(keyword));
      expect(match[tag], `${keyword} of ${uidOf(match)}`).toEqual(web[at]?.[tag]);
    }
});
