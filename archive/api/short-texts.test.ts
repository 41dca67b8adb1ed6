import { expect, test } from 'vitest';
import { withShortTexts } from './short-texts.ts';

test('longer texts are cut and marked, in lists too, and no character is halved', () => {
  const long = 'ễ'.repeat(201);
  const halved = `${'a'.repeat(199)}𠮷b`;
  expect(withShortTexts({ name: 'ễ'.repeat(200), long, halved, list: [long, 1, null], count: 3 })).toEqual({
    name: 'ễ'.repeat(200),
    long: `${'ễ'.repeat(200)}…`,
    halved: `${'a'.repeat(199)}…`,
    list: [`${'ễ'.repeat(200)}…`, 1, null],
    count: 3,
  });
});
