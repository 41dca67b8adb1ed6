import { expect, test } from 'vitest';
import { displaySets } from '../viewport/display-sets.ts';
import { dataset } from '../test-dataset.ts';
import { hangingOf } from './hanging.ts';

/** Each image in a series of its own, as mammographs send them, or all in one. */
function hang(images: Record<string, unknown[]>[], inOneSeries = false) {
  const instances = images.map((attributes, at) =>
    dataset({
      '00080018': [`1.${at + 1}`],
      '00200013': [at + 1],
      '00280010': [8],
      '00280011': [8],
      '7FE00010': [0],
      ...attributes,
    }),
  );
  const sets = inOneSeries
    ? displaySets('1', '1.0', instances)
    : instances.flatMap((instance, at) => displaySets('1', `1.0.${at}`, [instance]));
  const hanging = hangingOf(sets);
  return (
    hanging && [hanging.layout, ...hanging.places.map((hung) => hung?.set.frames[hung.index]!.SOPInstanceUID ?? 'none')]
  );
}

const breast = (side: string, view: string, more: Record<string, unknown[]> = {}) => ({
  '00080060': ['MG'],
  '00200062': [side],
  '00185101': [view],
  ...more,
});

test('mammograms hang right beside left, CC above MLO, in whatever order they came', () => {
  const came = [breast('L', 'MLO'), breast('L', 'CC'), breast('R', 'MLO'), breast('R', 'CC')];
  for (const inOneSeries of [false, true]) {
    expect(hang(came, inOneSeries)).toEqual(['2x2', '1.4', '1.2', '1.3', '1.1']);
  }
});

test('a view that was not made leaves its place empty, and of one that was taken again the last hangs', () => {
  const at = (time: string) => ({ '00080022': ['20260301'], '00080032': [time] });
  const came = [breast('R', 'CC', at('0910')), breast('R', 'CC', at('0905')), breast('L', 'CC'), breast('L', 'MLO')];
  expect(hang(came)).toEqual(['2x2', '1.1', '1.3', 'none', '1.4']);
  expect(hang(came.slice(0, 3))).toEqual(['1x2', '1.1', '1.3']);
});

test('of one breast both views hang side by side', () => {
  expect(hang([breast('L', 'MLO'), breast('L', 'CC')])).toEqual(['1x2', '1.2', '1.1']);
  expect(hang([breast('R', 'CC'), breast('R', 'MLO'), breast('R', 'MLO')])).toEqual(['1x2', '1.1', '1.3']);
});

test('two views alone hang side by side, that of the right breast at the left', () => {
  expect(hang([breast('R', 'CC'), breast('L', 'MLO')])).toEqual(['1x2', '1.1', '1.2']);
  expect(hang([breast('L', 'CC'), breast('R', 'MLO')])).toEqual(['1x2', '1.2', '1.1']);
});

test('the code of a view counts for more than its words; spot views and raw data do not hang', () => {
  const code = (value: string, more: Record<string, unknown[]> = {}) => ({
    '00540220': [dataset({ '00080100': [value], ...more })],
  });
  const spot = { '00540222': [dataset({ '00080100': ['R-102D7'] })] };
  const came = [
    breast('R', 'cc', code('399162004')),
    breast('L', 'CRANIO-CAUDAL', code('R-10242')),
    breast('L', 'CC', code('R-10242', spot)),
    breast('R', 'CC', { '00080068': ['FOR PROCESSING'] }),
  ];
  expect(hang(came)).toEqual(['1x2', '1.1', '1.2']);
});

test('a view that the table does not have is none of the standard ones, whatever its words say', () => {
  const exaggerated = { '00540220': [dataset({ '00080100': ['R-1024A'], '00080102': ['SRT'] })] };
  const own = { '00540220': [dataset({ '00080100': ['17'], '00080102': ['99VENDOR'] })] };
  const later = { '00080022': ['20260301'], '00080032': ['0910'] };
  const came = [breast('R', 'CC'), breast('R', 'CC', { ...exaggerated, ...later }), breast('L', 'CC', own)];
  expect(hang(came)).toEqual(['1x2', '1.1', '1.3']);
});

test('raw data hang only where there is nothing that was made of them', () => {
  const film = (view: string, made: string) => ({
    '00080060': ['DX'],
    '00185101': [view],
    '00180015': ['CHEST'],
    '00080068': [`FOR ${made}`],
  });
  const [raw, made] = ['PROCESSING', 'PRESENTATION'];
  expect(hang([film('PA', raw!), film('PA', made!)])).toEqual(['1x1', '1.2']);
  expect(hang([film('LL', made!), film('LL', raw!), film('PA', made!), film('PA', raw!)])).toEqual([
    '1x2',
    '1.3',
    '1.1',
  ]);
  expect(hang([film('PA', raw!), film('LL', raw!)])).toEqual(['1x2', '1.1', '1.2']);
});

test('two radiographs hang side by side, that from the front first; of more those of the chest', () => {
  const film = (view: string, part = 'CHEST', modality = 'DX') => ({
    '00080060': [modality],
    '00185101': [view],
    '00180015': [part],
  });
  expect(hang([film('LL'), film('PA')])).toEqual(['1x2', '1.2', '1.1']);
  expect(hang([film('AP', 'HAND', 'CR'), film('LLO', 'HAND', 'CR')], true)).toEqual(['1x2', '1.1', '1.2']);
  expect(hang([film('AP', 'ABDOMEN'), film('LL'), film('PA')])).toEqual(['1x2', '1.3', '1.2']);
  expect(hang([film('AP', 'HAND'), film('AP', 'FOOT'), film('LL', 'FOOT')])).toBeUndefined();
});

test('nothing else is hung, and one image needs no company', () => {
  const slice = { '00080060': ['CT'] };
  expect(hang([slice, slice])).toBeUndefined();
  expect(hang([breast('R', 'CC')])).toBeUndefined();
  expect(hang([breast('R', 'CC'), slice])).toBeUndefined();
});
