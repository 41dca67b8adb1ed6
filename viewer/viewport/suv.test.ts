import { expect, test } from 'vitest';
import { dataset } from '../test-dataset.ts';
import { suvOf } from './suv.ts';

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

test('counts by Philips are uptake values by its own factor, or activity by the other one', () => {
  const counts = { '00541001': ['CNTS'], '70530010': ['Philips PET Private Group'] };
  // A count of 1,000 after its rescale, of 0.00025 each, is an uptake of 0.25.
  expect(slice({ ...counts, '70531000': [0.00025] })!.factor * 1000).toBeCloseTo(0.25, 12);
  // 2.5 Bq/ml a count, 370 MBq given, and nothing of them decayed: 2.5 · 74,000 / 370,000,000.
  const given = { '00541102': ['ADMIN'] };
  expect(slice({ ...counts, ...given, '70531009': ['2.5'] })!.factor).toBeCloseTo(0.0005, 12);
  expect(slice({ ...counts, ...given, '70531000': ['0.00025'], '70531009': [2.5] })!.factor).toBe(0.00025);
  expect(slice({ ...counts, '70531009': [2.5], '00101030': [] })).toBeUndefined();
});

test('the private elements lie where their creator has reserved them, as characters or as bytes of an unknown VR', () => {
  const bytes = (text: string) => ({ vr: 'UN', InlineBinary: btoa(text) });
  const elsewhere = { '70530010': ['SOMEBODY ELSE'], '70531000': [7], '70530020': ['Philips PET Private Group '] };
  expect(slice({ '00541001': ['CNTS'], ...elsewhere, '70532000': [0.5] })!.factor).toBe(0.5);
  expect(slice({ '00541001': ['CNTS'], '70530010': ['SOMEBODY ELSE'], '70531000': [7] })).toBeUndefined();
  expect(slice({ '00541001': ['CNTS'], '70531000': [7] })).toBeUndefined();
  const unknown = {
    ...instance({ '00541001': ['CNTS'] }),
    '70530010': bytes('Philips PET Private Group '),
    '70531000': bytes('0.000412 '),
  };
  expect(suvOf([unknown])!.factor).toBe(0.000412);
});

test('a factor of zero, of some slices only, or of counts without their corrections is none', () => {
  const counts = { '00541001': ['CNTS'], '70530010': ['Philips PET Private Group'] };
  const slices = (...factors: number[]) => factors.map((factor) => instance({ ...counts, '70531000': [factor] }));
  expect(suvOf(slices(0.5, 0.5))!.factor).toBe(0.5);
  expect(suvOf(slices(0.5, 0.6))).toBeUndefined();
  expect(suvOf(slices(0, 0))).toBeUndefined();
  expect(suvOf([...slices(0.5), instance(counts)])).toBeUndefined();
  expect(slice({ ...counts, '70531000': [0.5], '00280051': ['DECY'] })).toBeUndefined();
  // Of another unit it says nothing.
  expect(slice({ ...counts, '00541001': ['BQML'], '70531000': [0.5] })!.factor).toBe(slice()!.factor);
});
