import { beforeEach, expect, test } from 'vitest';
import { date, dateAndTime, measure, number, personName, sex, time } from './format.ts';
import { language } from './text.ts';

beforeEach(() => {
  language.value = 'en';
});

test('a date is written day first, and in English with the month in letters', () => {
  expect(date('20260403')).toBe('03 Apr 2026');
  language.value = 'vi';
  expect(date('20260403')).toBe('03/04/2026');
});

test('a moment has its day as a date has, and the time of day', () => {
  const when = new Date(2026, 3, 3, 5, 7);
  expect(dateAndTime(when)).toBe('03 Apr 2026, 05:07');
  language.value = 'vi';
  expect(dateAndTime(when)).toMatch(/^05:07,? 03\/04\/2026$/);
});

test('a date that does not exist is shown as it was sent, and no date as none', () => {
  expect(date('20261350')).toBe('20261350');
  // What a database writes for an unknown birth; a Date takes years below 100 for those of the last century.
  expect(date('00010101')).toBe('00010101');
  expect(date('00990101')).toBe('00990101');
  expect(date('18801231')).toMatch(/1880$/);
  expect(date('')).toBeUndefined();
  expect(date(null)).toBeUndefined();
});

test('what is rounded to nothing has no sign', () => {
  language.value = 'en';
  expect([measure(-0.3), measure(-0.04, 1), measure(-0.3, 1)]).toEqual(['0', '0', '-0.3']);
});

test('a count has its thousands apart, and a measured value together, as it would be taken for a fraction', () => {
  language.value = 'vi';
  expect([number(2867), measure(2867), measure(-1024.25, 1)]).toEqual(['2.867', '2867', '-1024,3']);
  language.value = 'en';
  expect([number(2867), measure(2867), measure(-1024.25, 1)]).toEqual(['2,867', '2867', '-1024.3']);
});

test('a time is hours and minutes, and one that does not exist is shown as it was sent', () => {
  expect(['9999', '246000', '12:75'].map(time)).toEqual(['9999', '246000', '12:75']);
  expect(time('081530.123')).toBe('08:15');
  expect(time('')).toBeUndefined();
});

test('a person name keeps its accents and the order of its components', () => {
  expect(personName('ĐẶNG^THỊ HUỆ')).toBe('ĐẶNG THỊ HUỆ');
  expect(personName('NGUYỄN^VĂN^ANH^^')).toBe('NGUYỄN VĂN ANH');
});

test('a person name without an alphabetic group shows the next one, an empty one none', () => {
  expect(personName('=山田^太郎=やまだ^たろう')).toBe('山田 太郎');
  expect(personName('^^^')).toBeUndefined();
  expect(personName(null)).toBeUndefined();
});

test("a patient's sex is a word, and an unknown code stays as it was sent", () => {
  expect(sex('F ')).toBe('Female');
  expect(sex('X')).toBe('X');
  expect(sex('')).toBeUndefined();
});
