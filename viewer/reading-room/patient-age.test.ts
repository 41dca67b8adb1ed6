import { expect, test } from 'vitest';
import { addTexts } from '../text.ts';
import { readingRoomTexts } from '../texts/reading-room.ts';
import { patientAge } from './patient-age.ts';

addTexts(readingRoomTexts);

const ageOf = (birth?: string, study?: string, said?: string) =>
  patientAge({
    '00100030': { vr: 'DA', Value: birth ? [birth] : [] },
    '00080020': { vr: 'DA', Value: study ? [study] : [] },
    '00101010': { vr: 'AS', Value: said ? [said] : [] },
  });

test('the age that the device wrote is the one that is said', () => {
  expect(ageOf('19960827', '20250624', '030Y')).toBe('30 years');
  expect(ageOf(undefined, undefined, '006W')).toBe('6 weeks');
  expect(ageOf(undefined, '20250624', '000D')).toBe('0 days');
});

test('where it wrote none the age is that of the day of the study', () => {
  expect(ageOf('19960827', '20250826')).toBe('28 years');
  expect(ageOf('19960827', '20250826', '000Y')).toBe('28 years');
  expect(ageOf('19960827', '20250827')).toBe('29 years');
  expect(ageOf('2020.02.29', '20250228')).toBe('4 years');
  expect(ageOf('20240105', '20260104')).toBe('23 months');
  expect(ageOf('20240105', '20260105')).toBe('2 years');
  expect(ageOf('20260105', '20260206')).toBe('1 month');
  expect(ageOf('20260105', '20260204')).toBe('30 days');
  expect(ageOf('20260105', '20260105')).toBe('0 days');
});

test('a date that is missing, impossible, later than the study, or stands for "unknown" gives none', () => {
  expect(ageOf(undefined, '20250624')).toBeUndefined();
  expect(ageOf('19960827')).toBeUndefined();
  expect(ageOf('20260105', '20260104')).toBeUndefined();
  expect(ageOf('17890505', '20190604')).toBeUndefined();
  expect(ageOf('19000101', '20240301')).toBeUndefined();
  expect(ageOf('17000101', '20141023', '000Y')).toBeUndefined();
  expect(ageOf('1900.01.01', '20100301')).toBeUndefined();
  expect(ageOf(undefined, '20100301', '999Y')).toBeUndefined();
  expect(ageOf('19840101', '20100301', '999Y')).toBe('26 years');
  expect(ageOf('19000102', '20100301')).toBe('110 years');
  for (const impossible of ['19961901', '19960845', '20230229']) expect(ageOf(impossible, '20250624')).toBeUndefined();
  expect(ageOf('20230228', '20250631')).toBeUndefined();
  expect(ageOf('1996', '20250624', 'young')).toBeUndefined();
});
