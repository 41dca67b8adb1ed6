import { expect, test } from 'vitest';
import { addTexts } from '../text.ts';
import { readingRoomTexts } from '../texts/reading-room.ts';
import { dataset } from '../test-dataset.ts';
import { sideAndView } from './side-and-view.ts';

addTexts(readingRoomTexts);

const words = (attributes: Record<string, unknown[]>, frameNumber = 1) =>
  sideAndView({ imageId: 'frame:1', instance: dataset(attributes), SOPInstanceUID: '1.2.3', frameNumber });

const code = (meaning: string) => dataset({ '00080104': [meaning] });

test('a radiograph says its side and its view, by whichever attribute has that', () => {
  expect(words({ '00080060': ['DX'], '00200062': ['R'], '00185101': ['PA'] })).toBe('Right · PA');
  expect(words({ '00080060': ['MG'], '00200062': ['L'], '00540220': [code('cranio-caudal')] })).toBe(
    'Left · cranio-caudal',
  );
  expect(words({ '00080060': ['CT'] })).toBeUndefined();
});

test('each frame of a scintigram says whether it is of the front or of the back', () => {
  const detectors = ['anterior', 'posterior'].map((view) => dataset({ '00540220': [code(view)] }));
  const body = {
    '00080008': ['ORIGINAL', 'PRIMARY', 'WHOLE BODY', 'EMISSION'],
    '00080060': ['NM'],
    '00540020': [1, 2],
    '00540022': detectors,
  };
  expect([1, 2].map((frame) => words(body, frame))).toEqual(['anterior', 'posterior']);
  // Which of them a frame is of, nobody says.
  expect(words({ ...body, '00540020': [] })).toBeUndefined();
});

test('an angiogram says from where it looks, each frame of one that turns for itself', () => {
  const angles = { '00080060': ['XA'], '00181510': [30], '00181511': ['-25.4'] };
  expect(words(angles)).toBe('LAO 30° CAU 25°');
  expect(words({ ...angles, '00181510': [-30], '00181511': [] })).toBe('RAO 30°');
  expect(words({ ...angles, '00181520': [0, -40], '00181521': [0, 50] }, 2)).toBe('RAO 10° CRA 25°');
  // Where the arm was by then, it does not say.
  expect(words({ ...angles, '00181520': [0], '00181521': [10] }, 2)).toBe('LAO 30°');
  expect(words({ ...angles, '00181520': [0, '', 40] }, 3)).toBe('LAO 70° CAU 25°');
  const frames = [20, -20].map((degrees) => dataset({ '00189405': [dataset({ '00181510': [degrees] })] }));
  expect(words({ '00080060': ['XA'], '52009230': frames }, 2)).toBe('RAO 20°');
  // Of a mammogram the angle is another one.
  expect(words({ ...angles, '00080060': ['MG'] })).toBeUndefined();
});

test('an intraoral radiograph says which teeth it shows', () => {
  const jaw = { '00080060': ['IO'], '00082218': [code('Jaw region')] };
  const teeth = ['Mandibular left first molar tooth', 'Mandibular left second molar tooth'];
  expect(words({ ...jaw, '00082228': teeth.map(code) })).toBe(teeth.join(', '));
  expect(words(jaw)).toBe('Jaw region');
});
