import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

import { tables, withTables } from './conformance-tables.ts';

const path = fileURLToPath(new URL('../docs/conformance.md', import.meta.url));

test('the tables of the conformance statement are what the code does (else run "node scripts/conformance.ts")', async () => {
  const document = await readFile(path, 'utf8');
  expect(await withTables(document, path)).toBe(document);
});

test('the conformance statement holds every table once', async () => {
  const document = await readFile(path, 'utf8');
  const marks = [...document.matchAll(/<!-- table: ([a-z-]+) -->/g)].map(([, name]) => name);
  expect(marks.toSorted()).toEqual(Object.keys(tables).toSorted());
});
