import { expect, test } from 'vitest';
import { limits } from './limits.ts';

/** After that Docker kills. */
const withinMs = 10_000;

test('the end of everything, each part of it taking as long as it may, comes within 10 s', () => {
  const { programsMs, httpMs, dimseMs, databaseCleanMs, databaseQuickMs } = limits.stop;
  // An archive has time left to close the rest, before it is killed.
  expect(Math.max(httpMs, dimseMs)).toBeLessThan(programsMs);
  expect(programsMs + databaseCleanMs + databaseQuickMs).toBeLessThan(withinMs);
});
