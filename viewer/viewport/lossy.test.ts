import { expect, test } from 'vitest';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { dataset } from '../test-dataset.ts';
import { lossyOf } from './lossy.ts';

const stored = (suffix: string, more: Record<string, unknown[]> = {}) =>
  lossyOf(dataset({ '00083002': [`1.2.840.10008.1.2${suffix}`], ...more }));

test('what every syntax that the archive knows may lose is known here too', () => {
  for (const { uid, lossy } of transferSyntaxes.values()) {
    const mark = lossyOf(dataset({ '00083002': [uid] }));
    expect([uid, mark !== undefined]).toEqual([uid, lossy]);
  }
});

test('syntaxes that always lose something are marked, whatever the file says', () => {
  for (const [suffix, method] of [
    ['.4.50', 'JPEG'],
    ['.4.51', 'JPEG'],
    ['.4.81', 'JPEG-LS'],
    ['.4.111', 'JPEG XL'],
    ['.4.102', 'H.264'],
  ] as const)
    for (const said of [{}, { '00282110': ['00'] }])
      expect(stored(suffix, said)).toEqual({ certain: true, method, ratio: undefined });
});

test('those that may lose something are marked as such, unless the file says yes or no', () => {
  for (const suffix of ['.4.91', '.4.203', '.4.112']) {
    expect(stored(suffix)).toMatchObject({ certain: false });
    expect(stored(suffix, { '00282110': ['01'] })).toMatchObject({ certain: true });
    expect(stored(suffix, { '00282110': ['00'] })).toBeUndefined();
  }
});

test('what was lost once stays lost in a syntax that loses nothing, by the method and ratio of the last compression', () => {
  const said = { '00282110': ['01'], '00282112': ['8', 12.5], '00282114': ['ISO_10918_1', 'ISO_15444_1 '] };
  expect(stored('.1', said)).toEqual({ certain: true, method: 'JPEG 2000', ratio: 12.5 });
  expect(stored('.4.80')).toBeUndefined();
  expect(stored('.1')).toBeUndefined();
  expect(stored('.1', { '00282110': ['01'] })).toEqual({ certain: true, method: undefined, ratio: undefined });
});
