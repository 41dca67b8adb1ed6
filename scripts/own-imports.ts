/**
 * Folders import each other by the names in package.json (`#dicom/…`); within one a file says where the other lies (`../problems.ts`).
 * Lists what is written otherwise. `--write` puts it right.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path/posix';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const { imports } = JSON.parse(readFileSync('package.json', 'utf8')) as { imports: Record<string, string> };

for (const name of Object.keys(imports)) {
  const folder = name.slice(1, -2);
  const own = new RegExp(`(?<=(?:from |import\\()')#${folder}/[^']+`, 'g');
  for (const found of globSync(`${folder}/**/*.{ts,tsx}`)) {
    const path = found.replaceAll('\\', '/');
    const text = readFileSync(path, 'utf8');
    const relativeTo = (imported: string): string => {
      const way = relative(dirname(path), imported.slice(1));
      return way.startsWith('.') ? way : `./${way}`;
    };
    if (values.write) {
      const written = text.replace(own, relativeTo);
      if (written !== text) writeFileSync(path, written);
      continue;
    }
    for (const [imported] of text.matchAll(own)) {
      process.stdout.write(`${path}: '${imported}' is '${relativeTo(imported)}' here\n`);
      process.exitCode = 1;
    }
  }
}
