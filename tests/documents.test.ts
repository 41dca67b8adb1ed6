/** What the documents name: files, folders, and sections of each other. One that is not there any more sends its reader nowhere. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
// No pattern finds a folder whose name begins with a dot.
const folders = [...globSync('*/', { cwd: root, exclude: ['node_modules', 'dist', 'data'] }), '.ci'];
const names = new Set(
  globSync(`{${folders.join(',')}}/**/*.{ts,tsx,mjs,sql}`, { cwd: root }).map((path) => basename(path)),
);
/** Of BENCH_DIR, which comes from elsewhere. */
const isOfOthers = (path: string): boolean => /^(bench|limit)\.mjs$/.test(path);
const documents = globSync(['*.md', 'docs/**/*.md', 'samples/*.md'], { cwd: root });
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Single words between backticks: what has a blank in it is a command line. */
const quoted = (text: string): string[] => [...text.matchAll(/`([^`\s]+)`/g)].map(([, word]) => word as string);
/** As for a file that is still to be written. */
const isExample = (path: string): boolean => /(^|[/-])NAME\.(ts|sql)$|^(index|utils)\.ts$/.test(path);

function isThere(word: string): boolean {
  if (isExample(word) || isOfOthers(word)) return true;
  const [first, ...rest] = word.split('/');
  if (rest.length > 0) return !folders.includes(first as string) || globSync(word, { cwd: root }).length > 0;
  return !/^[\w.-]+\.(ts|tsx|mjs|sql)$/.test(word) || names.has(word) || existsSync(join(root, word));
}

/** Headings as GitHub makes addresses of them. */
function sectionsOf(path: string): Set<string> {
  const headings = [...textOf(path).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading as string);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function leadsSomewhere(link: string, from: string): boolean {
  const [path = '', section] = link.split('#');
  const to = path === '' ? from : join(dirname(from), path);
  if (!existsSync(join(root, to))) return false;
  return section === undefined || sectionsOf(to).has(section);
}

test('every file and folder that a document names is there', () => {
  const named = documents.flatMap((document) => quoted(textOf(document)).map((word) => ({ document, word })));
  expect(named.filter(({ word }) => !isThere(word))).toEqual([]);
  // Lest it look for none.
  expect(new Set(named.map(({ word }) => word).filter((word) => existsSync(join(root, word)))).size).toBeGreaterThan(
    100,
  );
});

test('every link from one document to another leads to a section that is there', () => {
  const links = documents.flatMap((document) =>
    [...textOf(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => ({ document, link: link as string })),
  );
  const ours = links.filter(({ link }) => !/^(https?|mailto):/.test(link));
  expect(ours.length).toBeGreaterThan(50);
  expect(ours.filter(({ document, link }) => !leadsSomewhere(link, document))).toEqual([]);
});
