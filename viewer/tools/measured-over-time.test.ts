import { expect, test } from 'vitest';
import type { JsonDataset } from '../archive-client.ts';
import { addTexts, text } from '../text.ts';
import { measuringTexts } from '../texts/measuring.ts';
import { angle } from './angle.ts';
import { length } from './length.ts';
import { probe } from './probe.ts';
import { spacingAt, spacingOf } from '../viewport/spacing.ts';
import { dataset } from '../test-dataset.ts';

addTexts(measuringTexts);

interface Scale {
  /** 1 two-dimensional, 2 M-mode, 3 a spectrum, 4 a wave form */
  format: number;
  /** bit 0: low priority */
  flags?: number;
  units: [number, number];
  deltas: [number, number];
  /** of the baseline, counted from the top of the region */
  zero?: number;
}

const region = ([x0, y0, x1, y1]: number[], { format, flags = 0, units, deltas, zero }: Scale) =>
  dataset({
    '00186012': [format],
    '00186016': [flags],
    '00186018': [x0],
    '0018601A': [y0],
    '0018601C': [x1],
    '0018601E': [y1],
    '00186024': [units[0]],
    '00186026': [units[1]],
    '0018602C': [deltas[0]],
    '0018602E': [deltas[1]],
    ...(zero === undefined ? {} : { '00186020': [0], '00186022': [zero], '00186028': [0], '0018602A': [0] }),
  });

const tissue: Scale = { format: 1, flags: 1, units: [3, 3], deltas: [0.02, 0.03] };
const ofScreen = (...regions: JsonDataset[]) =>
  dataset({
    '00080016': ['1.2.840.10008.5.1.4.1.1.6.1'],
    '00080060': ['US'],
    '00280010': [480],
    '00280011': [640],
    '00186011': regions,
  });
/** Tissue above with a colour box in it; below a spectrum of velocities, its baseline 100 rows down, and beside it an M-mode. */
const duplex = ofScreen(
  region([0, 0, 639, 239], tissue),
  region([100, 50, 200, 150], { ...tissue, flags: 0 }),
  region([0, 240, 399, 479], { format: 3, units: [4, 7], deltas: [0.005, -1.5], zero: 100 }),
  region([400, 240, 639, 479], { format: 2, units: [4, 3], deltas: [0.01, 0.04] }),
);

const finding = (instance: JsonDataset, ...points: [number, number][]) => ({
  frame: { imageId: '', instance, SOPInstanceUID: '1.2', frameNumber: 1 },
  points,
  pixels: undefined,
  isChanging: false,
  askAgain: () => {},
});

test('a length in tissue is true to the Physical Delta of each direction, and may begin in the colour box', () => {
  // 300 × 0.2 mm across, 80 × 0.3 mm down
  const [said, state] = length.words(finding(duplex, [120, 60], [420, 140]))!;
  expect(said).toBe(`${Math.hypot(60, 24).toFixed(1)} mm`);
  expect(state).toBe(text('stateRegion'));
});

test('along a spectrum is time, up it velocity, and the probe says the velocity from the baseline', () => {
  expect(length.words(finding(duplex, [50, 340], [134, 300]))![0]).toBe('0.42 s · 60 cm/s');
  expect(probe.words(finding(duplex, [50, 300]))![0]).toBe('60 cm/s');
  expect(angle.words(finding(duplex, [50, 300], [60, 300], [60, 310]))).toEqual([text('noAngleHere')]);
  expect(angle.words(finding(duplex, [50, 100], [60, 100], [60, 310]))).toEqual([text('noAngleHere')]);
});

test('along an M-mode is time, up it depth, and together how fast something moves', () => {
  const said = length.words(finding(duplex, [420, 300], [470, 350]))!;
  expect(said.slice(0, 2)).toEqual(['0.5 s · 20 mm', 'Slope 4 cm/s']);
});

test('from one region into another, or outside of them, a length is one of pixels and says so', () => {
  expect(length.words(finding(duplex, [50, 230], [50, 250]))).toEqual(['20 px', text('stateOutside')]);
  const part = ofScreen(region([0, 0, 99, 99], tissue), region([100, 0, 199, 99], tissue));
  expect(length.words(finding(part, [90, 50], [110, 50]))).toEqual(['20 px', text('stateOutside')]);
  expect(length.words(finding(part, [90, 50], [90, 200]))).toEqual(['150 px', text('stateOutside')]);
});

test('a region that is drawn over another takes its scale from it; a wave form across the image does not', () => {
  const zoomed = region([200, 100, 400, 200], { ...tissue, flags: 0, deltas: [0.01, 0.01] });
  const whole = region([0, 0, 639, 479], tissue);
  const ofZoomed = [
    [210, 110],
    [310, 110],
  ];
  expect(spacingAt(ofScreen(whole, zoomed), 1, ofZoomed)).toEqual({ rowMm: 0.1, columnMm: 0.1, state: 'region' });
  expect(spacingAt(ofScreen(whole, zoomed), 1, [[10, 10], ofZoomed[0]!]).state).toBe('outside');
  const heartbeat = region([0, 400, 639, 479], { format: 4, flags: 1, units: [4, 0], deltas: [0.01, 0] });
  const across = [
    [300, 100],
    [300, 420],
  ];
  expect(spacingAt(ofScreen(whole, heartbeat), 1, across)).toEqual({ rowMm: 0.3, columnMm: 0.2, state: 'region' });
});

test('a colour box whose scale differs in the last digits only is one of the same scale', () => {
  const withBox = (deltas: [number, number]) =>
    ofScreen(region([0, 0, 639, 479], tissue), region([100, 50, 200, 150], { ...tissue, flags: 0, deltas }));
  const across = (deltas: [number, number]) => length.words(finding(withBox(deltas), [120, 60], [420, 60]));
  expect(across([0.020000000000000004, -0.029999])).toEqual(['60 mm', text('stateRegion')]);
  expect(across([0.0201, 0.03])).toEqual(['300 px', text('stateOutside')]);
  expect(across([0.02, 0.0299])).toEqual(['300 px', text('stateOutside')]);
});

test('a line in tissue that a wave form lies over is one of lengths, and along a wave form on its own is time', () => {
  const heartbeat: Scale = { format: 4, flags: 0, units: [4, 0], deltas: [0.01, 0] };
  const screen = ofScreen(region([0, 0, 639, 399], tissue), region([0, 350, 639, 479], heartbeat));
  expect(length.words(finding(screen, [300, 360], [350, 360]))![0]).toBe('10 mm');
  expect(length.words(finding(screen, [300, 360], [350, 440]))![0]).toBe('0.5 s');
  expect(length.words(finding(screen, [300, 410], [350, 440]))![0]).toBe('0.5 s');
});

test('a length in tissue of which one direction only has a scale is one of pixels, not the part that has it', () => {
  const diagonal: [number, number][] = [
    [100, 100],
    [130, 140],
  ];
  const oneScale: Scale[] = [
    { ...tissue, units: [3, 0] },
    { ...tissue, units: [0, 3] },
    { ...tissue, deltas: [0.02, 0] },
    { ...tissue, format: 0, units: [3, 0] },
  ];
  for (const scale of oneScale) {
    const screen = ofScreen(region([0, 0, 639, 479], scale));
    expect(length.words(finding(screen, ...diagonal))).toEqual(['50 px', text('stateNone')]);
  }
  const sweep = ofScreen(region([0, 0, 639, 479], { format: 2, units: [0, 3], deltas: [0, 0.04] }));
  expect(length.words(finding(sweep, ...diagonal))![0]).toBe('16 mm');
});

test('what says no region, or regions of a larger image, is measured in pixels whatever spacing it has', () => {
  const grabbed = { '00080016': ['1.2.840.10008.5.1.4.1.1.6.1'], '00080060': ['US'], '00280030': [0.2, 0.1] };
  expect(spacingOf(dataset(grabbed))).toEqual({ rowMm: 1, columnMm: 0.5, state: 'none' });
  expect(spacingOf(dataset({ ...grabbed, '00280030': [] })).state).toBe('none');
  const measures = dataset({ '00280030': [0.2, 0.1] });
  const volume = dataset({ ...grabbed, '52009229': [dataset({ '00289110': [measures] })] });
  expect(spacingOf(volume).state).toBe('calibrated');
  const halved = { ...ofScreen(region([84, 31, 595, 414], tissue)), '00280010': { vr: 'US', Value: [240] } };
  expect(spacingOf(halved).state).toBe('none');
});
