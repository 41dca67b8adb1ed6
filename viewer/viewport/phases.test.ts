import { expect, test } from 'vitest';
import type { JsonDataset } from '../archive-client.ts';
import { dataset } from '../test-dataset.ts';
import { displaySets } from './display-sets.ts';

type Attributes = Record<string, unknown[]>;

let made = 0;

const slice = (z: number, more: Attributes = {}, x = 0) =>
  dataset({
    '00080018': [`1.2.${(made += 1)}`],
    '00080060': ['CT'],
    '00200013': [made],
    '00280010': [512],
    '00280011': [512],
    '00200037': [1, 0, 0, 0, 1, 0],
    '00200032': [x, 0, z],
    '7FE00010': [],
    ...more,
  });

const places = [0, 5, 10, 15];
/** A volume, of which each slice says what is given of it. */
const volume = (more: (place: number) => Attributes) => places.map((z, at) => slice(z, more(at)));

/** Each set by its phase, and where its slices lie. */
const phasesIn = (...instances: JsonDataset[]) =>
  displaySets('1.2', '1.2.3', instances).map(({ distinction: { phase }, frames }) => [
    phase && `${phase.number} of ${phase.of}`,
    frames.map(({ instance }) => instance['00200032']?.Value?.[2]),
  ]);

const four = ['1 of 4', '2 of 4', '3 of 4', '4 of 4'].map((phase) => [phase, places]);
const phases = [1, 2, 3, 4];
const inOne = (count: number) => [[undefined, expect.objectContaining({ length: count })]];

test('phases part by what says so of them, in the order of time: their position, the heartbeat, the acquisition, its time', () => {
  const clocks: ((phase: number, at: number) => Attributes)[] = [
    (phase) => ({ '00200100': [phase], '00200012': [1] }),
    (phase) => ({ '00181060': [100 * phase] }),
    (phase) => ({ '00209241': [20 * phase] }),
    (phase) => ({ '00200012': [phase + 3] }),
    // A volume takes its time: each slice has its own.
    (phase, at) => ({ '00200012': [1], '00080022': ['20261101'], '00080032': [`1${phase}000${at}.5`] }),
    (phase, at) => ({ '0008002A': [`202611012359${20 + 4 * phase + at}`] }),
    (phase, at) => ({ '00080023': ['20261101'], '00080033': [`1${phase}000${at}`] }),
  ];
  for (const clock of clocks) {
    const volumes = phases.toReversed().flatMap((phase) => volume((at) => clock(phase, at)));
    expect(phasesIn(...volumes)).toEqual(four);
  }
});

test('phases of which only the time of day is said keep their order past midnight', () => {
  const times = ['235940', '235959.5', '000010', '000030'];
  const volumes = times.flatMap((time) => volume(() => ({ '00080032': [time] })));
  const shown = displaySets('1.2', '1.2.3', volumes).map(({ frames }) => frames[0]!.instance['00080032']?.Value?.[0]);
  expect(shown).toEqual(times);
});

test('what was made in the morning and in the evening of a day that is not said comes in the order of that day', () => {
  for (const times of [
    ['080000', '210000'],
    ['080000', '140000', '210000'],
    ['0810', '2355'],
  ]) {
    const volumes = times.toReversed().flatMap((time) => volume(() => ({ '00080032': [time] })));
    const shown = displaySets('1.2', '1.2.3', volumes).map(({ frames }) => frames[0]!.instance['00080032']?.Value?.[0]);
    expect(shown).toEqual(times);
  }
});

test('a heart of which each slice was made over other beats has the phases of each slice by turns', () => {
  const beats = phases.flatMap((phase) => volume((at) => ({ '00181060': [phase * (30 + at)] })));
  expect(phasesIn(...beats)).toEqual(four);
});

test('a table that moves counts its acquisitions on: two at each place are two phases', () => {
  const moved = volume((at) => ({ '00200012': [1 + 2 * (at >> 1)] }));
  const again = volume((at) => ({ '00200012': [2 + 2 * (at >> 1)] }));
  expect(phasesIn(...moved, ...again)).toEqual(['1 of 2', '2 of 2'].map((phase) => [phase, places]));
});

test('a phase of which slices are missing is one all the same', () => {
  const volumes = [1, 2].flatMap((phase) => volume(() => ({ '00200012': [phase] })));
  const [first, , ...others] = volumes;
  expect(phasesIn(first!, ...others)).toEqual([
    ['1 of 2', [0, 10, 15]],
    ['2 of 2', places],
  ]);
});

test('frames of an enhanced image part by their own groups', () => {
  const frame = (z: number, phase: number) =>
    dataset({
      '00209111': [dataset({ '00209128': [phase] })],
      '00209113': [dataset({ '00200032': [0, 0, z] })],
    });
  const shared = dataset({ '00209116': [dataset({ '00200037': [1, 0, 0, 0, 1, 0] })] });
  const frames = [frame(0, 1), frame(0, 2), frame(5, 1), frame(5, 2)];
  const enhanced = slice(0, { '00280008': [4], '52009229': [shared], '52009230': frames });
  const sets = displaySets('1.2', '1.2.3', [enhanced]);
  expect(
    sets.map(({ frames: part, distinction }) => [part.map(({ frameNumber }) => frameNumber), distinction]),
  ).toEqual([
    [[1, 3], { phase: { number: 1, of: 2 } }],
    [[2, 4], { phase: { number: 2, of: 2 } }],
  ]);
});

test('what does not come again at the same places stays together', () => {
  const oneVolume = volume((at) => ({ '00200012': [at], '00080032': [`10000${at}`] }));
  expect(phasesIn(...oneVolume)).toEqual(inOne(4));
  const filmOfOnePlace = phases.map((phase) => slice(0, { '00200100': [phase] }));
  expect(phasesIn(...filmOfOnePlace)).toEqual(inOne(4));
  // Chest and abdomen overlap.
  const ranges = [...volume(() => ({ '00200012': [1] })), ...[15, 20, 25].map((z) => slice(z, { '00200012': [2] }))];
  expect(phasesIn(...ranges)).toEqual(inOne(7));
  // Both hips lie at the same height.
  const hips = [-80, 80].flatMap((x, side) => places.map((z) => slice(z, { '00200012': [side] }, x)));
  expect(phasesIn(...hips)).toEqual(inOne(8));
});

test('what comes again for another reason than time is no phase', () => {
  const kinds = ['WATER', 'FAT'].flatMap((kind, at) =>
    volume(() => ({ '00200012': [at], '00080008': ['ORIGINAL', 'PRIMARY', kind] })),
  );
  expect(phasesIn(...kinds)).toEqual(inOne(8));
  const directions = phases.flatMap((direction) => volume(() => ({ '00189087': [1000], '00200012': [direction] })));
  expect(phasesIn(...directions)).toEqual(inOne(16));
  const unsaid = phases.flatMap(() => volume(() => ({})));
  expect(phasesIn(...unsaid)).toEqual(inOne(16));
});

test('hundreds of time points are no list to choose from', () => {
  const times = Array.from({ length: 100 }, (_, phase) => volume(() => ({ '00200100': [phase] })));
  expect(phasesIn(...times.flat())).toEqual(inOne(400));
});
