import { expect, test } from 'vitest';
import { beside } from './beside.ts';

test('what is written from right to left is held apart from what stands beside it, in whichever letters', () => {
  for (const name of ['محمد', 'שלום', '\u{10d00}\u{10d01}', '\u{1e900}\u{1e901}'])
    expect(beside(name, '', '123-456')).toBe(`\u200e\u2068${name}\u2069 · 123-456`);
  for (const name of ['NGUYỄN VĂN AN', '山田', '\u{20000}', '👩'])
    expect(beside(name, '', '123-456')).toBe(`${name} · 123-456`);
});
