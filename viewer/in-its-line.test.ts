import { expect, test } from 'vitest';
import { inItsLine } from './in-its-line.ts';

test('what turns the letters around it is taken out, ended or not', () => {
  expect(inItsLine('BN\u202e4321')).toBe('BN4321');
  expect(inItsLine('\u2069\u2069\u202eABC \u2067def\u2069 \u200fghi\u061c')).toBe('ABC def ghi');
});

test('letters of every language and their accents stay as they are', () => {
  for (const name of ['NGUYỄN THỊ HUỆ', 'NGUYỄN THỊ HUỆ'.normalize('NFD'), 'محمد علي', 'שָׁלוֹם', '山田^太郎', '👩‍👩‍👧'])
    expect(inItsLine(name)).toBe(name);
});

test('marks piled up over the lines above are cut', () => {
  expect(inItsLine(`Z${'\u0301'.repeat(1000)}A`)).toBe(`Z${'\u0301'.repeat(4)}A`);
  expect(inItsLine(`Z${'\u0301\u200f'.repeat(1000)}A`)).toBe(`Z${'\u0301'.repeat(4)}A`);
});
