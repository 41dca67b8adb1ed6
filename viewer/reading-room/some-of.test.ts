import { afterEach, expect, test } from 'vitest';
import { addTexts, language } from '../text.ts';
import { readingRoomTexts } from '../texts/reading-room.ts';
import { someOf } from './some-of.ts';

addTexts(readingRoomTexts);
const before = language.peek();
afterEach(() => {
  language.value = before;
});

test('names that there is no room for are counted', () => {
  language.value = 'en';
  expect([someOf(['a', 'b'], 2), someOf(['a', 'b', 'c'], 2)]).toEqual(['a, b', 'a, b and 1 more']);
  language.value = 'vi';
  expect(someOf([1, 2, 3, 4], 2)).toBe('1, 2 và 2 nữa');
});
