import { expect, test } from 'vitest';
import { asSearch, asSearchText } from './study-search.ts';

const nothing = { typed: '', period: 'any', from: '', to: '', modality: '' } as const;
const now = new Date(2026, 2, 1, 0, 30);

test('an empty search box asks for every study, page by page', () => {
  expect(asSearch(nothing, 50, 100, now)).toEqual({ limit: 50, offset: 100 });
});

test('a period becomes days of the calendar, over the end of a month too', () => {
  expect(asSearch({ ...nothing, period: 'today' }, 50, 0, now)).toMatchObject({
    dateFrom: '20260301',
    dateTo: '20260301',
  });
  expect(asSearch({ ...nothing, period: 'yesterday' }, 50, 0, now)).toMatchObject({
    dateFrom: '20260228',
    dateTo: '20260228',
  });
  expect(asSearch({ ...nothing, period: 'week' }, 50, 0, now)).toMatchObject({ dateFrom: '20260223' });
});

test('chosen dates may have one end only', () => {
  const search = asSearch({ ...nothing, period: 'chosen', from: '2026-01-31' }, 50, 0, now);
  expect(search).toEqual({ dateFrom: '20260131', limit: 50, offset: 0 });
});

test('a scanned citizen card is searched by its number', () => {
  const card = '001099012345|012345678|Nguyễn Văn Anh|01011990|Nam|Số 1, Hà Nội|01012022';
  expect(asSearchText(card)).toBe('001099012345');
});

test('what is typed is trimmed, and cut to what the archive takes', () => {
  expect(asSearchText('  đặng thị ')).toBe('đặng thị');
  expect(asSearchText('a'.repeat(500))).toHaveLength(200);
});
