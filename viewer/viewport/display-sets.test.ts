import { expect, test } from 'vitest';
import type { JsonDataset } from '../archive-client.ts';
import { dataset } from '../test-dataset.ts';
import { displaySets, isForPlanning, type DisplaySet } from './display-sets.ts';
import { frameTimeOf, frameTimesOf, isCine } from './film.ts';
import { positionOf } from './geometry.ts';

const axial = [1, 0, 0, 0, 1, 0];
const coronal = [1, 0, 0, 0, 0, -1];
const sagittal = [0, 1, 0, 0, 0, -1];

const image = (sop: string, attributes: Record<string, unknown[]> = {}) =>
  dataset({
    '00080018': [sop],
    '00280010': [512],
    '00280011': [512],
    '00080060': ['CT'],
    '7FE00010': [],
    ...attributes,
  });

const slice = (sop: string, number: number, z: number, cosines = axial, more: Record<string, unknown[]> = {}) =>
  image(sop, { '00200013': [number], '00200037': cosines, '00200032': [0, 0, z], ...more });

const setsOf = (...instances: JsonDataset[]) => displaySets('1.2', '1.2.3', instances);
const names = (set: DisplaySet | undefined) => set?.frames.map(({ SOPInstanceUID }) => SOPInstanceUID).join('');

test('slices are read by place, from the end where the modality began to count', () => {
  expect(names(setsOf(slice('b', 2, 5), slice('c', 3, 10), slice('a', 1, 0))[0])).toBe('abc');
  expect(names(setsOf(slice('b', 2, 5), slice('c', 3, 0), slice('a', 1, 10))[0])).toBe('abc');
});

test('place wins over numbers that were given in the order of sending', () => {
  expect(names(setsOf(slice('a', 1, 0), slice('c', 2, 10), slice('b', 3, 5), slice('d', 4, 15))[0])).toBe('abcd');
});

test('two images at one place keep the order of their numbers', () => {
  expect(names(setsOf(slice('c', 3, 0), slice('b', 2, 5), slice('a', 1, 5))[0])).toBe('abc');
});

test('three planes in one series are three sets, each named by its plane', () => {
  const sets = setsOf(slice('a', 1, 0), slice('b', 2, 0, coronal), slice('c', 3, 0, sagittal), slice('d', 4, 9));
  expect(sets.map((set) => [names(set), set.distinction])).toEqual([
    ['ad', { orientation: 'axial' }],
    ['b', { orientation: 'coronal' }],
    ['c', { orientation: 'sagittal' }],
  ]);
});

test('slices of one volume stay together though their cosines differ in the last digits, and in the sign of nothing', () => {
  const tilted = (sop: string, number: number, cosine: number) =>
    slice(sop, number, 5 * number, [1, cosine, 0, -cosine, 1, 0]);
  const sets = setsOf(tilted('a', 1, 0.0004), tilted('b', 2, -0.0004), tilted('c', 3, 0.0049), tilted('d', 4, 0.0051));
  expect(sets.map(names)).toEqual(['abcd']);
});

test('slices that turn around an axis stay together', () => {
  const turning = Array.from({ length: 12 }, (_, at) => {
    const angle = (at * Math.PI) / 12;
    return slice(String(at), at, 0, [Math.cos(angle), Math.sin(angle), 0, 0, 0, -1]);
  });
  expect(setsOf(...turning)).toHaveLength(1);
});

test('echoes and b-values part, localizers stand alone', () => {
  const echo = (sop: string, ms: number) => slice(sop, 1, 0, axial, { '00180081': [ms] });
  expect(setsOf(echo('a', 20), echo('b', 80), echo('c', 20)).map(({ distinction }) => distinction)).toEqual([
    { echoTimeMs: 20 },
    { echoTimeMs: 80 },
  ]);
  const diffusion = (sop: string, b: number) => slice(sop, 1, 0, axial, { '00189087': [b] });
  expect(setsOf(diffusion('a', 0), diffusion('b', 1000)).map(({ distinction }) => distinction)).toEqual([
    { bValue: 0 },
    { bValue: 1000 },
  ]);
  const localizer = slice('x', 1, 0, axial, { '00080008': ['ORIGINAL', 'PRIMARY', 'LOCALIZER'] });
  expect(setsOf(localizer, slice('a', 2, 0)).map(({ distinction }) => distinction)).toEqual([{ localizer: true }, {}]);
  expect(setsOf(localizer, slice('a', 2, 0)).map(isForPlanning)).toEqual([true, false]);
  expect(setsOf(localizer).map(isForPlanning)).toEqual([true]);
});

test('each multi-frame instance is a set of its own, its frames with addresses of their own', () => {
  const sets = setsOf(
    image('8', { '00280008': ['3'], '00200013': [1] }),
    image('9', { '00280008': [2], '00200013': [2] }),
  );
  expect(sets.map((set) => [set.frames.length, set.distinction])).toEqual([
    [3, { instanceNumber: 1 }],
    [2, { instanceNumber: 2 }],
  ]);
  expect(sets[0]!.frames[2]!.imageId).toBe('frame:/dicom-web/studies/1.2/series/1.2.3/instances/8/frames/3');
});

test('films of one number are told apart by when they were made, and what nothing tells apart is counted', () => {
  const film = (sop: string, time: string) =>
    image(sop, { '00280008': [3], '00200013': [1], '00080032': [time], '00080060': ['XA'] });
  const toldOf = (...instances: JsonDataset[]) => setsOf(...instances).map(({ distinction }) => distinction);
  expect(toldOf(film('8', '101500'), film('9', '101600'))).toEqual([
    { acquiredAt: '101500' },
    { acquiredAt: '101600' },
  ]);
  expect(toldOf(film('8', '101500'), film('9', '101500'))).toEqual([
    { alike: { number: 1, of: 2 } },
    { alike: { number: 2, of: 2 } },
  ]);
});

test('a frame count beyond reason is cut', () => {
  expect(setsOf(image('9', { '00280008': [4e9] }))[0]!.frames).toHaveLength(20_000);
});

test('frames of an enhanced instance are ordered by their own positions', () => {
  const group = (z: number) => dataset({ '00209113': [dataset({ '00200032': [0, 0, z] })] });
  const shared = dataset({ '00209116': [dataset({ '00200037': axial })] });
  const enhanced = image('9', { '00280008': [3], '52009229': [shared], '52009230': [group(0), group(10), group(5)] });
  expect(setsOf(enhanced)[0]!.frames.map(({ frameNumber }) => frameNumber)).toEqual([1, 3, 2]);
});

test('the parts of a concatenation are one set, whatever came first and though all have one Instance Number', () => {
  const part = (sop: string, number: number, frames: number, uid = '2.25.1') =>
    image(sop, { '00200013': [1], '00280008': [frames], '00209161': [uid], '00209162': [number] });
  const [whole, other] = setsOf(part('c', 3, 1), part('b', 2, 2), part('a', 1, 2), {
    ...part('x', 1, 2, '2.25.2'),
    '00200013': { vr: 'IS', Value: [2] },
  });
  expect([names(whole), whole!.frames.map(({ frameNumber }) => frameNumber).join('')]).toEqual(['aabbc', '12121']);
  expect(names(other)).toBe('xx');
});

test('a concatenation is a film where its frames do not lie behind one another, though its first part has one of them', () => {
  const part = (sop: string, number: number, frames: number, uid: string[] = ['2.25.1']) =>
    image(sop, { '00200013': [number], '00280008': [frames], '00209161': uid, '00209162': [number] });
  expect(isCine(setsOf(part('a', 1, 1), part('b', 2, 3))[0]!)).toBe(true);
  expect(isCine(setsOf(part('a', 1, 1, []), part('b', 2, 1, []))[0]!)).toBe(false);
});

test('the offsets of a grid of doses are read once, however many planes it has', () => {
  let read = 0;
  const offsets = {
    vr: 'DS',
    get Value() {
      read += 1;
      return [0, 3, 6];
    },
  };
  const dose = { ...slice('a', 1, 10, axial), '3004000C': offsets };
  expect([1, 2, 3].map((frame) => positionOf(dose, frame)?.[2])).toEqual([10, 13, 16]);
  expect(read).toBe(1);
});

test('the planes of a grid of doses lie behind one another, as far as its offsets say', () => {
  const places = (offsets: (number | null)[], z: number, cosines = axial) => {
    const dose = slice('a', 1, z, cosines, { '00280008': [offsets.length], '3004000C': offsets });
    const [set] = setsOf(dose);
    expect(isCine(set!)).toBe(false);
    return set!.frames.map(({ instance, frameNumber }) => positionOf(instance, frameNumber));
  };
  const behind = [
    [0, 0, 10],
    [0, 0, 13],
    [0, 0, 16],
  ];
  expect(places([0, 3, 6], 10)).toEqual(behind);
  expect(places([10, 13, 16], 10)).toEqual(behind);
  // One that says nothing moves no other one.
  expect(places([0, null, 6], 10)).toEqual([behind[0], undefined, behind[2]]);
  const withoutFirst = slice('a', 1, 10, axial, { '3004000C': [null, 13] });
  expect([positionOf(withoutFirst, 1), positionOf(withoutFirst, 2)]).toEqual([undefined, undefined]);
  // Along its own normal, where that is another one than the patient's axis.
  expect(places([0, 3], 10, coronal)).toEqual([
    [0, 0, 10],
    [0, 3, 10],
  ]);
});

test('frames of an enhanced instance part by what their own functional groups say', () => {
  const frame = (macros: Record<string, Record<string, unknown[]>>) =>
    dataset(Object.fromEntries(Object.entries(macros).map(([tag, item]) => [tag, [dataset(item)]])));
  const partsOf = (...frames: JsonDataset[]) =>
    setsOf(image('9', { '00280008': [frames.length], '52009230': frames })).map(({ frames: part, distinction }) => [
      part.map(({ frameNumber }) => frameNumber).join(''),
      distinction,
    ]);
  const echo = (ms: number) => frame({ '00189114': { '00189082': [ms] } });
  expect(partsOf(echo(20), echo(80), echo(20))).toEqual([
    ['13', { echoTimeMs: 20 }],
    ['2', { echoTimeMs: 80 }],
  ]);
  const diffusion = (b: number) => frame({ '00189117': { '00189087': [b] } });
  expect(partsOf(diffusion(0), diffusion(800), diffusion(0))).toEqual([
    ['13', { bValue: 0 }],
    ['2', { bValue: 800 }],
  ]);
  const plane = (cosines: number[]) => frame({ '00209116': { '00200037': cosines } });
  expect(partsOf(plane(axial), plane(coronal), plane(sagittal))).toEqual([
    ['1', { orientation: 'axial' }],
    ['2', { orientation: 'coronal' }],
    ['3', { orientation: 'sagittal' }],
  ]);
  const type = (value3: string) => frame({ '00189226': { '00089007': ['ORIGINAL', 'PRIMARY', value3] } });
  expect(partsOf(type('LOCALIZER'), type('VOLUME'))).toEqual([
    ['1', { localizer: true }],
    ['2', {}],
  ]);
});

test('PDF, report and anything else without pixels are sets without frames', () => {
  const other = (sop: string, sopClass: string) => dataset({ '00080018': [sop], '00080016': [sopClass] });
  const kinds = setsOf(
    other('1', '1.2.840.10008.5.1.4.1.1.104.1'),
    other('2', '1.2.840.10008.5.1.4.1.1.88.33'),
    other('4', '1.2.840.10008.5.1.4.1.1.104.2'),
    other('3', '1.2.840.10008.5.1.4.1.1.481.3'),
  ).map(({ kind, frames }) => [kind, frames.length]);
  expect(kinds).toEqual([
    ['pdf', 0],
    ['report', 0],
    ['clinicalDocument', 0],
    ['nothing', 0],
  ]);
});

test('what says that it is an image and has no pixels is a set without frames; floats are pixels too', () => {
  const { '7FE00010': _, ...without } = image('a');
  const sets = setsOf(without, dataset({ '7FE00008': [] }), { ...without, '7FE00009': { vr: 'OD' } });
  expect(sets.map(({ kind, frames }) => [kind, frames.length])).toEqual([
    ['images', 1],
    ['nothing', 0],
  ]);
});

test('a video is one set without frames, whatever it says of its frames, beside images of its series', () => {
  const video = image('v', { '00083002': ['1.2.840.10008.1.2.4.102'], '00280008': [300] });
  const sets = setsOf(video, image('a'), image('j', { '00083002': ['1.2.840.10008.1.2.4.50'] }));
  expect(sets.map(({ kind, frames }) => [kind, frames.length])).toEqual([
    ['images', 2],
    ['video', 0],
  ]);
});

test('a film plays at the frame time of the file, else at its rate, else at none said', () => {
  const film = (attributes: Record<string, unknown[]>) => setsOf(image('9', { '00280008': [4], ...attributes }))[0]!;
  expect(frameTimeOf(film({ '00181063': [40] }))).toBe(40);
  expect(frameTimeOf(film({ '00180040': [25] }))).toBe(40);
  // 50 ms of acquisition, to be shown at 10 a second.
  expect(frameTimeOf(film({ '00181063': [50], '00180040': [20], '00082144': [10] }))).toBe(100);
  const parts = [5, 20].map((rate) => dataset({ '00089459': [rate] }));
  expect(frameTimeOf(film({ '00181063': [50], '00089458': parts }))).toBe(200);
  expect(frameTimeOf(film({ '00181065': [0, 30, 50, 40] }))).toBe(40);
  expect(frameTimeOf(film({}))).toBeUndefined();
  expect(isCine(film({}))).toBe(true);
  expect(isCine(setsOf(slice('a', 1, 0), slice('b', 2, 5))[0]!)).toBe(false);
});

test('each frame of a film has a time of its own where the file says so, unless another rate is recommended', () => {
  const vector = { '00280008': [4], '00181065': [0, 30, 90, 0] };
  const timesOf = (attributes: Record<string, unknown[]>) =>
    frameTimesOf(setsOf(image('9', { ...vector, ...attributes }))[0]!);
  expect(timesOf({})).toEqual([30, 90, 1, 40]);
  expect(timesOf({ '00280009': ['00181065'], '00181063': [50], '00180040': [20] })).toEqual([30, 90, 1, 40]);
  expect(timesOf({ '00280009': ['00181063'], '00181063': [50] })).toBeUndefined();
  expect(timesOf({ '00082144': [10] })).toBeUndefined();
  for (const other of [
    [0, 30],
    [30, 30, 30],
    [0, 30, 30, 30, 30],
  ]) {
    expect(timesOf({ '00181065': other })).toBeUndefined();
    const film = setsOf(image('9', { ...vector, '00181065': other }))[0]!;
    expect(frameTimeOf(film)).toBe(30);
  }
});

test('one series of a PET has one uptake value, whichever of its slices was acquired before the time that it says', () => {
  const bed = (sop: string, number: number, time: string) =>
    slice(sop, number, 5 * number, axial, {
      '00080060': ['PT'],
      '00541001': ['BQML'],
      '00280051': ['DECY', 'ATTN'],
      '00541102': ['START'],
      '00080021': ['20260301'],
      '00080031': ['090500'],
      '00080022': ['20260301'],
      '00080032': [time],
      '00101030': [74],
      '00540016': [dataset({ '00181074': [370e6], '00181075': [6586.2], '00181072': ['080000'] })],
    });
  const unitsOf = (...slices: JsonDataset[]) => setsOf(...slices)[0]!.frames.map(({ suv }) => suv?.unit);
  expect(unitsOf(bed('a', 1, '090600'), bed('b', 2, '090310'))).toEqual([undefined, undefined]);
  expect(unitsOf(bed('a', 1, '090600'), bed('b', 2, '090900'))).toEqual(['SUVbw', 'SUVbw']);
});

test('a page or a fused picture among the slices of a PET has no uptake values, and takes none from them', () => {
  const pet = { '00080060': ['PT'], '00541001': ['GML'], '00280002': [1], '00280004': ['MONOCHROME2'] };
  const page = image('a', { ...pet, '00200013': [1], '00080016': ['1.2.840.10008.5.1.4.1.1.7'], '00541001': [] });
  const fused = image('b', { ...pet, '00200013': [2], '00280002': [3], '00280004': ['RGB'] });
  const frames = setsOf(page, fused, slice('c', 3, 0, axial, pet)).flatMap((set) => set.frames);
  expect(frames.map(({ SOPInstanceUID, suv }) => [SOPInstanceUID, suv?.unit]).sort()).toEqual([
    ['a', undefined],
    ['b', undefined],
    ['c', 'SUVbw'],
  ]);
});
