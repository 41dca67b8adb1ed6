/** Styles are not built down to the oldest browsers as scripts are: what those do not know loses them the whole rule, without a word. */
import { glob, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

test('no style needs :has(), which Firefox 115 does not know', async () => {
  const needing: string[] = [];
  let read = 0;
  for await (const path of glob('viewer/**/*.css')) {
    read++;
    if ((await readFile(path, 'utf8')).includes(':has(')) needing.push(path);
  }
  expect(read).toBeGreaterThan(5);
  expect(needing).toEqual([]);
});
