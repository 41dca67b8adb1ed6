import { expect, test } from 'vitest';
import { BadParameter } from './query-parameters.ts';
import { parseRenderedParameters } from './rendered-parameters.ts';

const parse = (query: Record<string, unknown>) => parseRenderedParameters(query, { side: 4096 });

test('a window has a center, a width and one of the three functions of PS3.18 8.3.5.1.4', () => {
  expect(parse({ window: '40,400,linear' }).window).toEqual({ center: 40, width: 400, function: 'LINEAR' });
  expect(parse({ window: '-0.5,.25,linear-exact' }).window).toEqual({
    center: -0.5,
    width: 0.25,
    function: 'LINEAR_EXACT',
  });
  expect(parse({ window: '1e3,2E2,SIGMOID' }).window).toEqual({ center: 1000, width: 200, function: 'SIGMOID' });
});

test('a viewport has a size, and a region of which each part may be left out', () => {
  expect(parse({ viewport: '64,32' }).viewport).toEqual({ width: 64, height: 32 });
  expect(parse({ viewport: '64,32,,10.5,-100,' }).viewport).toEqual({
    width: 64,
    height: 32,
    region: { x: 0, y: 10.5, width: -100 },
  });
});

test('annotations and colour profiles are known, and said to be left out', () => {
  expect(parse({ annotation: 'patient,technique', iccprofile: 'srgb' }).ignored).toEqual(['annotation', 'iccprofile']);
  expect(parse({ iccprofile: 'no', somethingElse: 'x' }).ignored).toEqual([]);
});

test.each([
  [
    'window',
    [
      '',
      '1',
      '40,400',
      '40,400,nonsense',
      '40,400,constructor',
      '40,0,linear',
      '40,0.5,linear',
      'a,400,linear',
      '1,2,linear,3',
      'Infinity,1,linear',
    ],
  ],
  [
    'viewport',
    [
      '',
      'abc',
      '0,0',
      '64',
      '-1,5',
      '1.5,2',
      '4097,10',
      '100000,100000',
      '1,1,a,0,1,1',
      '1,1,0,0,0,1',
      '1,1,0,0,1,1,1',
    ],
  ],
  ['quality', ['', '0', '101', '-5', '50.5', 'best']],
  ['iccprofile', ['', 'cmyk']],
])('a wrong %s is refused by its name', (name, values) => {
  for (const value of [...values, ['1', '2']]) {
    expect(() => parse({ [name]: value }), String(value)).toThrow(BadParameter);
    expect(() => parse({ [name]: value }), String(value)).toThrow(name);
  }
});
