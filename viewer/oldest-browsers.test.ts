/**
 * What the oldest browsers do not know, they lose without a word: a style its whole rule, a script what it was about to do. The build
 * brings the words of the language down to them, and neither styles nor what is called.
 */
import { glob, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

/** What Chromium 109, Firefox 115 or Safari 16.0 lack and this viewer might be tempted by; what is asked for first (`?.(`) is not called. */
const unknown = new RegExp(
  [
    // Of Array, Map, Object, Promise, Set, String, iterators and typed arrays.
    String.raw`\.(fromAsync|groupBy|toSpliced|with|toSorted|toReversed|withResolvers|isWellFormed|toWellFormed|getOrInsert\w*)\(`,
    String.raw`\.(union|intersection|difference|symmetricDifference|is(Subset|Superset|Disjoint)\w+|toArray)\(`,
    String.raw`\.(values|keys|entries)\(\)\s*\.(map|filter|some|every|find|reduce|forEach|flatMap|take|drop)\(`,
    String.raw`\b(Promise\.try|RegExp\.escape|Error\.isError|Math\.(sumPrecise|f16round)|Iterator\.\w+|Float16Array)\b`,
    String.raw`\.(transfer|transferToFixedLength|toHex|toBase64|setFromHex|setFromBase64)\(|\b(fromHex|fromBase64)\(`,
    String.raw`\(\?<[=!]`, // Safari 16.4: one of them, and the whole script is not read
    // Of the page.
    String.raw`\.(checkVisibility|(show|hide|toggle)Popover|requestClose|moveBefore|setHTML\w*|getHTML|attachInternals)\(`,
    String.raw`\b(popover|closedby|command|commandfor)=`,
    String.raw`\b(URL\.canParse|URL\.parse|AbortSignal\.any|scheduler\.|startViewTransition|requestVideoFrameCallback)\b`,
    String.raw`\.(bytes|textStream)\(\)|\bfor await\b|\b(De)?[cC]ompressionStream\b|\bOffscreenCanvas\b|\badoptedStyleSheets\b`,
    String.raw`\bIntl\.(DurationFormat|Segmenter)\b|\bnavigator\.userActivation\b|['"]scrollend['"]|\bscreen\.orientation\b`,
  ].join('|'),
  'g',
);

async function* filesOf(...patterns: string[]): AsyncGenerator<{ path: string; text: string }> {
  for await (const path of glob(patterns)) yield { path, text: await readFile(path, 'utf8') };
}

test('no script calls what the oldest browsers do not know, but for what older-browsers.ts defines', async () => {
  const defined = new Set<string>();
  for (const [, name] of (await readFile('viewer/older-browsers.ts', 'utf8')).matchAll(/^define\([\w.]+, '(\w+)'/gm))
    defined.add(name!);
  expect(defined.size).toBeGreaterThan(3);
  const calling: string[] = [];
  let read = 0;
  for await (const { path, text } of filesOf('viewer/**/*.{ts,tsx}')) {
    if (path.endsWith('.test.ts')) continue;
    read++;
    for (const [call] of text.matchAll(unknown))
      if (!defined.has(/\w+(?=\(|$)/.exec(call)?.[0] ?? '')) calling.push(`${path}: ${call}`);
  }
  expect(read).toBeGreaterThan(200);
  expect(calling).toEqual([]);
});

test('no style needs :has(), which Firefox 115 does not know', async () => {
  const needing: string[] = [];
  let read = 0;
  for await (const { path, text } of filesOf('viewer/**/*.css')) {
    read++;
    if (text.includes(':has(')) needing.push(path);
  }
  expect(read).toBeGreaterThan(5);
  expect(needing).toEqual([]);
});
