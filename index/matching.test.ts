/** Search in SQL against the plain filter of PS3.4 C.2.2.2 over a list. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { indexedInstance } from '#tests/indexed-instance.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { indexedAttribute } from './attributes.ts';
import type { IndexedAttribute, Level } from './attributes.ts';
import { InstanceWriter } from './write.ts';
import { BadKey } from './bad-key.ts';
import type { Query } from './query.ts';
import { countMatches, searchIndex } from './search.ts';

type Entity = Readonly<Record<string, string>>;

const names = [
  'NGUYỄN^VĂN ANH',
  'Nguyen^Van An^^BS',
  'Đặng^Thị Huệ',
  'DANG^THI HUE',
  'Trần^Anh',
  'Tran^^Anh',
  'Anh',
  'Lê^Hoàng Anh^Văn',
  'Yamada^Tarou=山田^太郎=やまと^たろう',
  '=山田^花子',
  "O'Brien^Seán, Jr",
  'A_B%^C\\D',
  '100%^_',
  '',
] as const;
const texts = ['CT', 'CT ngực', 'ct', 'A_B', 'AxB', 'A%B', 'A\\', "L'épaule", 'CHEST*', 'Chest', ''] as const;
const dates = ['20240101', '20240115', '20240131', '20241231', '20250101', ''] as const;
const times = ['08', '0800', '080000', '080000.5', '075959.999999', '120000', '235959.9', '000000', ''] as const;
const modalityLists = [['CT'], ['MR'], ['CT', 'PR'], ['US', 'SR', 'CT'], ['ZZ', 'CT'], ['']] as const;

/** Every study of the index, with one series for each of its modalities. */
const studies: readonly (Entity & { modalities: string })[] = Array.from({ length: 90 }, (_, number) => {
  const of = <T>(list: readonly T[], step: number): T =>
    list[(number * step + Math.floor(number / 7)) % list.length] as T;
  return {
    StudyInstanceUID: `1.2.${number + 1}`,
    PatientID: `P-${number % 40}`,
    PatientName: of(names, 1),
    ReferringPhysicianName: of(names, 3),
    StudyDescription: of(texts, 5),
    AccessionNumber: of(texts, 3),
    StudyDate: of(dates, 1),
    StudyTime: of(times, 2),
    modalities: of(modalityLists, 1).join('\\'),
  };
});

// The model: PS3.4 C.2.2.2, and what our conformance statement says of names.
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const glob = (key: string, value: string): boolean =>
  new RegExp(`^${escaped(key).replaceAll('\\*', '.*').replaceAll('\\?', '.')}$`, 'su').test(value);
const fold = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('đ', 'd')
    .replace(/[\^=]+$/, '');
const wordsOf = (name: string): string[] =>
  fold(name)
    .split(/[\s^=,]+/)
    .filter(Boolean);
const points = (time: string): string => time.replace('.', '').padEnd(12, '0');
const carets = ['', '^', '^^', '^^^', '^^^^'];
const oneGroup = (key: string, group: string): boolean => carets.some((more) => glob(key, group + more));
const matchesName = (key: string, name: string): boolean =>
  /[\^=]/.test(fold(key))
    ? fold(key).includes('=')
      ? fold(key)
          .split('=')
          .every((part, at) => !part || oneGroup(part, fold(fold(name).split('=')[at] ?? '')))
      : fold(name)
          .split('=')
          .some((group) => oneGroup(fold(key), fold(group)))
    : wordsOf(key).every((word) => glob(`* ${word} *`, ` ${wordsOf(name).join(' ')} `));
const matchesRange = (key: string, value: string, point: (text: string) => string): boolean => {
  const [from = '', to] = key.split('-');
  if (value === '') return false;
  if (to === undefined) return point(value).startsWith(from.replace('.', ''));
  return (
    (!from || point(value) >= point(from)) &&
    (!to || point(value).slice(0, to.replace('.', '').length) <= to.replace('.', ''))
  );
};
const matches: Record<string, (key: string, value: string) => boolean> = {
  name: matchesName,
  text: (key, value) => glob(key, value),
  date: (key, value) => matchesRange(key, value, (text) => text),
  time: (key, value) => matchesRange(key, value, points),
  uid: (key, value) => key.split(/[\\,]/).includes(value),
  modalities: (key, value) => key.split('\\').some((each) => value.split('\\').some((own) => glob(each, own))),
};

let running: TestDatabase;
beforeAll(async () => {
  running = await startTestDatabase();
  await running.database.pool.query("INSERT INTO index.store (url) VALUES ('file:test')");
  await using writer = new InstanceWriter(running.url);
  const records = studies.flatMap(({ modalities, ...study }) =>
    modalities.split('\\').map((Modality, at) =>
      indexedInstance({
        ...study,
        Modality,
        SeriesInstanceUID: `${study['StudyInstanceUID']}.${at + 1}`,
        SeriesNumber: String(at + 1),
      }),
    ),
  );
  await Promise.all(records.map((record) => writer.write(record)));
});
afterAll(() => running[Symbol.asyncDispose]());

interface Options {
  readonly level?: Level;
  readonly combinedDateTime?: boolean;
  readonly everyValue?: boolean;
  readonly empty?: readonly IndexedAttribute[];
  readonly text?: string;
}

const queryOf = (keys: Entity, { level = 'study', ...options }: Options = {}): Query => ({
  level,
  matches: Object.entries(keys).map(([keyword, value]) => ({ attribute: indexedAttribute(keyword), value })),
  returned: [],
  ...options,
});

async function found(keys: Entity, options: Options = {}): Promise<string[]> {
  const query = queryOf(keys, options);
  const uids: string[] = [];
  for await (const rows of searchIndex(running.database, query, null, new AbortController().signal))
    uids.push(...rows.map((row) => String(row['study_study_instance_uid'])));
  return uids;
}

/** Universal matching aside, which no model has to say. */
const isUniversal = (key: string): boolean => key.trim() === '' || /^\*+$/.test(key);

function expected(keys: Entity): string[] {
  return studies
    .filter((study) =>
      Object.entries(keys).every(([keyword, key]) => {
        if (isUniversal(key)) return true;
        const value = keyword === 'ModalitiesInStudy' ? study.modalities : (study[keyword] as string);
        return matches[indexedAttribute(keyword).matching]!(key.trim(), value);
      }),
    )
    .map((study) => study['StudyInstanceUID'] as string);
}

/** A value of the list, changed as people change one: cut short, with wildcards, in another case, without accents. */
const changed = (values: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...values),
      fc.nat(12),
      fc.nat(12),
      fc.constantFrom('as it is', 'start', 'end', 'inside', 'one'),
    )
    .map(([value, a, b, how]) => {
      const characters = [...value];
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      if (how === 'start') return `${characters.slice(0, from).join('')}*`;
      if (how === 'end') return `*${characters.slice(from).join('')}`;
      if (how === 'inside') return `${characters.slice(0, from).join('')}*${characters.slice(to).join('')}`;
      if (how === 'one')
        return characters.map((each, at) => (at === from && !/[\^=]/.test(each) ? '?' : each)).join('');
      return value;
    });
const nameKey = fc
  .tuple(
    changed([
      ...names,
      'anh van',
      'huệ',
      'dang hue',
      'nguyen',
      '^Anh',
      'Tran^',
      'le^*',
      '*^*anh*',
      '山田',
      '=山田^*',
      'anh=*=',
    ]),
    fc.nat(3),
  )
  .map(([key, how]) => [key, key.toUpperCase(), key.normalize('NFD'), fold(key)][how] as string)
  // `?` is a character, which trailing empty components do not have; the model's carets are.
  .filter((key) => !/[\^=]/.test(key) || !key.split('=').some((group) => /\?[\^*?]*$/.test(group)));
const textKey = changed(texts).filter((key) => !key.includes('\\'));
const rangeOf = (values: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...values), fc.constantFrom(...values), fc.nat(3))
    .map(([from, to, how]) => [from, `${from}-`, `-${to}`, `${from}-${to}`][how] as string)
    .filter((key) => key !== '-');
const queries = fc.record(
  {
    PatientName: nameKey,
    ReferringPhysicianName: nameKey,
    PatientID: changed(['P-1', 'P-12', 'P-39']),
    StudyDescription: textKey,
    AccessionNumber: textKey,
    StudyDate: rangeOf(dates),
    StudyTime: rangeOf(times),
    StudyInstanceUID: fc
      .array(fc.constantFrom('1.2.1', '1.2.20', '1.2.33', '1.2.90', '9.9'), { maxLength: 4 })
      .map((uids) => uids.join('\\')),
    ModalitiesInStudy: fc.constantFrom('CT', 'MR', 'C?', 'PR\\SR', 'XA', 'ZZ', 'ZZ\\MR', '*'),
  },
  { requiredKeys: [] },
);

const sorted = (uids: readonly string[]): string[] => [...new Set(uids)].sort();

test('search in SQL agrees with the plain filter of PS3.4 C.2.2.2 over a list', async () => {
  await fc.assert(
    fc.asyncProperty(queries, async (keys) => {
      expect(sorted(await found(keys))).toEqual(sorted(expected(keys)));
    }),
    { numRuns: 800 },
  );
});

test('one key by itself finds what the plain filter finds', async () => {
  const one = fc.oneof(
    nameKey.map((PatientName): Entity => ({ PatientName })),
    nameKey.map((ReferringPhysicianName): Entity => ({ ReferringPhysicianName })),
    textKey.map((StudyDescription): Entity => ({ StudyDescription })),
    rangeOf(times).map((StudyTime): Entity => ({ StudyTime })),
  );
  await fc.assert(
    fc.asyncProperty(one, async (keys) => {
      expect(sorted(await found(keys))).toEqual(sorted(expected(keys)));
    }),
    { numRuns: 800 },
  );
});

test('what is typed into one field names by the beginnings of words, or is a number', async () => {
  const typed = fc.oneof(
    nameKey,
    fc.constantFrom('P-7', 'p-7', 'P-', 'CT', "L'épaule", "o'b", "o'brien jr", 'a_b', 'c\\d', 'c\\', '%^', "'", '\\'),
    fc.constantFrom('ngu an', 'AN NGUYEN', 'van n', 'đ h', 'anh anh', 'le van hoang', '山', 'jr,sean'),
  );
  await fc.assert(
    fc.asyncProperty(
      typed,
      fc.constantFrom({}, { ModalitiesInStudy: 'CT' }, { ModalitiesInStudy: 'PR\\US' }, { ModalitiesInStudy: 'ZZ' }),
      async (text, keys) => {
        const key = text.trim();
        const name = key.split(/\s+/).map((word) => (/[*?^=]/.test(word) ? word : `${word}*`));
        const isMeant = (study: Entity): boolean =>
          isUniversal(name.join('')) ||
          matchesName(name.join(' '), study['PatientName'] as string) ||
          [study['PatientID'], study['AccessionNumber']].includes(key);
        const meant = studies.filter(isMeant).map((study) => study['StudyInstanceUID'] as string);
        const both = expected(keys).filter((uid) => meant.includes(uid));
        const uids = await found(keys, { text });
        expect(sorted(uids)).toEqual(sorted(both));
        // Once each, and counted once.
        expect(uids).toHaveLength(both.length);
        const nobody = new AbortController().signal;
        expect(await countMatches(running.database, queryOf(keys, { text }), null, 1_000, nobody)).toBe(both.length);
      },
    ),
    { numRuns: 800 },
  );
});

test('at series level the same keys find the series of those studies', async () => {
  await fc.assert(
    fc.asyncProperty(queries, async (keys) => {
      const uids = await found(keys, { level: 'series' });
      expect(sorted(uids)).toEqual(sorted(expected(keys)));
      expect(uids).toHaveLength(
        studies
          .filter((study) => uids.includes(study['StudyInstanceUID'] as string))
          .reduce((sum, study) => sum + study.modalities.split('\\').length, 0),
      );
    }),
    { numRuns: 200 },
  );
});

describe('a range of dates and a range of times', () => {
  const keys = { StudyDate: '20240115-20240131', StudyTime: '080000-120000' };
  const isIn = (of: Entity, from: string, to: string): boolean => {
    const moment = `${of['StudyDate']}${points(of['StudyTime'] ?? '')}`;
    return of['StudyDate'] !== '' && of['StudyTime'] !== '' && moment >= from && moment <= to;
  };

  test('are matched each by itself', async () => {
    expect(sorted(await found(keys))).toEqual(sorted(expected(keys)));
  });

  test('are one range of moments where that is asked for', async () => {
    const moments = studies.filter((study) => isIn(study, '20240115080000', '20240131120000999999'));
    expect(moments.length).toBeGreaterThan(expected(keys).length);
    expect(sorted(await found(keys, { combinedDateTime: true }))).toEqual(
      sorted(moments.map((study) => study['StudyInstanceUID'] as string)),
    );
  });

  test('a date alone and a range of times are not combined', async () => {
    const one = { StudyDate: '20240115', StudyTime: '080000-120000' };
    expect(sorted(await found(one, { combinedDateTime: true }))).toEqual(sorted(expected(one)));
  });
});

test.each(['StudyDescription', 'StudyDate', 'StudyTime', 'PatientName', 'ReferringPhysicianName'])(
  'what has no %s is found by that, alone and beside other keys',
  async (keyword) => {
    const empty = [indexedAttribute(keyword)];
    const without = studies.filter((study) => study[keyword] === '');
    const of = (list: typeof studies): string[] => sorted(list.map((study) => study['StudyInstanceUID'] as string));
    expect(without.length).toBeGreaterThan(0);
    expect(sorted(await found({}, { empty }))).toEqual(of(without));
    const ids = without.filter(({ PatientID }) => PatientID === 'P-1' || PatientID === 'P-2');
    expect(sorted(await found({ PatientID: 'P-1\\P-2' }, { empty }))).toEqual(of(ids));
    expect(
      await countMatches(running.database, queryOf({}, { empty }), null, 1_000, new AbortController().signal),
    ).toBe(without.length);
  },
);

test.each([
  ['ModalitiesInStudy', studies.filter(({ modalities }) => modalities === '').length],
  ['NumberOfStudyRelatedInstances', 0],
  ['StudyInstanceUID', 0],
])('nothing but what has no %s is without it', async (keyword, count) => {
  expect(await found({}, { empty: [indexedAttribute(keyword)] })).toHaveLength(count);
});

test.each([
  [{ ModalitiesInStudy: 'CT\\SR' }, ['CT', 'SR']],
  [{ ModalitiesInStudy: 'SR\\US\\CT' }, ['CT', 'SR', 'US']],
  [{ ModalitiesInStudy: 'CT\\ZZ' }, ['CT', 'ZZ']],
  [{ ModalitiesInStudy: 'CT\\PR', PatientName: 'an anh' }, ['CT', 'PR']],
  [{ ModalitiesInStudy: 'CT\\PR', StudyDate: '20240101-20240131' }, ['CT', 'PR']],
])('of several modalities every one is in the study where that is asked for: %j', async (keys, all) => {
  const { ModalitiesInStudy: _, ...others } = keys;
  const wanted = new Set(expected(others));
  const having = studies.filter(({ modalities }) => all.every((each) => modalities.split('\\').includes(each)));
  const uids = having.map((study) => study['StudyInstanceUID'] as string).filter((uid) => wanted.has(uid));
  expect(sorted(await found(keys, { everyValue: true }))).toEqual(sorted(uids));
});

test.each([
  ['StudyDate', 'yesterday'],
  ['StudyDate', '-'],
  ['StudyTime', '8h'],
  ['StudyInstanceUID', '1.2.*'],
  ['NumberOfStudyRelatedInstances', 'many'],
])('%s cannot be %s, and the error does not repeat it', async (keyword, value) => {
  const refused = found({ [keyword]: value });
  await expect(refused).rejects.toThrow(BadKey);
  await expect(refused).rejects.toThrow(new RegExp(`^${keyword} is [^*]*$`));
});

const many = (count: number, of: (at: number) => string, between: string): string =>
  Array.from({ length: count }, (_, at) => of(at)).join(between);

test.each([
  ['PatientID', many(20_001, String, '\\'), 'has at most 20000 values'],
  ['StudyInstanceUID', many(20_001, String, '\\'), 'has at most 20000 values'],
  ['PatientID', many(101, (at) => `*${at}`, '\\'), 'has at most 100 words or wildcard patterns'],
  ['ModalitiesInStudy', many(101, () => 'C*', '\\'), 'has at most 100 words or wildcard patterns'],
  ['PatientName', many(101, () => 'an', ' '), 'has at most 100 words or wildcard patterns'],
  ['PatientName', many(101, () => 'an', '='), 'has at most 100 words or wildcard patterns'],
])('a key of too many values is refused: %s', async (keyword, value, why) => {
  await expect(found({ [keyword]: value })).rejects.toThrow(`${keyword} ${why}`);
});

test('20,000 values are one list, and each of them is found', async () => {
  const ids = many(19_999, (at) => `none-${at}`, '\\');
  expect(sorted(await found({ PatientID: `${ids}\\P-1` }))).toEqual(sorted(expected({ PatientID: 'P-1' })));
});

test.each([
  ['PatientID', '\\'],
  ['ModalitiesInStudy', ','],
])('a key of empty values only matches everything: %s', async (keyword, value) => {
  expect(sorted(await found({ [keyword]: value }))).toEqual(sorted(expected({})));
});
