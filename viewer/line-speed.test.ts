import { expect, test } from 'vitest';
import { LineSpeed } from './line-speed.ts';

/** Answers of so many bytes each, in pieces of 10 ms, so many at the same time. */
function bring(line: LineSpeed, clock: { ms: number }, { ms, bytesPerMs, atOnce = 1 }: Record<string, number>): void {
  const answers = Array.from({ length: atOnce! }, () => line.begin());
  for (let at = 0; at < ms!; at += 10) {
    clock.ms += 10;
    for (const answer of answers) answer.more((10 * bytesPerMs!) / atOnce!);
  }
  for (const answer of answers) answer.end();
}

const startOf = (slow = false) => {
  const clock = { ms: 0 };
  return { clock, line: new LineSpeed(slow, () => clock.ms) };
};

test('2 Mbit/s is slow after one slice of 0.5 MB, and 100 Mbit/s is not', () => {
  const thin = startOf();
  bring(thin.line, thin.clock, { ms: 2_000, bytesPerMs: 250 });
  expect(thin.line.slow).toBe(true);
  const wide = startOf();
  for (let slice = 0; slice < 20; slice++) bring(wide.line, wide.clock, { ms: 40, bytesPerMs: 12_500 });
  expect(wide.line.slow).toBe(false);
});

test('is told while the first answer still comes', () => {
  const { clock, line } = startOf();
  const answer = line.begin();
  for (let at = 0; at < 300; at += 10) {
    clock.ms += 10;
    answer.more(2_500);
  }
  expect(line.slow).toBe(true);
});

test('answers at the same time share the line: four of a fast one are not slow', () => {
  const { clock, line } = startOf();
  for (let round = 0; round < 10; round++) bring(line, clock, { ms: 200, bytesPerMs: 5_000, atOnce: 4 });
  expect(line.slow).toBe(false);
});

test('time in which nothing comes does not count', () => {
  const { clock, line } = startOf();
  for (let round = 0; round < 10; round++) {
    bring(line, clock, { ms: 50, bytesPerMs: 5_000 });
    clock.ms += 10_000;
  }
  expect(line.slow).toBe(false);
});

test('a few bytes tell nothing: what was known before stands', () => {
  for (const slow of [true, false]) {
    const { clock, line } = startOf(slow);
    bring(line, clock, { ms: 100, bytesPerMs: slow ? 10_000 : 1 });
    expect(line.slow).toBe(slow);
  }
});

test('a line that has become better is found to be', () => {
  const { clock, line } = startOf();
  bring(line, clock, { ms: 10_000, bytesPerMs: 250 });
  expect(line.slow).toBe(true);
  bring(line, clock, { ms: 3_000, bytesPerMs: 5_000 });
  expect(line.slow).toBe(false);
});
