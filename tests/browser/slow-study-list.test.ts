/**
 * The study list in a browser, where the archive is slow or away for a moment, and something comes meanwhile: nothing that is shown
 * is lost, and nothing is told that is not so.
 */
import type { Page } from 'playwright-core';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { RunningLightbox } from '../running-lightbox.ts';
import { hasChromium, type Browser } from './chromium.ts';
import { fillList, howManyStudies, searchBox, studyRows } from './list-page.ts';
import { openedViewer, password, withoutWorker } from './opened-viewer.ts';
import { storeStudies } from './pages.ts';
import { openList } from './viewer-pages.ts';

let lightbox: RunningLightbox;
let browser: Browser;
let page: Page;
let complaints: string[];

describe.skipIf(!hasChromium)('the study list of a slow archive', () => {
  const viewer = openedViewer({ settings: withoutWorker, browser: { waitsLess: true } });

  beforeAll(() => {
    ({ lightbox, browser } = viewer);
  });

  beforeEach(() => {
    ({ page, complaints } = viewer);
  });

  const box = () => searchBox(page);
  const rows = () => studyRows(page);
  const howMany = () => howManyStudies(page);

  let filled: Promise<string[]> | undefined;
  const fill = () => (filled ??= fillList(lightbox.address));
  /** @returns how many rows are there at first */
  async function openFilled(): Promise<number> {
    await fill();
    await openList(page, lightbox.address, password);
    await rows().first().waitFor();
    return rows().count();
  }

  /** Keeps the answers to searches back. @returns the bodies of what was asked, and what lets the answers come */
  async function holdSearches(mustWait = (_search: Record<string, unknown>) => true) {
    const asked: Record<string, unknown>[] = [];
    const { promise: free, resolve: letGo } = Promise.withResolvers<void>();
    await page.route(/\/api\/studies\/search$/, async (route) => {
      const search = route.request().postDataJSON() as Record<string, unknown>;
      if (!mustWait(search)) return route.continue();
      asked.push(search);
      await free;
      await route.continue().catch(() => {}); // the page may have given it up
    });
    return { asked, letGo };
  }

  const tooSlow = () => page.getByText('The archive answers too slowly');
  const retry = () => page.getByRole('button', { name: 'Try again' });

  test('where the archive does not answer a search, an empty list says so soon, asks anew on demand, and says that nothing matches when that is known', async () => {
    await page.clock.install();
    await openList(page, lightbox.address, password);
    await page.getByText('No studies yet').waitFor();
    const { asked, letGo } = await holdSearches();
    await box().fill('Nguyễn');
    await expect.poll(() => asked).toHaveLength(1);
    const nothing = page.getByText('No study matches');
    expect(await nothing.count()).toBe(0);
    await page.clock.fastForward(3_000);
    await tooSlow().waitFor({ timeout: 10_000 });
    expect(await nothing.count()).toBe(0);
    await retry().click();
    await expect.poll(() => asked).toHaveLength(2);
    expect(await nothing.count()).toBe(0);
    letGo();
    await nothing.waitFor();
    expect(await tooSlow().count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test('a list with rows keeps them while a search is slow; asking anew takes the notice away until that is slow, too', async () => {
    await fill();
    await page.clock.install();
    await openList(page, lightbox.address, password);
    await rows().first().waitFor();
    const { asked, letGo } = await holdSearches();
    await box().fill('hue dang');
    await expect.poll(() => asked).toHaveLength(1);
    await page.clock.fastForward(3_000);
    const outdated = page.getByText('The list may be out of date');
    await outdated.waitFor({ timeout: 10_000 });
    expect(await rows().count()).toBeGreaterThan(15);
    await retry().click();
    await outdated.waitFor({ state: 'detached' });
    await expect.poll(() => asked).toHaveLength(2);
    await page.clock.fastForward(3_000);
    await outdated.waitFor({ timeout: 10_000 });
    letGo();
    await howMany().getByText('15 studies').waitFor();
    expect(await outdated.count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test('where only its continuation is slow, the list is not called out of date', async () => {
    await fill();
    await page.clock.install();
    await openList(page, lightbox.address, password);
    await rows().first().waitFor();
    const before = await rows().count();
    const { asked, letGo } = await holdSearches((search) => 'after' in search);
    await rows().last().scrollIntoViewIfNeeded();
    await expect.poll(() => asked).toHaveLength(1);
    await page.clock.fastForward(10_000);
    expect(await tooSlow().count()).toBe(0);
    letGo();
    await rows().nth(before).waitFor();
    expect(complaints).toEqual([]);
  });

  test('what arrives while the continuation loads is there after it', async () => {
    const before = await openFilled();
    await page.locator('.live').waitFor();
    const { page: other } = await browser.open();
    await other.goto(lightbox.address);
    await other.locator('.study-table tbody tr').first().waitFor();
    const { asked, letGo } = await holdSearches((search) => 'after' in search);
    await rows().last().scrollIntoViewIfNeeded();
    await expect.poll(() => asked).toHaveLength(1);
    const [study] = await storeStudies(lightbox.address, 201, 1, { StudyDate: '20991230' });
    // Both are told at once.
    await other.locator(`tr[data-study="${study}"]`).waitFor();
    await other.close();
    letGo();
    await rows().nth(before).waitFor();
    await page.locator(`tr[data-study="${study}"]`).waitFor();
    expect(complaints).toEqual([]);
  });

  test('a search for what came is made again where a continuation ends it', async () => {
    const before = await openFilled();
    await page.locator('.live').waitFor();
    const { asked, letGo } = await holdSearches((search) => !('after' in search));
    // Who comes back to the page wants news.
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await expect.poll(() => asked).toHaveLength(1);
    await rows().last().scrollIntoViewIfNeeded();
    await rows().nth(before).waitFor();
    await expect.poll(() => asked, { timeout: 10_000 }).toHaveLength(2);
    letGo();
    expect(complaints).toEqual([]);
  });

  test('however often news comes while a search is slow, the list is asked for once more when it is answered', async () => {
    await fill();
    await page.clock.install();
    await openList(page, lightbox.address, password);
    await rows().first().waitFor();
    await page.evaluate(() => {
      const { fetch } = window;
      window.fetch = (...asked) => {
        if (asked[0] === '/api/studies/search')
          document.body.dataset['searches'] = `${document.body.dataset['searches'] ?? ''}.`;
        return fetch(...asked);
      };
    });
    const { asked, letGo } = await holdSearches();
    await box().fill('hue dang');
    await expect.poll(() => asked).toHaveLength(1);
    for (let time = 0; time < 4; time += 1) {
      await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
      await page.clock.fastForward(1_500);
    }
    letGo();
    await howMany()
      .getByText(/\b1\d studies/)
      .waitFor();
    expect(await page.evaluate(() => document.body.dataset['searches'])).toBe('..');
    expect(complaints).toEqual([]);
  });

  test('news that comes while the list is asked for on a slow line does not end that, and is asked for after it', async () => {
    await fill();
    await page.clock.install();
    await openList(page, lightbox.address, password);
    await page.locator('.live').waitFor();
    await rows().first().waitFor();
    const { asked, letGo } = await holdSearches();
    const news = () => page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.clock.fastForward(1_500);
    await news();
    await expect.poll(() => asked).toHaveLength(1);
    // From here on it is no later than is said here, however long anything takes.
    await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 5_000);
    for (let time = 0; time < 3; time += 1) {
      await news();
      await page.clock.fastForward(1_500);
    }
    const [study] = await storeStudies(lightbox.address, 202, 1, { StudyDate: '20991231', PatientName: 'Lê^Hoa' });
    expect(asked).toHaveLength(1);
    letGo();
    await page.locator(`tr[data-study="${study}"]`).waitFor();
    expect(asked).toHaveLength(1);
    await page.clock.fastForward(1_500);
    await expect.poll(() => asked).toHaveLength(2);
    await page.clock.resume();
    expect(complaints).toEqual([]);
  });

  test('where its continuation fails, the list stays where it is, and goes on from there', async () => {
    const before = await openFilled();
    let isAway = true;
    await page.route(/\/api\/studies\/search$/, async (route) => {
      const isFurther = 'after' in (route.request().postDataJSON() as object);
      if (isAway && isFurther) await route.abort();
      else await route.continue();
    });
    await rows().last().scrollIntoViewIfNeeded();
    const end = page.locator('.list-end');
    await end.getByText('The archive cannot be reached').waitFor();
    expect(await rows().count()).toBe(before);
    expect(await page.getByText('The list may be out of date').count()).toBe(0);
    await end.scrollIntoViewIfNeeded();
    const place = await page.evaluate(() => scrollY);
    const last = await rows().last().getAttribute('data-study');
    isAway = false;
    await retry().click();
    await rows().nth(before).waitFor();
    expect(
      await rows()
        .nth(before - 1)
        .getAttribute('data-study'),
    ).toBe(last);
    expect(await page.evaluate(() => scrollY)).toBe(place);
    await end.getByText('The archive cannot be reached').waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  });

  test('where asking again for what is shown fails, trying again keeps all of it', async () => {
    const before = await openFilled();
    await rows().last().scrollIntoViewIfNeeded();
    await rows().nth(before).waitFor();
    const more = await rows().count();
    await page.route(/\/api\/studies\/search$/, (route) => route.abort());
    await storeStudies(lightbox.address, 220, 1, { StudyDate: '20991230' });
    const outdated = page.getByText('The list may be out of date');
    await outdated.waitFor();
    await page.unrouteAll();
    await retry().click();
    await outdated.waitFor({ state: 'detached' });
    expect(await rows().count()).toBeGreaterThanOrEqual(more);
    expect(complaints).toEqual([]);
  });

  test('what failed once is asked for again by itself, though the stream of news goes on', async () => {
    await openFilled();
    await page.route(/\/api\/studies\/search$/, (route) => route.abort(), { times: 1 });
    await storeStudies(lightbox.address, 230, 1, { StudyDate: '20991229' });
    const outdated = page.getByText('The list may be out of date');
    const live = page.locator('.live');
    await outdated.waitFor();
    expect(await live.count()).toBe(0);
    await outdated.waitFor({ state: 'detached' });
    await live.waitFor();
    expect(complaints).toEqual([]);
  });

  let stored = 300;
  test('what could not be read stays told until that is read: the top of the list, and where it goes on', async () => {
    const before = await openFilled();
    const storeOne = async () => (await storeStudies(lightbox.address, (stored += 1), 1, { StudyDate: '20991228' }))[0];
    const away = { top: true, further: false };
    const further: (() => Promise<void>)[] = [];
    await page.route(/\/api\/studies\/search$/, async (route) => {
      const isFurther = 'after' in (route.request().postDataJSON() as object);
      if (isFurther && !away.further) further.push(() => route.continue());
      else if (isFurther) await route.abort().then(() => further.push(async () => {}));
      else if (away.top) await route.abort();
      else await route.continue();
    });

    const outdated = page.getByText('The list may be out of date');
    await storeOne();
    await outdated.waitFor();
    await rows().last().scrollIntoViewIfNeeded();
    await expect.poll(() => further).toHaveLength(1);
    // While the rest is being loaded, nothing else is asked.
    await retry().click();
    expect(await outdated.count()).toBe(1);
    await further[0]!();
    await rows().nth(before).waitFor();
    expect(await outdated.count()).toBe(1);
    away.top = false;
    await retry().click();
    await outdated.waitFor({ state: 'detached' });

    away.further = true;
    await rows().last().scrollIntoViewIfNeeded();
    const end = page.locator('.list-end').getByText('The archive cannot be reached');
    await end.waitFor();
    await page.mouse.move(1, 1);
    await page.locator(`tr[data-study="${await storeOne()}"]`).waitFor();
    expect(await end.count()).toBe(1);
    expect(further).toHaveLength(2);
    expect(complaints).toEqual([]);
  });

  test('a computer that has slept calls nothing live before it has heard of the archive again, and asks for what came meanwhile', async () => {
    await fill();
    await page.clock.install();
    await openList(page, lightbox.address, password);
    const live = page.locator('.live');
    await live.waitFor();
    const { promise: lineIsBack, resolve: bringLineBack } = Promise.withResolvers<void>();
    await page.route(/\/api\/(session|studies\/search)$/, async (route) => {
      await lineIsBack;
      await route.continue();
    });
    // No timer goes on while it sleeps.
    await page.clock.setSystemTime((await page.evaluate(() => Date.now())) + 3 * 3_600_000);
    await page.clock.fastForward(5_000);
    await live.waitFor({ state: 'detached' });
    const [study] = await storeStudies(lightbox.address, 240, 1, { StudyDate: '20991231' });
    bringLineBack();
    await live.waitFor();
    await page.clock.fastForward(1_500);
    await page.locator(`tr[data-study="${study}"]`).waitFor();
    expect(complaints).toEqual([]);
  });

  test('a session that ends is asked for again over the page: what was typed is kept, what was asked for comes', async () => {
    await fill();
    await page.clock.install();
    await openList(page, lightbox.address, password);
    await rows().first().waitFor();
    await browser.context.clearCookies();
    // As if typed; what the page asks by itself may have brought the dialog over it a moment before.
    await box().evaluate((field: HTMLInputElement, words) => {
      field.value = words;
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    }, 'dat tran');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    // However long that takes, it is not the archive that is slow.
    await page.clock.fastForward(10_000);
    expect(await tooSlow().count()).toBe(0);
    await dialog.getByLabel('Password', { exact: true }).fill(password);
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await howMany().getByText('15 studies').waitFor();
    expect(await box().inputValue()).toBe('dat tran');
    await dialog.waitFor({ state: 'hidden' });
  });
});
