import { expect, test } from 'vitest';
import { inItsLine } from './in-its-line.ts';

test('what turns the letters around it is taken out, ended or not', () => {
  expect(inItsLine('BN\u202e4321')).toBe('BN4321');
  expect(inItsLine('\u2069\u2069\u202eABC \u2067def\u2069 \u200fghi\u061c')).toBe('ABC def ghi');
});

test('letters of every language and their accents stay as they are', () => {
  for (const name of [
    'NGUYỄN THỊ HUỆ',
    'NGUYỄN THỊ HUỆ'.normalize('NFD'),
    'محمد علي',
    'שָׁלוֹם',
    '山田^太郎',
    '👩‍👩‍👧',
    'བསྒྲུབས་',
    'क्षेत्र',
    'น้ำ',
    'بِسْمِ ٱللَّهِ',
  ])
    expect(inItsLine(name)).toBe(name);
});

test('marks piled up over the lines above are cut, of whichever script', () => {
  for (const mark of ['\u0301', '\u0301\u200f', '\u0489', '\u20dd', '\u0e49', '\u0670', '\u{1d167}'])
    expect([...inItsLine(`Z${mark.repeat(1000)}A`)].length, mark).toBe(10);
});
