/**
 * The image of the Dockerfile, as far as it can be told without Docker: each of its stages copies all that its programs import.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, normalize, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const stages = (await readFile(join(root, 'Dockerfile'), 'utf8')).split(/^FROM .*$/m).slice(1);

const isOfTests = (path: string) => /(\.test|(^|\/)test-[^/]*)\.ts$/.test(path);

/** The sources that a stage copies from the project, not those of tests (.dockerignore). */
async function copiedBy(stage: string): Promise<string[]> {
  const named = [...stage.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths]) => paths!.split(' '));
  const files = await Promise.all(
    named.map(async (path) =>
      (await stat(join(root, path))).isDirectory()
        ? (await readdir(join(root, path), { recursive: true })).map((name) => join(path, name))
        : [path],
    ),
  );
  return files.flat().filter((path) => /\.(ts|tsx|json)$/.test(path) && !isOfTests(path));
}

/** What a source imports of the project, as it stands there; types too, which cost nothing at run time. */
async function importsOf(path: string): Promise<string[]> {
  const source = await readFile(join(root, path), 'utf8');
  const named = [...source.matchAll(/(?:^(?:import|export|\}) .*from |^import |\bimport\()'([#.][^']+)'/gm)];
  return named.map(([, name]) =>
    name!.startsWith('#') ? name!.slice(1) : relative(root, resolve(root, path, '..', name!)),
  );
}

const typesOnly = /\.d\.ts$/;

test.each([
  ['builds the viewer', stages[0]!],
  ['is what runs', stages[1]!],
])('the stage that %s has all that is imported in it', async (_what, stage) => {
  const copied = new Set((await copiedBy(stage)).map(normalize));
  expect(copied.size).toBeGreaterThan(50);
  const lacking: string[] = [];
  for (const path of copied) {
    if (!/\.tsx?$/.test(path)) continue;
    const missing = (await importsOf(path)).filter(
      (name) => /\.tsx?$/.test(name) && !typesOnly.test(name) && !copied.has(name),
    );
    lacking.push(...missing.map((name) => `${path}: ${name}`));
  }
  expect(lacking).toEqual([]);
});

test('every part that the compose file mounts into a container is there', async () => {
  const compose = await readFile(join(root, 'docker-compose.yml'), 'utf8');
  const mounted = [...compose.matchAll(/^ +- (\.\/[^:]+):\/\S+:ro$/gm)].map(([, path]) => path!);
  expect(mounted.length).toBeGreaterThan(1);
  expect(mounted.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
