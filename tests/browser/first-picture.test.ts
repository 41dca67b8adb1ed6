/**
 * What is asked for when, and what is on the screen first, from a link to a study to its first image: a weak computer reads and starts
 * what draws images for a second, and a thin line takes longer to bring it. Nothing here is about times.
 */
import type { Page, Route } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { dicomFile } from '#samples/write.ts';
import { hasChromium } from './chromium.ts';
import { openedViewer } from './opened-viewer.ts';
import { ct } from './reading-samples.ts';
import { untilShown } from './viewer-pages.ts';

const script = (name: string) => new RegExp(`/assets/${name}-[\\w-]+\\.js$`);

describe.skipIf(!hasChromium)('from a link to the first image', () => {
  const viewer = openedViewer();
  let page: Page;
  /** What was asked of the archive, in its order. */
  let asked: string[];

  beforeAll(async () => {
    expect(await viewer.store(...ct.map(({ attributes }) => dicomFile(attributes)))).toBe(true);
  });

  beforeEach(async () => {
    ({ page } = viewer);
    await viewer.openList();
    await page.goto('about:blank');
    asked = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  });

  afterEach(() => {
    expect(viewer.complaints).toEqual([]);
  });

  const link = (study: unknown) => viewer.address(`/viewer?StudyInstanceUIDs=${String(study)}`);

  /** Keeps an answer back. @returns what lets it go */
  async function hold(url: RegExp): Promise<() => void> {
    const { promise: free, resolve: letGo } = Promise.withResolvers<void>();
    await page.route(url, async (route: Route) => {
      await free;
      await route.continue();
    });
    return letGo;
  }

  test('the page of the images comes while the archive says who is signed in', async () => {
    const answerSession = await hold(/\/api\/session$/);
    await page.goto(link(ct[0]!.attributes['StudyInstanceUID']));
    await expect.poll(() => asked.some((path) => script('viewer-page').test(path))).toBe(true);
    answerSession();
    await untilShown(page, 0);
  });
});
