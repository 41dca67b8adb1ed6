/**
 * Writes the tables of docs/conformance.md anew. Run by hand after a service, syntax, attribute, resource or limit was
 * added; a test fails while the document is behind.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { withTables } from './conformance-tables.ts';

const path = fileURLToPath(new URL('../docs/conformance.md', import.meta.url));
await writeFile(path, await withTables(await readFile(path, 'utf8'), path));
