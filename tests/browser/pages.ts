/** Studies of one slice each, for tests of the pages around the viewer: what is made of them, and that such a page can be used. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

import { ctSeries } from '#samples/ct.ts';
import { dicomFile, type Attributes } from '#samples/write.ts';
import { waysOf } from '../thorough.ts';
import { axeFindings, password } from './opened-viewer.ts';
import { storeFilesAs } from './store-files.ts';

const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;

/** By STOW-RS (PS3.18 10.5), one instance of each study, without its pixels. Studies that are there stay as they are. */
export async function storeStudies(
  address: string,
  from: number,
  count: number,
  more: Attributes = {},
): Promise<string[]> {
  const samples = Array.from({ length: count }, (_, at) => {
    const [sample] = ctSeries({ seed: 'list', number: from + at, slices: 1 });
    const { PixelData: _pixels, ...attributes } = sample!.attributes;
    return { ...attributes, ...more };
  });
  expect(await storeFilesAs(authorization, address, samples.map(dicomFile))).toBe(200);
  return samples.map(({ StudyInstanceUID }) => String(StudyInstanceUID));
}

/** As a program of the administrator's does. */
export async function post(address: string, path: string, body: object): Promise<unknown> {
  const headers = { authorization, 'content-type': 'application/json' };
  const answer = await fetch(new URL(path, address), { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.ok).toBe(true);
  return answer.json();
}

/** After what somebody did on a page of lists: the focus is at what there is to go on with, and who does not see it is told. */
export async function expectFocus(page: Page, at: string, hasText: string | RegExp, told: string): Promise<void> {
  await page.locator(at).and(page.locator(':focus')).filter({ hasText }).waitFor({ state: 'attached' });
  await page.getByRole('status').getByText(told, { exact: true }).waitFor({ state: 'attached' });
}

/** How many looks at a page this process has begun: what makes the next one another of the ways. */
let looks = 0;

/** As the page stands, with whatever is open over it: axe-core finds nothing on a phone and on a wide screen, bright and dark. */
export async function expectReadable(page: Page, what: string): Promise<void> {
  const ways = [
    [1280, 'light'],
    [360, 'dark'],
    [1280, 'dark'],
    [360, 'light'],
  ] as const;
  for (const [width, colorScheme] of waysOf(ways, looks++)) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme });
    const where = `${what} at ${width}, ${colorScheme}`;
    expect([where, await axeFindings(page)]).toEqual([where, []]);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: null });
}

/** On a phone and on a wide screen, bright and dark, in both languages: loaded on the phone, then widened. */
export async function expectUsable(page: Page, address: string, ...paths: string[]): Promise<void> {
  const ways = [
    ['vi', [360, 'dark'], [1280, 'light']],
    ['en', [360, 'light'], [1920, 'dark']],
  ] as const;
  for (const path of paths)
    for (const [language, ...screens] of waysOf(ways, looks++)) {
      await page.setViewportSize({ width: screens[0][0], height: 800 });
      await page.evaluate((chosen) => localStorage.setItem('lightbox.language', chosen), language);
      await page.goto(new URL(path, address).href);
      // Its heading comes with what it shows; before that it says that it is loading.
      await page.locator('h1').waitFor({ state: 'attached' });
      await page.locator('.opening').first().waitFor({ state: 'detached' });
      await page.locator('main :is(h1, h2, p, td)').first().waitFor({ state: 'attached' });
      await page.waitForLoadState('load');
      for (const [width, colorScheme] of screens) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme });
        const where = `${path} at ${width}, ${colorScheme}, ${language}`;
        expect([where, await axeFindings(page)]).toEqual([where, []]);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect([where, overflow]).toEqual([where, 0]);
      }
    }
  await page.evaluate(() => localStorage.setItem('lightbox.language', 'en'));
}
