import { expect, test } from 'vitest';
import { comingDays, daysOf } from './site-days.ts';

const hanoi = 'Asia/Ho_Chi_Minh';

test('today is the day at the site, before the rest of the world has it', () => {
  const evening = new Date('2026-02-28T17:30:00Z');
  expect(daysOf('today', hanoi, evening)).toBe('20260301-20260301');
  expect(daysOf('today', 'UTC', evening)).toBe('20260228-20260228');
  expect(daysOf('yesterday', hanoi, evening)).toBe('20260228-20260228');
});

test('a week is seven days with today, and is open towards clocks that are fast', () => {
  expect(daysOf('week', hanoi, new Date('2026-03-01T05:00:00Z'))).toBe('20260223-');
  expect(daysOf('month', hanoi, new Date('2026-03-01T05:00:00Z'))).toBe('20260131-');
});

test('what comes is counted from the day at the site, and a week is seven days with it', () => {
  const evening = new Date('2026-02-27T17:30:00Z');
  expect(comingDays('today', hanoi, evening)).toEqual({ from: '20260228', to: '20260228' });
  expect(comingDays('tomorrow', hanoi, evening)).toEqual({ from: '20260301', to: '20260301' });
  expect(comingDays('week', hanoi, evening)).toEqual({ from: '20260228', to: '20260306' });
});

test('a day of 23 hours is a day', () => {
  expect(daysOf('yesterday', 'Europe/Berlin', new Date('2026-03-30T00:30:00Z'))).toBe('20260329-20260329');
});
