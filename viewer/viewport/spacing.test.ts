import { expect, test } from 'vitest';
import { dataset } from '../test-dataset.ts';
import { spacingAt, spacingOf } from './spacing.ts';

const radiograph = (attributes: Record<string, unknown[]>) => spacingOf(dataset({ '00080060': ['DX'], ...attributes }));

test('Pixel Spacing of a slice is true in the patient', () => {
  expect(spacingOf(dataset({ '00080060': ['CT'], '00280030': [0.5, 0.25] }))).toEqual({
    rowMm: 0.5,
    columnMm: 0.25,
    state: 'calibrated',
  });
});

test('of a radiograph it is calibrated only where it differs from that of the detector, or says how it was calibrated', () => {
  expect(radiograph({ '00181164': [0.2, 0.2] }).state).toBe('atDetector');
  expect(radiograph({ '00181164': [0.2, 0.2], '00280030': [0.2, 0.2] }).state).toBe('atDetector');
  expect(radiograph({ '00181164': [0.2, 0.2], '00280030': [0.15, 0.15] })).toMatchObject({
    rowMm: 0.15,
    state: 'calibrated',
  });
  expect(radiograph({ '00280030': [0.2, 0.2], '00280A02': ['FIDUCIAL'] }).state).toBe('calibrated');
  expect(radiograph({ '00280030': [0.2, 0.2] }).state).toBe('unknown');
  expect(radiograph({}).state).toBe('none');
});

test('a film that was scanned is true where it lay, by the spacing of the scanner', () => {
  expect(radiograph({ '00182010': [0.175, 0.175] })).toEqual({ rowMm: 0.175, columnMm: 0.175, state: 'atDetector' });
  expect(radiograph({ '00182010': [0.175, 0.175], '00280030': [0.175, 0.175] }).state).toBe('atDetector');
});

test('of what was captured or scanned nobody knows how it was calibrated, unless the file says so', () => {
  const capture = (more: Record<string, unknown[]>) =>
    spacingOf(dataset({ '00080060': ['CT'], '00080016': ['1.2.840.10008.5.1.4.1.1.7'], ...more })).state;
  expect(capture({ '00280030': [0.2, 0.2] })).toBe('unknown');
  expect(capture({ '00280030': [0.2, 0.2], '00280A02': ['FIDUCIAL'] })).toBe('calibrated');
  expect(capture({ '00182010': [0.2, 0.2] })).toBe('atDetector');
  expect(capture({ '00182010': [0.2, 0.2], '00280030': [0.2, 0.1] })).toBe('calibrated');
  expect(capture({})).toBe('none');
  // A plane that was computed out of a volume.
  expect(capture({ '00280030': [0.2, 0.2], '00200037': [1, 0, 0, 0, 0, -1] })).toBe('calibrated');
});

test('slices that X-rays were reconstructed to are true in the patient, as those of breast tomosynthesis', () => {
  const mammogram = { '00080060': ['MG'], '00280030': [0.1, 0.1] };
  const ofClass = (last: string) => radiograph({ ...mammogram, '00080016': [`1.2.840.10008.5.1.4.1.1.${last}`] }).state;
  expect(['13.1.3', '2'].map(ofClass)).toEqual(['calibrated', 'calibrated']);
  expect(['13.1.4', '1.2'].map(ofClass)).toEqual(['unknown', 'unknown']); // projections
});

test('an enhanced angiogram says for its frames what holds at the detector', () => {
  const properties = { '00289443': { vr: 'SQ', Value: [dataset({ '00181164': [0.2, 0.2] })] } };
  expect(radiograph({ '00080060': ['XA'], '52009229': [properties] })).toMatchObject({
    rowMm: 0.2,
    state: 'atDetector',
  });
});

test('the magnification factor makes the spacing at the detector an estimate in the patient', () => {
  expect(radiograph({ '00181164': [0.2, 0.2], '00181114': [2] })).toEqual({
    rowMm: 0.1,
    columnMm: 0.1,
    state: 'magnified',
  });
});

test('what a camera says of its pixels is true at one distance only, or nominal', () => {
  const spacing = (sop: string) =>
    spacingOf(dataset({ '00080016': [`1.2.840.10008.5.1.4.1.1.${sop}`], '00280030': [0.1, 0.1] }));
  for (const photograph of ['77.1.1', '77.1.4', '77.1.5.1'])
    expect(spacing(photograph)).toEqual({ rowMm: 0.1, columnMm: 0.1, state: 'unknown' });
  for (const measured of ['77.1.5.4', '77.1.6']) expect(spacing(measured).state).toBe('calibrated');
});

test('nothing known keeps the shape of the pixels', () => {
  expect(spacingOf(dataset({ '00280034': [2, 1] }))).toEqual({ rowMm: 1, columnMm: 0.5, state: 'none' });
});

test('an ultrasound image measures inside its regions, and nowhere else', () => {
  const region = dataset({
    '00186018': [10],
    '0018601A': [10],
    '0018601C': [100],
    '0018601E': [100],
    '00186024': [3],
    '00186026': [3],
    '0018602C': [0.05],
    '0018602E': [0.04],
  });
  const ultrasound = dataset({ '00080060': ['US'], '00186011': [region] });
  expect(spacingOf(ultrasound).state).toBe('region');
  expect(
    spacingAt(ultrasound, 1, [
      [20, 20],
      [90, 90],
    ]),
  ).toEqual({ rowMm: 0.4, columnMm: 0.5, state: 'region' });
  expect(
    spacingAt(ultrasound, 1, [
      [20, 20],
      [200, 90],
    ]).state,
  ).toBe('outside');
});

test('an enhanced image has the spacing of its functional groups', () => {
  const measures = dataset({ '00289110': [dataset({ '00280030': [0.7, 0.7] })] });
  expect(spacingOf(dataset({ '00080060': ['MR'], '52009229': [measures] }), 3)).toMatchObject({
    rowMm: 0.7,
    state: 'calibrated',
  });
});
