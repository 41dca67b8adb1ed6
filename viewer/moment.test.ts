import { effect } from '@preact/signals';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { moment } from './moment.ts';
import { language } from './text.ts';

beforeEach(() => {
  language.value = 'en';
  vi.useFakeTimers({ now: new Date('2026-04-03T05:07:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

test('how long ago something was goes on while it is shown, and no longer', () => {
  const shown: (string | undefined)[] = [];
  const stop = effect(() => void shown.push(moment('2026-04-03T05:06:50Z')));
  vi.advanceTimersByTime(2 * 60_000);
  expect(shown).toEqual(['now', '1 minute ago', '2 minutes ago']);
  stop();
  expect(vi.getTimerCount()).toBe(0);
});

test('a moment of another day has its date, and what is none is not shown', () => {
  expect(moment('2026-04-03T02:07:00Z')).toBe('3 hours ago');
  expect(moment('2026-04-01T05:07:00Z')).toMatch(/^01 Apr 2026/);
  expect([moment(null), moment('soon')]).toEqual([undefined, undefined]);
});
