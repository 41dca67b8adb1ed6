import { describe, expect, test } from 'vitest';
import { datasetOf } from '#tests/dataset-of.ts';
import type { TestValue } from '#tests/dataset-of.ts';
import { type DateAndTime, matchesGlob, matchesIdentifier, UnreadableKey } from './attribute-matching.ts';

const utf8 = { SpecificCharacterSet: 'ISO_IR 192' };
const read = (values: Record<string, TestValue>) => ({
  ...datasetOf({ ...utf8, ...values }),
  characterSet: ['ISO_IR 192'],
});
const entry = read({
  PatientName: 'Nguyễn^Văn Đức',
  PatientID: 'BN-12',
  StudyInstanceUID: '1.2.3',
  Modality: 'CT',
  StudyDate: '20261128',
  StudyTime: '0815',
  PatientWeight: '55.0',
  ScheduledStationAETitle: 'CT1\\CT2',
  RequestedProcedureDescription: '',
  RequestedProcedureCodeSequence: [
    datasetOf({ CodeValue: 'A', CodingSchemeDesignator: '99X' }),
    datasetOf({ CodeValue: 'B', CodingSchemeDesignator: '99Y' }),
  ],
});
const matches = (values: Record<string, TestValue>, combined: readonly DateAndTime[] = []) =>
  matchesIdentifier(read(values), entry, { combined });

describe('a key', () => {
  test.each<[string, Record<string, TestValue>, boolean]>([
    ['is universal when it is empty', { PatientID: '', StudyDate: '', RequestedProcedureCodeSequence: [] }, true],
    ['is universal when it is a star', { PatientID: '*', StudyDate: '*' }, true],
    ['matches its one value', { PatientID: 'BN-12' }, true],
    ['does not match a prefix', { PatientID: 'BN-1' }, false],
    ['tells case apart', { PatientID: 'bn-12' }, false],
    ['has wildcards', { PatientID: 'B?-*' }, true],
    ['matches one value of several', { ScheduledStationAETitle: 'CT2' }, true],
    ['matches with one of its values', { Modality: 'MR\\CT' }, true],
    ['matches with none of its values', { Modality: 'MR\\US' }, false],
    [
      'of dates and times matches with what stands behind an empty value',
      { StudyDate: '\\20261128', StudyTime: '*\\08-09' },
      true,
    ],
    ['finds nothing where there is no value', { RequestedProcedureDescription: 'X' }, false],
    ['finds nothing in an attribute that is not there', { AccessionNumber: 'A1' }, false],
    ['matches a UID of its list', { StudyInstanceUID: '1.2\\1.2.3' }, true],
    ['takes no wildcards in UIDs', { StudyInstanceUID: '1.2.*' }, false],
    ['matches a number however it is written', { PatientWeight: '55' }, true],
  ])('%s', (_, values, expected) => expect(matches(values)).toBe(expected));

  test.each<[string, boolean]>([
    ['nguyen', true],
    ['duc NGUYEN', true],
    ['nguyê', false],
    ['ngu*', true],
    ['nguyen^van duc', true],
    ['Nguyễn^*', true],
    ['van^*', false],
    ['nguyen^van', false],
    ['NGUYEN^V?N ĐỨC', true],
    ['=nguyen', false],
  ])('by name: %s', (name, expected) => expect(matches({ PatientName: name })).toBe(expected));

  test.each<[string, boolean]>([
    ['Duc^Nguyen', true],
    ['van^*', true],
    ['=nguyen', true],
    ['nguye^duc', false],
    ['tran^duc', false],
  ])('by name, fuzzily: %s', (PatientName, expected) =>
    expect(matchesIdentifier(read({ PatientName }), entry, { fuzzyNames: true })).toBe(expected),
  );

  test.each<[string, string, boolean]>([
    ['StudyDate', '20261128', true],
    ['StudyDate', '20261127', false],
    ['StudyDate', '20261101-20261130', true],
    ['StudyDate', '-20261127', false],
    ['StudyDate', '20261129-', false],
    ['StudyTime', '08-09', true],
    ['StudyTime', '0815', true],
    ['StudyTime', '081501-', false],
    ['StudyTime', '-0814', false],
  ])('by range: %s %s', (keyword, value, expected) => expect(matches({ [keyword]: value })).toBe(expected));

  test('of a sequence matches when one item has all of it', () => {
    const of = (CodeValue: string, CodingSchemeDesignator: string) =>
      matches({ RequestedProcedureCodeSequence: [datasetOf({ CodeValue, CodingSchemeDesignator })] });
    expect([of('A', '99X'), of('A', '99Y'), of('', '99Y'), of('', '')]).toEqual([true, false, true, true]);
  });

  test('that is no date is named', () => {
    expect(() => matches({ StudyDate: 'today' })).toThrow(UnreadableKey);
    expect(() => matches({ StudyTime: '25h' })).toThrow(UnreadableKey);
  });
});

test('a range of dates and a range of times that belong together are one range of moments', () => {
  const together: readonly DateAndTime[] = [[0x00080020, 0x00080030]];
  const within = (StudyDate: string, StudyTime: string) => matches({ StudyDate, StudyTime }, together);
  expect(within('20261127-20261129', '10-18')).toBe(true);
  expect(within('20261128-20261129', '10-18')).toBe(false);
  expect(within('20261127-20261128', '10-07')).toBe(false);
  expect(within('20261127-20261128', '10-0815')).toBe(true);
  expect(within('-20261128', '-0814')).toBe(false);
  expect(within('20261128', '08-09')).toBe(true);
  expect(matches({ StudyDate: '20261127-20261129', StudyTime: '10-18' })).toBe(false);
});

test('a pattern of many stars, which takes for ever where each is tried at each place, comes to its end', () => {
  expect(matchesGlob('a'.repeat(5_000), `${'*a'.repeat(2_000)}*b`)).toBe(false);
  expect(matchesGlob('a'.repeat(5_000), `${'*a'.repeat(2_000)}*`)).toBe(true);
});
