import { expect, test } from 'vitest';

import { quietRounds, type RoundResult } from './quiet-rounds.ts';
import { scrollTable } from './scroll-steps.ts';
import { searchTable } from './search-by-size.ts';
import { comparisonTable } from './side-by-side.ts';
import { storeTable } from './store-by-size.ts';
import { questionKinds } from './questions.ts';

/** What the machine could do at all is of no account here. */
const of = { name: 'Orthanc', isMeasure: true, limits: { stores: {}, bare: new Map() } };

/** A round of both servers, as bench.mjs writes it. */
function round(number: number, { ours, theirs, noise }: { ours: number; theirs: number; noise: number }) {
  const each = (target: string, perSecond: number): RoundResult => ({
    phase: 'ct-store-1',
    round: number,
    target,
    metrics: { inst_s: perSecond, noise_pct: target === 'ours' ? noise : 2 },
  });
  return [each('ours', ours), each('theirs', theirs)];
}

test('a ratio is that of the quiet rounds, and is judged by them', () => {
  const measured = quietRounds([
    ...round(1, { ours: 900, theirs: 100, noise: 40 }),
    ...round(2, { ours: 120, theirs: 100, noise: 15 }),
  ]);
  const text = comparisonTable(measured, of);
  expect(text).toContain('≥ 1.5 MISSED');
  expect(text).toContain('1 of 2');
});

test.each([
  { ours: 900, what: 'what would be met' },
  { ours: 50, what: 'what would be missed' },
])('where no round was quiet, $what is not judged, and the noise of the quietest round is said', ({ ours }) => {
  const measured = quietRounds([
    ...round(1, { ours, theirs: 100, noise: 40 }),
    ...round(2, { ours, theirs: 100, noise: 15.2 }),
  ]);
  const text = comparisonTable(measured, of);
  expect(text).toContain('≥ 1.5 not judged (noise 16 %)');
  expect(text).not.toMatch(/met|MISSED/);
});

test('a round that does not say what others took is not called quiet', () => {
  const silent = round(1, { ours: 900, theirs: 100, noise: 0 }).map((each) => ({ ...each, metrics: { inst_s: 1 } }));
  expect(comparisonTable(quietRounds(silent), of)).toContain('≥ 1.5 not judged (noise 100 %)');
});

test('questions that were asked while others had the processor are not judged', () => {
  const kind = questionKinds[0]!;
  const size = (studies: number, p95Ms: number) => ({ studies, p50Ms: 1, p95Ms, cpuMs: 1 });
  const asked = (p95Ms: number, noise: number) =>
    searchTable([{ kind, sizes: [size(20_000, p95Ms), size(1_000_000, p95Ms)], noise }]);
  expect(asked(1, 0.1)).toContain(`≤ ${kind.wantedMs} met`);
  expect(asked(10_000, 0.1)).toContain(`≤ ${kind.wantedMs} MISSED`);
  for (const p95Ms of [1, 10_000]) expect(asked(p95Ms, 0.31)).toContain(`≤ ${kind.wantedMs} not judged (noise 31 %)`);
});

test('each round of steps through a series is judged by its own noise', () => {
  const spread = (p95: number) => ({ p50: 9, p95, worst: 50 });
  const round = (own: number, noise: number) =>
    scrollTable([
      { steps: 150, toldMs: spread(34), drawnMs: spread(60), paintedMs: spread(70), ownMs: spread(own), noise },
    ]);
  expect(round(33, 0.15)).toContain('p95 ≤ 33 met');
  expect(round(34, 0.15)).toContain('p95 ≤ 33 MISSED');
  expect(round(34, 0.5)).toContain('p95 ≤ 33 not judged (noise 50 %)');
});

test('what one more instance costs is not judged where no round was quiet', () => {
  const sizes = [0, 20_000].map((studies) => ({ studies, newStudyCpuMs: 3, sliceCpuMs: studies ? 6 : 3 }));
  const quiet = storeTable({ sizes, rounds: 5, quiet: 2, noise: 0.04 });
  expect(quiet).toContain('1.00 (≤ 1.25 met)');
  expect(quiet).toContain('2.00 (≤ 1.25 MISSED)');
  const noisy = storeTable({ sizes, rounds: 5, quiet: 0, noise: 0.2 });
  expect(noisy).toContain('2.00 (≤ 1.25 not judged (noise 20 %))');
  expect(noisy).not.toMatch(/met\)|MISSED/);
});
