import { describe, expect, test } from 'vitest';
import { datasetOf, type TestValue } from '#tests/dataset-of.ts';
import { shutterAttributesOf } from './display-shutter.ts';
import { shutterOf } from './shutter.ts';

type Values = Readonly<Record<string, TestValue>>;

/** What is hidden of 6 × 8 pixels, as rows of '#' and '.'; nothing where there is no shutter. */
function hidden(values: Values, frame = 1): string[] | undefined {
  const said = shutterAttributesOf(datasetOf(values), frame);
  const shutter = said && shutterOf(said, 6, 8);
  const text = shutter && [...shutter.hidden].map((pixel) => (pixel === 1 ? '#' : '.')).join('');
  return text?.match(/.{8}/g)?.slice();
}

const rectangular = {
  ShutterShape: 'RECTANGULAR',
  ShutterLeftVerticalEdge: '3',
  ShutterRightVerticalEdge: '6',
  ShutterUpperHorizontalEdge: '2',
  ShutterLowerHorizontalEdge: '5',
};
const circular = { ShutterShape: 'CIRCULAR', CenterOfCircularShutter: '3\\4', RadiusOfCircularShutter: '2' };
const polygonal = { ShutterShape: 'POLYGONAL', VerticesOfThePolygonalShutter: '2\\3\\2\\6\\5\\6\\5\\3' };

const inside = ['########', '##....##', '##....##', '##....##', '##....##', '########'];

describe('a shutter leaves what lies within', () => {
  test('a rectangle, its edges too', () => {
    expect(hidden(rectangular)).toEqual(inside);
  });

  test('a polygon, whichever way around it is written, and where it leans', () => {
    expect(hidden(polygonal)).toEqual(inside);
    expect(hidden({ ...polygonal, VerticesOfThePolygonalShutter: '5\\3\\5\\6\\2\\6\\2\\3' })).toEqual(inside);
    expect(hidden({ ...polygonal, VerticesOfThePolygonalShutter: '1\\1\\6\\1\\6\\6' })).toEqual([
      '.#######',
      '..######',
      '...#####',
      '....####',
      '.....###',
      '......##',
    ]);
  });

  test('a polygon that is hollow: what lies between its arms is not within', () => {
    const letterU = '1\\1\\1\\2\\4\\2\\4\\6\\1\\6\\1\\7\\6\\7\\6\\1';
    expect(hidden({ ...polygonal, VerticesOfThePolygonalShutter: letterU })).toEqual([
      '..###..#',
      '..###..#',
      '..###..#',
      '.......#',
      '.......#',
      '.......#',
    ]);
  });

  test('a circle', () => {
    expect(hidden(circular)).toEqual(['###.####', '##...###', '#.....##', '##...###', '###.####', '########']);
  });

  test('several shapes together leave what each of them leaves', () => {
    expect(hidden({ ...rectangular, ...circular, ShutterShape: 'RECTANGULAR\\CIRCULAR' })).toEqual([
      '########',
      '##...###',
      '##....##',
      '##...###',
      '###.####',
      '########',
    ]);
  });

  test('a shape that is named again and again is one', () => {
    const many = Array.from({ length: 60 }, () => 'POLYGONAL').join('\\');
    expect(hidden({ ...polygonal, ShutterShape: many })).toEqual(inside);
  });

  test('of each frame its own, in a functional group', () => {
    const own = [rectangular, circular].map((values) =>
      datasetOf({ FrameDisplayShutterSequence: [datasetOf(values)] }),
    );
    const enhanced = { PerFrameFunctionalGroupsSequence: own };
    expect(hidden(enhanced, 1)).toEqual(inside);
    expect(hidden(enhanced, 2)?.[0]).toBe('###.####');
  });
});

test('a shutter that says too little, hides nothing, or would leave nothing, is none', () => {
  const { ShutterLeftVerticalEdge: _, ...halfSaid } = rectangular;
  expect(hidden(halfSaid)).toBeUndefined();
  expect(hidden({ ...circular, RadiusOfCircularShutter: '0' })).toBeUndefined();
  expect(hidden({ ...polygonal, VerticesOfThePolygonalShutter: '1\\1\\6\\6' })).toBeUndefined();
  expect(hidden({ ...rectangular, ShutterLeftVerticalEdge: '7' })).toBeUndefined();
  expect(hidden({ ...circular, RadiusOfCircularShutter: '100' })).toBeUndefined();
  expect(hidden({ ShutterShape: 'BITMAP' })).toBeUndefined();
  expect(hidden({ ...halfSaid, ...circular, ShutterShape: 'RECTANGULAR\\CIRCULAR' })).toEqual(hidden(circular));
});

test('what is hidden is as bright as the file asks, else black', () => {
  const greyOf = (values: Values) => shutterOf(shutterAttributesOf(datasetOf(values), 1)!, 6, 8)!.grey;
  expect(greyOf(rectangular)).toBe(0);
  expect([0, 0x8000, 0xffff].map((value) => greyOf({ ...rectangular, ShutterPresentationValue: value }))).toEqual([
    0, 128, 255,
  ]);
});
