import { afterEach, expect, test } from 'vitest';
import { addTexts, language } from '../text.ts';
import { readingRoomTexts } from '../texts/reading-room.ts';
import { distinctionWords } from './distinction-words.ts';

addTexts(readingRoomTexts);
const before = language.peek();
afterEach(() => {
  language.value = before;
});

test.each(['vi', 'en'] as const)('a thousand is never taken for one, in %s', (spoken) => {
  language.value = spoken;
  expect(distinctionWords({ bValue: 1000 })).toBe('b 1000');
  expect(distinctionWords({ echoTimeMs: 2867 })).toBe('TE 2867 ms');
});

test('a phase is named by its place among all of them', () => {
  language.value = 'en';
  expect(distinctionWords({ orientation: 'axial', phase: { number: 2, of: 4 } })).toBe('Axial · Phase 2 of 4');
  language.value = 'vi';
  expect(distinctionWords({ phase: { number: 2, of: 4 } })).toBe('Pha 2 / 4');
});

test('a film is named by what it is told apart by', () => {
  language.value = 'en';
  const told = { description: 'STRESS', acquiredAt: '101540.25', imageType: 'BIPLANE A', alike: { number: 1, of: 2 } };
  expect(distinctionWords(told)).toBe('STRESS · Acquired 10:15:40 · BIPLANE A · 1 of 2 alike');
});
