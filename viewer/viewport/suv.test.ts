import { expect, test } from 'vitest';
import type { JsonDataset } from '../archive-client.ts';
import { suvOf } from './suv.ts';

const dataset = (attributes: Record<string, unknown[]>): JsonDataset =>
  Object.fromEntries(Object.entries(attributes).map(([tag, Value]) => [tag, { vr: 'UN', Value }]));

/** 370 MBq of fluorine-18 an hour before; 74 kg. */
const drug = { '00181074': [370e6], '00181075': [6586.2], '00181072': ['080000'] };
const instance = (more: Record<string, unknown[]> = {}, ofDrug: Record<string, unknown[]> = drug) =>
  dataset({
    '00080060': ['PT'],
    '00541001': ['BQML'],
    '00280051': ['DECY', 'ATTN', 'SCAT'],
    '00541102': ['START'],
    '00080021': ['20260301'],
    '00080031': ['090000'],
    '00080022': ['20260301'],
    '00080032': ['090310.5'],
    '00101030': [74],
    '00540016': [dataset(ofDrug)],
    ...more,
  });
const slice = (...of: Parameters<typeof instance>) => suvOf([instance(...of)]);

test('an uptake is the activity by what is left of the dose at the beginning of the series, and the weight', () => {
  // Half of it decays in 6586.2 s: after 3600 s 68.46 % of it is left.
  const left = 370e6 * 0.6846;
  expect(slice()!.factor / (74_000 / left)).toBeCloseTo(1, 4);
  expect(slice()!.unit).toBe('SUVbw');
});

test('the moment at which it was given may say its day: before midnight', () => {
  const late = { '00080031': ['001500'], '00080032': ['001600'] };
  const given = { ...drug, '00181078': ['20260228231500.00'] };
  expect(slice(late, given)!.factor).toBeCloseTo(slice()!.factor, 12);
  expect(slice(late, drug)).toBeUndefined(); // at eight in the morning of which day?
});

test('given at a moment of another clock, the offset of each from UTC puts them together', () => {
  const given = { ...drug, '00181078': ['20260301010000.00+0000'] };
  expect(slice({ '00080201': ['+0700'] }, given)!.factor).toBeCloseTo(slice()!.factor, 12);
  expect(slice({ '00080201': ['-0330'] }, { ...drug, '00181078': ['20260301113000-0000'] })!.factor).toBeCloseTo(
    slice()!.factor,
    12,
  );
  // What the series itself is off by is not said: only where the other time of day is the same is it of the same clock.
  expect(slice({}, given)).toBeUndefined();
  expect(slice({}, { ...given, '00181072': [] })).toBeUndefined();
  expect(slice({}, { ...drug, '00181078': ['20260301080000.00+0700'] })!.factor).toBeCloseTo(slice()!.factor, 12);
  expect(slice({}, { ...drug, '00181078': ['20260301080000+07'] })!.factor).toBeCloseTo(slice()!.factor, 12);
});

test('a series has uptake values or has none: the first of its slices to be acquired decides', () => {
  const bed = (time: string) => instance({ '00080031': ['090500'], '00080032': [time] });
  // Made while the second bed was acquired: what the first one was corrected to is not said.
  expect(suvOf([bed('090600'), bed('090310')])).toBeUndefined();
  expect(suvOf([bed('090900'), bed('090600')])!.unit).toBe('SUVbw');
  expect(slice({ '00080032': [] })).toBeUndefined();
});

test('corrected to the moment it was given, nothing of it has decayed; in g/ml it is worked out already', () => {
  expect(slice({ '00541102': ['ADMIN'] })!.factor).toBeCloseTo(74_000 / 370e6, 15);
  expect(slice({ '00541001': ['GML'] })!.factor).toBe(1);
  expect(slice({ '00541001': ['GML'], '00541006': ['LBM'] })).toBeUndefined();
});

test('without one of the things that it takes there is none', () => {
  expect(slice({ '00101030': [] })).toBeUndefined();
  expect(slice({ '00101030': [0] })).toBeUndefined();
  expect(slice({ '00540016': [] })).toBeUndefined();
  expect(slice({ '00541001': ['CNTS'] })).toBeUndefined();
  expect(slice({ '00280051': ['DECY'] })).toBeUndefined();
  expect(slice({ '00541102': ['NONE'] })).toBeUndefined();
  expect(slice({ '00080031': ['100000'] })).toBeUndefined(); // made after it was acquired
  expect(slice({ '00080060': ['NM'] })).toBeUndefined();
});
