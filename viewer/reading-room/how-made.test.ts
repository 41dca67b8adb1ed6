import { expect, test } from 'vitest';
import { addTexts } from '../text.ts';
import { readingRoomTexts } from '../texts/reading-room.ts';
import { dataset } from '../test-dataset.ts';
import { acquired, imageNumber, location, segment, seriesWords, technique } from './how-made.ts';

addTexts(readingRoomTexts);

const frame = (attributes: Record<string, unknown[]>, frameNumber = 1) => ({
  imageId: 'frame:1',
  instance: dataset(attributes),
  SOPInstanceUID: '1.2.3',
  frameNumber,
});

const axial = { '00200037': [1, 0, 0, 0, 1, 0] };

test('magnetic resonance says its times and how much it is weighted by diffusion', () => {
  const classic = { '00080060': ['MR'], '00180080': [9000], '00180081': [120], '00180082': [2500], '00189087': [1000] };
  expect(technique(frame(classic))).toBe('TR 9000 ms · TE 120 ms · TI 2500 ms · b 1000');
  expect(technique(frame({ ...classic, '00180082': [0], '00189087': [] }))).toBe('TR 9000 ms · TE 120 ms');
  const modifiers = [150, 2200].map((ms) => dataset({ '00189115': [dataset({ '00189079': [ms] })] }));
  expect(technique(frame({ '00080060': ['MR'], '52009230': modifiers }, 2))).toBe('TI 2200 ms');
});

test('b 0 is said only where images are of diffusion: devices write it on every image', () => {
  const ge = { '00080060': ['MR'], '00430010': ['GEMS_PARM_01'], '00431039': [0, 2, 0, 0] };
  expect(technique(frame(ge))).toBeUndefined();
  expect(technique(frame({ '00080060': ['MR'], '00189087': [0] }))).toBeUndefined();
  expect(technique(frame(ge), { bValue: 0 })).toBe('b 0');
  expect(technique(frame({ ...ge, '00080008': ['ORIGINAL', 'PRIMARY', 'DIFFUSION'] }))).toBe('b 0');
  expect(technique(frame({ ...ge, '00431039': [1_000_000_800, 2, 0, 0] }))).toBe('b 800');
  const ofContrast = (contrast: string) =>
    technique(
      frame({
        '00080060': ['MR'],
        '52009229': [
          dataset({
            '00189226': [dataset({ '0008209C': [contrast] })],
            '00189117': [dataset({ '00189087': [0], '00189075': ['NONE'] })],
          }),
        ],
      }),
    );
  expect(['DIFFUSION', 'T2'].map(ofContrast)).toEqual(['b 0', undefined]);
});

test('a private element is a b-value only where its block is of the creator that writes it there', () => {
  const of = (creator: string) =>
    technique(frame({ '00080060': ['MR'], '00190010': [creator], '0019100C': [1000], '00430010': [creator] }));
  expect(['SIEMENS MR HEADER', 'ACME'].map(of)).toEqual(['b 1000', undefined]);
  expect(technique(frame({ '00080060': ['MR'], '00430010': ['ACME'], '00431039': [700] }))).toBeUndefined();
  expect(technique(frame({ '00080060': ['MR'], '00431039': [700, 2, 0, 0] }))).toBe('b 700');
});

test('a private b-value is read from implicit VR, where nothing says what it is', () => {
  const of = (tag: string, value: string) =>
    technique({
      instance: { ...dataset({ '00080060': ['MR'] }), [tag]: { vr: 'UN', InlineBinary: btoa(value) } },
      frameNumber: 1,
    } as ReturnType<typeof frame>);
  expect(of('0019100C', '1000')).toBe('b 1000');
  expect(of('00431039', '1000000800\\8\\0\\0 ')).toBe('b 800');
  expect(of('0019100C', '\x00\x00\x7a\x44')).toBeUndefined();
});

test('a slice says where it lies, also where the modality wrote no location, and each frame of an enhanced image its own', () => {
  expect(location(frame({ ...axial, '00200032': [0, 0, -7.5], '00201041': [20] }))).toBe('Location 20 mm');
  expect(location(frame({ ...axial, '00200032': [0, 0, -7.5], '00201041': [-20] }))).toBe('Location -20 mm');
  const places = [5, 8].map((z) => dataset({ '00209113': [dataset({ '00200032': [0, 0, z] })] }));
  const enhanced = { '00280008': [2], ...axial, '52009230': places };
  expect([1, 2].map((at) => location(frame(enhanced, at)))).toEqual(['Location 5 mm H', 'Location 8 mm H']);
  expect(location(frame({ '00280008': [2], ...axial, '00200032': [0, 0, 5] }, 2))).toBe(false);
  const spect = {
    '00080008': ['DERIVED', 'PRIMARY', 'RECON TOMO'],
    '00280008': [2],
    '00180088': [-6],
    '00540022': [dataset({ ...axial, '00200032': [0, 0, 500] })],
    '00540080': [1, 2],
  };
  expect([1, 2].map((at) => location(frame(spect, at)))).toEqual(['Location 500 mm H', 'Location 494 mm H']);
});

test('a place that is computed says to which side of the patient it lies, whichever way the slices are counted', () => {
  const at = (cosines: number[], ...place: number[]) => location(frame({ '00200037': cosines, '00200032': place }));
  expect([7.5, -7.5, 0, 0.04].map((z) => at([1, 0, 0, 0, 1, 0], 0, 0, z))).toEqual([
    'Location 7.5 mm H',
    'Location 7.5 mm F',
    'Location 0 mm',
    'Location 0 mm',
  ]);
  // Seen from above: the normal points to the feet.
  expect(at([1, 0, 0, 0, -1, 0], 0, 0, 7.5)).toBe('Location 7.5 mm H');
  expect([12, -12].map((y) => at([1, 0, 0, 0, 0, -1], 0, y, 0))).toEqual(['Location 12 mm P', 'Location 12 mm A']);
  expect([30, -30].map((x) => at([0, 1, 0, 0, 0, -1], x, 0, 0))).toEqual(['Location 30 mm L', 'Location 30 mm R']);
  expect(at([1, 0, 0, 0, 0.8, 0.6], 0, 0, 10)).toBe('Location 8 mm HA');
});

test('each image says when it was acquired and in which phase', () => {
  expect(acquired(frame({ '00080032': ['102040.50'], '00200100': [2], '00200105': [3] }))).toBe(
    'Acquired 10:20:40 · Phase 2',
  );
  expect(acquired(frame({ '0008002A': ['20261101110000+0700'], '00200100': [1], '00200105': [1] }))).toBe(
    'Acquired 11:00:00',
  );
  const contents = [1, 2].map((phase) =>
    dataset({ '00209111': [dataset({ '00189074': [`2026110111000${phase}`], '00209128': [phase] })] }),
  );
  expect(acquired(frame({ '52009230': contents }, 2))).toBe('Acquired 11:00:02 · Phase 2');
  expect(acquired(frame({ '00080032': ['999999'] }))).toBe('Acquired 999999');
  expect(acquired(frame({}))).toBeUndefined();
  expect(acquired(frame({ '0008002A': ['20261101'], '00080032': ['102040'] }))).toBe('Acquired 10:20:40');
  expect(acquired(frame({ '0008002A': ['20261101+0700'], '00080032': ['1020'] }))).toBe('Acquired 10:20');
});

test('an image is named by its place and by the number that its modality gave it', () => {
  expect(imageNumber(frame({ '00200013': [101] }), 0, 6)).toBe('Image 1 / 6 · No. 101');
  expect(imageNumber(frame({ '00200013': [1] }), 0, 6)).toBe('Image 1 / 6');
  const ofSeveralFrames = [1, 2, 3].map((at) => frame({ '00200013': [3], '00280008': [3] }, at));
  expect(ofSeveralFrames.map((each, at) => imageNumber(each, at, 3))).toEqual([
    'Image 1 / 3',
    'Image 2 / 3',
    'Image 3 / 3',
  ]);
  expect(seriesWords(dataset({ '00200011': [3], '0008103E': ['DWI'] }))).toBe('Series 3 · DWI');
  expect(seriesWords(dataset({}))).toBeUndefined();
});

test('a frame of a segmentation says what it marks', () => {
  const segments = ['Liver', 'Spleen'].map((label, at) => dataset({ '00620004': [at + 1], '00620005': [label] }));
  const marks = [2, 1].map((marked) => dataset({ '0062000A': [dataset({ '0062000B': [marked] })] }));
  const segmentation = { '00620002': segments, '52009230': marks };
  expect([1, 2].map((at) => segment(frame(segmentation, at)))).toEqual(['Segment: Spleen', 'Segment: Liver']);
  // Which one is marked where no frame says it, nobody knows.
  expect(segment(frame({ '00620002': segments }))).toBeUndefined();
});
