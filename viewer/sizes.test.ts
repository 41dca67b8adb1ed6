import { expect, test } from 'vitest';
import { size } from './sizes.ts';
import { language } from './text.ts';

test('the size of a file has a unit that suits it', () => {
  language.value = 'en';
  expect(size(12)).toBe('1 kB');
  expect(size(527_158)).toBe('528 kB');
  expect(size(10_240_000)).toBe('10.2 MB');
});
