import { expect, test } from 'vitest';
import { addTexts } from '../text.ts';
import { readingRoomTexts } from '../texts/reading-room.ts';
import { windowWords } from './window-words.ts';

addTexts(readingRoomTexts);

test('a window is said with as many places as its values need', () => {
  expect(windowWords({ center: 40, width: 400 })).toBe('W 400  L 40');
  expect(windowWords({ center: 0.10774013962825, width: 0.21467775607873 })).toBe('W 0.215  L 0.108');
});

test('a window of uptake values is said in their unit', () => {
  const suv = { factor: 1 / 5000, unit: 'SUVbw' } as const;
  expect(windowWords({ center: 12_500, width: 25_000 }, suv)).toBe('W 5  L 2.5 SUVbw');
  expect(windowWords({ center: 37_500, width: 75_000 }, suv)).toBe('W 15  L 7.5 SUVbw');
});
