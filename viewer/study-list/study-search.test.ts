import { expect, test } from 'vitest';
import type { Study } from '../archive-client.ts';
import { asKnown, asSearch, asSearchText, withRest } from './study-search.ts';

const nothing = { typed: '', period: 'any', from: '', to: '', modality: '', flagged: false } as const;

test('an empty search box asks for every study, page by page', () => {
  expect(asSearch(nothing, 50)).toEqual({ limit: 50 });
  expect(asSearch(nothing, 50, ['20260301', '101500', 7])).toEqual({ limit: 50, after: ['20260301', '101500', 7] });
});

test('what today is, the archive decides: it knows where the hospital is', () => {
  expect(asSearch({ ...nothing, period: 'today', from: '2026-01-31' }, 50)).toEqual({ period: 'today', limit: 50 });
});

test('chosen dates may have one end only', () => {
  expect(asSearch({ ...nothing, period: 'chosen', from: '2026-01-31' }, 50)).toEqual({
    dateFrom: '20260131',
    limit: 50,
  });
  expect(asSearch({ ...nothing, period: 'chosen', to: '2026-01-31' }, 50)).toEqual({ dateTo: '20260131', limit: 50 });
});

test('a scanned citizen card is searched by its number', () => {
  const card = '001099012345|012345678|Nguyễn Văn Anh|01011990|Nam|Số 1, Hà Nội|01012022';
  expect(asSearchText(card)).toBe('001099012345');
});

test('what is typed is trimmed, and cut to what the archive takes', () => {
  expect(asSearchText('  đặng thị ')).toBe('đặng thị');
  expect(asSearchText('a'.repeat(500))).toHaveLength(200);
});

test('a refresh puts what is new on top, and keeps the rows below what it asked for', () => {
  const study = (StudyInstanceUID: string) => ({ StudyInstanceUID }) as Study;
  const uids = (studies: Study[]) => studies.map(({ StudyInstanceUID }) => StudyInstanceUID).join('');
  const shown = [...'abcdef'].map(study);
  expect(uids(withRest([...'xabc'].map(study), shown))).toBe('xabcdef');
  expect(uids(withRest([...'ac'].map(study), shown))).toBe('acdef');
  expect(uids(withRest([...'cab'].map(study), shown))).toBe('cabdef');
});

test('of studies that are asked for again those that have not changed are the ones that were there', () => {
  const study = (StudyInstanceUID: string, changedAt = 'then') => ({ StudyInstanceUID, changedAt }) as Study;
  const [a, b] = [study('a'), study('b')];
  const now = asKnown([study('new'), study('a'), study('b', 'now')], [a, b]);
  expect(now).toEqual([study('new'), study('a'), study('b', 'now')]);
  expect(now[1]).toBe(a);
});
