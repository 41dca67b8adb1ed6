/** A reading in the engines that are not Chromium's: sign in, find the study, scroll, set the window, measure. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';

import { giveCluster } from '../../cluster-template.ts';
import { corpusFile, hasCorpus } from '../../corpus.ts';
import { startLightbox, type RunningLightbox } from '../../running-lightbox.ts';
import { newWebKitBesideOld } from '../../thorough.ts';
import { storeFilesAs } from '../store-files.ts';
import { hasFirefox, openFirefox } from './firefox.ts';
import { RemotePage } from './remote-page.ts';
import { hasOldWebKit, hasWebKit, openOldWebKit, openWebKit } from './webkit.ts';

const password = 'correct-horse-battery';
const slices = 12;
const spacingMm = 0.75;
const ct = [...ctSeries({ seed: 'other engines', number: 1, slices })];
const study = String(ct[0]!.attributes['StudyInstanceUID']);
/** Each is decoded by a WebAssembly of its own, in a worker of the page. */
const compressed = [
  { path: 'syntax/jpeg-ls/MR_small_jpeg_ls_lossless.dcm', study: '1.3.6.1.4.1.5962.1.2.4.20040826185059.5457' },
  { path: 'syntax/jpeg-2000/CT1_J2KR', study: '1.3.6.1.4.1.5962.1.2.1.20040826185059.5457' },
];

let directory: string;
let lightbox: RunningLightbox;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-engines-'));
  const dataDir = join(directory, 'data');
  await giveCluster(dataDir);
  lightbox = await startLightbox({ dataDir, settings: { ADMIN_PASSWORD: password } });
  const files = ct.map(({ attributes }) => dicomFile(attributes));
  if (hasCorpus) files.push(...compressed.map(({ path }) => corpusFile(path)));
  const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
  expect(await storeFilesAs(authorization, lightbox.address, files)).toBe(200);
});

afterAll(async () => {
  await lightbox?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const engines = [
  { engine: 'Firefox', has: hasFirefox, open: openFirefox, turnsWheel: true },
  { engine: 'WebKit', has: hasWebKit, open: openWebKit, turnsWheel: true },
  { engine: 'WPE WebKit, in Debian 12 that of Safari 16', has: hasOldWebKit, open: openOldWebKit, turnsWheel: false },
].filter(({ open }) => open !== openWebKit || newWebKitBesideOld || !hasOldWebKit);

describe.each(engines)('$engine', ({ has, open, turnsWheel }) => {
  let page: RemotePage;

  beforeAll(async () => {
    if (has) page = new RemotePage(await open());
  });
  afterAll(() => page?.[Symbol.asyncDispose]());

  test.skipIf(!has)('signs in, finds a study, scrolls, sets the window and measures', async () => {
    await page.go(lightbox.address);
    await page.type('input[autocomplete=username]', 'admin');
    await page.type('input[type=password]', password);
    await page.press('Enter');
    await page.click(`tr[data-study="${study}"] a`);
    await page.shows('.viewport[data-shown="0"]');
    if (turnsWheel) await page.wheel('.viewport', 100);
    else await page.press('ArrowDown');
    await page.shows('.viewport[data-shown="1"]');
    await page.press('ArrowDown');
    await page.shows('.viewport[data-shown="2"]');
    // What is typed while a dialog is open is the dialog's.
    await page.press('?');
    await page.shows('dialog[open]');
    await page.press('Escape');
    await page.until(`!document.querySelector('dialog[open]')`);
    await page.press('End');
    await page.shows(`.viewport[data-shown="${slices - 1}"]`);
    await page.press('3');
    await page.until(`document.querySelector('.corner.bottom.left').innerText.includes('W 150 L 90')`);
    await page.until(`${drawn}.levels > 100`);
    const { shortSide } = await page.value<{ shortSide: number }>(drawn);

    // The whole image stands in the shorter side of the viewport.
    await page.press('d');
    await page.drag('.viewport', 100, 0);
    await page.until(`/^[\\d.]+ mm$/.test(document.querySelector('.svg-layer text')?.textContent)`);
    const measured = await page.value<{ words: string; pixels: number }>(length);
    expect(Number.parseFloat(measured.words)).toBeCloseTo((measured.pixels * 512 * spacingMm) / shortSide, 0);
    expect(await page.complaints()).toEqual([]);
  });

  test.skipIf(!has || !hasCorpus)('decodes what is compressed by itself', async () => {
    for (const { study } of compressed) {
      await page.go(new URL(`/viewer?StudyInstanceUIDs=${study}`, lightbox.address).href);
      await page.shows('.viewport[data-shown="0"]');
      await page.until(`${drawn}.levels > 20`);
      // What the page cannot decode it asks for once more, uncompressed.
      expect(await page.value(framesAsked)).toBe(1);
      expect(await page.complaints()).toEqual([]);
    }
  });
});

/** How many grey levels the image on the screen has, and the shorter side of its canvas in pixels of CSS. */
const drawn = `(() => {
  const canvas = [...document.querySelectorAll('.viewport canvas:not(.planes)')].find(({ style }) => style.display !== 'none');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const { width, height } = canvas.getBoundingClientRect();
  return { levels: new Set(data.filter((_, at) => at % 4 === 0)).size, shortSide: Math.min(width, height) };
})()`;

const framesAsked = `performance.getEntriesByType('resource').filter(({ name }) => /\\/frames\\/\\d+$/.test(name)).length`;

/** What is said of the length that is drawn, and how long its line is in pixels of CSS. */
const length = `(() => {
  const line = document.querySelector('.svg-layer line');
  const [x1, y1, x2, y2] = ['x1', 'y1', 'x2', 'y2'].map((name) => Number(line.getAttribute(name)));
  return { words: document.querySelector('.svg-layer text').textContent, pixels: Math.hypot(x2 - x1, y2 - y1) };
})()`;
