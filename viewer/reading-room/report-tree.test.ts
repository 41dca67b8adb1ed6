import { expect, test } from 'vitest';
import { dataset } from '../test-dataset.ts';
import { reportTree, type ReportItem } from './report-tree.ts';

const concept = (meaning: string) => ({ '0040A043': [dataset({ '00080104': [meaning] })] });

test('each kind of content reads as a concept and its value', () => {
  const unit = dataset({ '00080100': ['mm'] });
  const tree = reportTree(
    dataset({
      ...concept('Chest CT'),
      '0040A730': [
        dataset({ ...concept('Finding'), '0040A040': ['TEXT'], '0040A160': ['Nothing seen'] }),
        dataset({
          ...concept('Diameter'),
          '0040A040': ['NUM'],
          '0040A300': [dataset({ '0040A30A': ['12.5'], '004008EA': [unit] })],
        }),
        dataset({ ...concept('Side'), '0040A040': ['CODE'], '0040A168': [dataset({ '00080104': ['Left'] })] }),
        dataset({ ...concept('Read by'), '0040A040': ['PNAME'], '0040A123': [{ Alphabetic: 'TRAN^BINH' }] }),
        dataset({ ...concept('On'), '0040A040': ['DATE'], '0040A121': ['20261122'] }),
      ],
    }),
  );
  expect(tree.concept).toBe('Chest CT');
  expect(tree.items.map((item) => `${item.concept}: ${item.value}`)).toEqual([
    'Finding: Nothing seen',
    'Diameter: 12.5 mm',
    'Side: Left',
    'Read by: TRAN BINH',
    'On: 2026-11-22',
  ]);
});

test.each([
  ['mm', 'UCUM', 'millimeter', '12.5 mm'],
  ['ml/min', 'UCUM', 'milliliter per minute', '12.5 ml/min'],
  ["[hnsf'U]", 'UCUM', 'Hounsfield Unit', '12.5 HU'],
  ['{SUVbw}g/ml', 'UCUM', 'Standardized Uptake Value body weight', '12.5 SUVbw g/ml'],
  ['{pixels}', 'UCUM', 'pixels', '12.5 pixels'],
  ['1', 'UCUM', 'no units', '12.5'],
  ['1', 'UCUM', 'px', '12.5 px'],
  ['G-A15A', 'SRT', 'per second', '12.5 per second'],
  ['10*6/ul', 'UCUM', 'million per microliter', '12.5 million per microliter'],
  ['X-7', '99LOCAL', undefined, '12.5 X-7'],
])('a number in %s (%s: %s) reads as %s', (code, scheme, meaning, expected) => {
  const unit = dataset({ '00080100': [code], '00080102': [scheme], ...(meaning && { '00080104': [meaning] }) });
  const item = {
    ...concept('Size'),
    '0040A040': ['NUM'],
    '0040A300': [dataset({ '0040A30A': ['12.5'], '004008EA': [unit] })],
  };
  expect(reportTree(dataset({ '0040A730': [dataset(item)] })).items[0]!.value).toBe(expected);
});

test('a measurement that came to no number says why', () => {
  const why = dataset({ '00080100': ['114007'], '00080104': ['Measurement not attempted'] });
  const item = { ...concept('Size'), '0040A040': ['NUM'], '0040A300': [], '0040A301': [why] };
  expect(reportTree(dataset({ '0040A730': [dataset(item)] })).items[0]!.value).toBe('Measurement not attempted');
});

test('an image that is pointed at is one to be opened where the report says in which series it is', () => {
  const referenced = (uid: string, ...frames: unknown[]) => ({
    '00081199': [dataset({ '00081155': [uid], ...(frames.length > 0 && { '00081160': frames }) })],
  });
  const pointing = (uid: string, ...frames: unknown[]) =>
    dataset({ '0040A040': ['IMAGE'], ...referenced(uid, ...frames) });
  const series = dataset({ '0020000E': ['1.2.3'], ...referenced('1.2.3.4') });
  const evidence = dataset({ '0020000D': ['1.2'], '00081115': [series] });
  const image = { StudyInstanceUID: '1.2', SeriesInstanceUID: '1.2.3', SOPInstanceUID: '1.2.3.4' };
  const tree = reportTree(
    dataset({
      '0040A375': [evidence],
      '0040A730': [pointing('1.2.3.4'), pointing('1.2.3.4', '57', 58, 0, 'x'), pointing('9.9')],
    }),
  );
  expect(tree.items.map((item) => item.image)).toEqual([
    { ...image, frames: [] },
    { ...image, frames: [57, 58] },
    undefined,
  ]);
});

test('content nested without end is cut', () => {
  let item = dataset({ ...concept('deep'), '0040A040': ['TEXT'], '0040A160': ['x'] });
  for (let level = 0; level < 200; level += 1) item = dataset({ ...concept('level'), '0040A730': [item] });
  const depth = (at: ReportItem): number => 1 + Math.max(0, ...at.items.map(depth));
  expect(depth(reportTree(item))).toBeLessThan(40);
  expect(reportTree(item).isCut).toBe(true);
});

test('content of more items than can be shown is cut, and of no more is whole', () => {
  const item = dataset({ ...concept('Finding'), '0040A040': ['TEXT'], '0040A160': ['x'] });
  const report = (count: number) => reportTree(dataset({ '0040A730': Array.from({ length: count }, () => item) }));
  expect(report(5_000)).toMatchObject({ isCut: false });
  const { items, isCut } = report(5_001);
  expect([items.length, isCut]).toEqual([5_000, true]);
});

test('values of another kind than the standard says are left out, not shown as something else', () => {
  expect(reportTree(dataset({ '0040A730': ['text', 7, null] })).items).toEqual([]);
});
