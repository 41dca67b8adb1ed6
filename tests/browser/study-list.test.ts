/**
 * The study list in a browser: a whole Lightbox, Chromium as the ward's PC, and as a phone.
 */
import type { Page } from 'playwright-core';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { RunningLightbox } from '../running-lightbox.ts';
import { whichWays } from '../thorough.ts';
import { hasChromium, type Browser } from './chromium.ts';
import { openedViewer, password } from './opened-viewer.ts';
import { expectUsable, storeStudies } from './pages.ts';
import { openList } from './viewer-pages.ts';

/** More than a page of the list. */
const studies = 120;

let lightbox: RunningLightbox;
let browser: Browser;
let page: Page;
let complaints: string[];

describe.skipIf(!hasChromium)('the study list in a browser', () => {
  const viewer = openedViewer();

  beforeAll(() => {
    ({ lightbox, browser } = viewer);
  });

  beforeEach(() => {
    ({ page, complaints } = viewer);
  });

  const box = () => page.getByRole('searchbox');
  const boxHasFocus = () => page.locator('input[type=search]:focus').waitFor();
  const rows = () => page.locator('.study-table tbody tr');
  const howMany = () => page.locator('.how-many');
  /** As a scanner does: no key waits for what came of the one before it. */
  const scan = (code: string) =>
    Promise.all(
      [...code, 'Enter'].map((key) =>
        key === 'Enter' || key < '\x7f' ? page.keyboard.press(key) : page.keyboard.insertText(key),
      ),
    );

  let filled: Promise<string[]> | undefined;
  const fill = () => (filled ??= storeStudies(lightbox.address, 0, studies));

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

  test('a study that arrives shows up in every open tab, and all tabs together hold one stream', async () => {
    const streams: string[] = [];
    browser.context.on('request', (request) => {
      if (new URL(request.url()).pathname === '/api/events') streams.push(request.url());
    });
    await openList(page, lightbox.address, password);
    await page.getByText('No studies yet').waitFor();
    const { page: second } = await browser.open();
    await second.goto(lightbox.address);
    await second.getByText('No studies yet').waitFor();
    const [study] = await storeStudies(lightbox.address, 0, 1);
    for (const tab of [page, second]) {
      await tab.locator(`tr[data-study="${study}"]`).waitFor();
      await tab.locator('.live').waitFor();
    }
    expect(streams).toHaveLength(1);

    // The tab that listened is closed: another takes over, and misses nothing.
    await page.close();
    const [next] = await storeStudies(lightbox.address, 1, 1);
    await second.locator(`tr[data-study="${next}"].news`).waitFor();
    await second.locator('.live').waitFor();
    expect(streams).toHaveLength(2);
    await second.close();
  });

  test('where tabs cannot agree on one of them (plain HTTP to another machine), a tab that is looked at listens itself', async () => {
    await page.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'locks'));
    await openList(page, lightbox.address, password);
    await page.locator('.live').waitFor();
    const [study] = await storeStudies(lightbox.address, 2, 1);
    await page.locator(`tr[data-study="${study}"].news`).waitFor();
    expect(complaints).toEqual([]);
  });

  test(`the list can be used by everybody, on a wide screen and on a phone, bright and dark, in both languages, ${whichWays}`, async () => {
    await openList(page, lightbox.address, password);
    // Before it is filled: a hundred rows say no more of a row than three, and take minutes.
    await expectUsable(page, lightbox.address, '/');
    expect(await rows().count()).toBeGreaterThan(0);
  });

  test('on a phone the hint of the search box and every choice of the lists can be read to their ends, in both languages', async () => {
    await openList(page, lightbox.address, password);
    await page.setViewportSize({ width: 360, height: 740 });
    for (const language of ['vi', 'en']) {
      await page.evaluate((chosen) => localStorage.setItem('lightbox.language', chosen), language);
      await page.reload();
      await box().waitFor();
      const cutOff = () =>
        page.locator('.search-form').evaluate((form) => {
          const input = form.querySelector('input')!;
          const { font, paddingLeft, paddingRight } = getComputedStyle(input);
          const brush = new OffscreenCanvas(1, 1).getContext('2d')!;
          brush.font = font;
          const room = input.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
          const hint = brush.measureText(input.placeholder).width > room ? [input.placeholder] : [];
          // As wide as its longest choice is a list that nothing holds.
          const lists = [...form.querySelectorAll('select')].filter((list) => {
            const free = list.parentElement!.appendChild(list.cloneNode(true)) as HTMLElement;
            Object.assign(free.style, { position: 'absolute', width: 'auto' });
            const isNarrower = list.offsetWidth < free.offsetWidth;
            free.remove();
            return isNarrower;
          });
          return [...hint, ...lists.map(({ innerText }) => innerText)];
        });
      await expect.poll(cutOff).toEqual([]);
      const tops = await page
        .locator('.search-form select')
        .evaluateAll((all) => all.map((list) => list.getBoundingClientRect().top));
      expect(new Set(tops).size).toBe(1);
    }
    await page.evaluate(() => localStorage.setItem('lightbox.language', 'en'));
  });

  test('the search box has the focus, takes a name without accents, and a scanned card that ends with Enter', async () => {
    await fill();
    await openList(page, lightbox.address, password);
    await boxHasFocus();
    await page.keyboard.type('hue dang');
    await howMany().getByText('15 studies').waitFor();
    expect(await rows().first().innerText()).toContain('ĐẶNG THỊ HUỆ');

    // The focus is somewhere else; the next card replaces what was typed.
    await page.getByLabel('Modality').focus();
    await page.locator('h1').evaluate(() => (document.activeElement as HTMLElement).blur());
    await scan('LIGHTBOX-100004|012345678|Phạm Đức Thiện|01011990|Nam|Hà Nội|01012022');
    await howMany().getByText('1 study', { exact: true }).waitFor();
    expect(await rows().first().innerText()).toContain('LIGHTBOX-100004');
    expect(await box().inputValue()).toBe('LIGHTBOX-100004');
    expect(complaints).toEqual([]);
  });

  test('a card that is scanned while a filter has the focus is searched for by its number, and the filter stays', async () => {
    await fill();
    await openList(page, lightbox.address, password);
    await howMany().getByText(`${studies} studies`).waitFor();
    // Its letters would choose from the list, the blanks open it.
    for (const [field, value] of [
      ['Modality', 'CT'],
      ['Study date', 'any'],
    ] as const) {
      if (value === 'CT') await page.getByLabel(field).selectOption(value);
      await page.getByLabel(field).focus();
      await scan('LIGHTBOX-100004|012345678|Pham Duc Thien|01011990|Nam|Ha Noi|01012022');
      await howMany().getByText('1 study', { exact: true }).waitFor();
      expect(await rows().first().innerText()).toContain('LIGHTBOX-100004');
      expect(await box().inputValue()).toBe('LIGHTBOX-100004');
      await boxHasFocus();
      expect(await page.getByLabel(field).inputValue()).toBe(value);
      await box().fill('');
      await howMany().getByText(`${studies} studies`).waitFor();
    }
    // The link that had the focus is not followed by the code's Enter.
    await rows().nth(3).locator('a').first().focus();
    await scan('LIGHTBOX-100005');
    await howMany().getByText('1 study', { exact: true }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/');
    expect(complaints).toEqual([]);
  });

  test('filters narrow the list, and what finds nothing says what to do', async () => {
    await fill();
    await openList(page, lightbox.address, password);
    await howMany().getByText(`${studies} studies`).waitFor();
    await page.getByLabel('Modality').selectOption('MR');
    await page.getByText('No study matches').waitFor();
    await page.getByRole('button', { name: 'Remove all filters' }).click();
    await howMany().getByText(`${studies} studies`).waitFor();
    await page.getByLabel('State').selectOption({ label: 'To check' });
    await page.getByText('No study matches').waitFor();
    await page.getByLabel('State').selectOption({ label: 'All' });
    await page.getByLabel('Study date').selectOption({ label: 'Pick dates…' });
    await page.getByLabel('From').fill('2025-06-01');
    await page.getByLabel('To', { exact: true }).fill('2025-06-30');
    const days = () =>
      rows().evaluateAll((all) => all.map((row) => /\w+ 2025/.exec((row as HTMLElement).innerText)?.[0]));
    await expect.poll(async () => [...new Set(await days())]).toEqual(['Jun 2025']);
  });

  test('scrolling brings the rest, page by page, and each study once', async () => {
    await fill();
    await openList(page, lightbox.address, password);
    await rows().first().waitFor();
    expect(await rows().count()).toBeLessThan(studies);
    for (let shown = await rows().count(); shown < studies; shown = await rows().count()) {
      await rows().last().scrollIntoViewIfNeeded();
      await rows().nth(shown).waitFor();
    }
    const uids = await rows().evaluateAll((all) => all.map((row) => (row as HTMLElement).dataset['study']));
    expect(new Set(uids).size).toBe(studies);
    expect(await page.getByRole('button', { name: 'Show more' }).count()).toBe(0);
  });

  test('arrow keys walk the rows, slash goes back to the box, Enter opens', async () => {
    await fill();
    await openList(page, lightbox.address, password);
    await rows().nth(2).waitFor();
    const at = () => page.evaluate(() => document.activeElement?.closest('tr')?.dataset['study']);
    const uids = await rows().evaluateAll((all) => all.map((row) => (row as HTMLElement).dataset['study']));
    await boxHasFocus();
    await page.keyboard.press('ArrowDown');
    await expect.poll(at).toBe(uids[0]);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await expect.poll(at).toBe(uids[1]);
    await page.keyboard.press('/');
    await boxHasFocus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.searchParams.get('StudyInstanceUIDs') === uids[0]);
  });

  test('who comes back from a study stands on its row, as far down as before', async () => {
    await fill();
    await openList(page, lightbox.address, password);
    await rows().nth(40).scrollIntoViewIfNeeded();
    const row = rows().nth(40);
    const study = await row.getAttribute('data-study');
    const title = await page.title();
    await row.getByRole('link').click();
    // The viewer hears keys a moment after it is there: when it has said its title.
    await page.waitForFunction((before) => document.title !== before, title);
    await page.keyboard.press('Escape');
    await box().waitFor();
    const inView = () =>
      page.locator(`tr[data-study="${study}"]`).evaluate((element) => {
        const { top, bottom } = element.getBoundingClientRect();
        return [top >= 0 && bottom <= innerHeight, element.contains(document.activeElement)];
      });
    await expect.poll(inView).toEqual([true, true]);
    await row.getByRole('link').click();
    await page.waitForFunction((before) => document.title !== before, title);
    await page.goBack();
    await box().waitFor();
    await expect.poll(inView).toEqual([true, true]);
  });

  test('rows do not move away under the mouse that points at one; what came is there when it has gone', async () => {
    await openList(page, lightbox.address, password);
    await page.locator('.live').waitFor();
    await rows().nth(1).waitFor();
    const before = await rows().nth(1).getAttribute('data-study');
    const { x, y, width, height } = (await rows().nth(1).boundingBox())!;
    await page.mouse.move(x + width / 2, y + height / 2);
    const [study] = await storeStudies(lightbox.address, 200, 1, { StudyDate: '20991231' });
    // Somebody's hand is never quite still.
    let isThere = false;
    const told = page.getByText('new ones are shown when the mouse leaves the list');
    for (let step = 0; !isThere; step++) {
      await page.mouse.move(x + width / 2 + (step % 2), y + height / 2);
      isThere = (await told.count()) > 0;
      expect(await rows().nth(1).getAttribute('data-study')).toBe(before);
    }
    await page.mouse.move(x, 1);
    await page.locator(`tr[data-study="${study}"]`).waitFor();
    await expect.poll(() => rows().nth(2).getAttribute('data-study')).toBe(before);
    await told.waitFor({ state: 'detached' });
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
    await fill();
    await openList(page, lightbox.address, password);
    await page.locator('.live').waitFor();
    await rows().first().waitFor();
    const before = await rows().count();
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
    await fill();
    await openList(page, lightbox.address, password);
    await page.locator('.live').waitFor();
    await rows().first().waitFor();
    const before = await rows().count();
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
    await fill();
    await openList(page, lightbox.address, password);
    await rows().first().waitFor();
    const before = await rows().count();
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
    await fill();
    await openList(page, lightbox.address, password);
    await rows().first().waitFor();
    const before = await rows().count();
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
    await fill();
    await openList(page, lightbox.address, password);
    await rows().first().waitFor();
    await page.route(/\/api\/studies\/search$/, (route) => route.abort(), { times: 1 });
    await storeStudies(lightbox.address, 230, 1, { StudyDate: '20991229' });
    const outdated = page.getByText('The list may be out of date');
    await outdated.waitFor();
    await outdated.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  });

  let stored = 300;
  test('what could not be read stays told until that is read: the top of the list, and where it goes on', async () => {
    await fill();
    await openList(page, lightbox.address, password);
    await rows().first().waitFor();
    const before = await rows().count();
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

  test('studies whose pictures are not made yet are no errors', async () => {
    const wrong: string[] = [];
    page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
    const [study] = await storeStudies(lightbox.address, 230, 1, { StudyDate: '20991229' });
    const answers: number[] = [];
    page.on('response', (response) => {
      if (response.url().endsWith(`${study}/thumbnail`)) answers.push(response.status());
    });
    await openList(page, lightbox.address, password);
    await page.locator(`tr[data-study="${study}"] .thumbnail[data-state=missing]`).waitFor();
    expect(answers).toContain(204);
    expect(wrong).toEqual([]);
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

  test('a study that is to be checked says why, in the language of the reader', async () => {
    const [study] = await storeStudies(lightbox.address, 210, 1);
    await storeStudies(lightbox.address, 210, 1, { PatientBirthDate: '19000101', SOPInstanceUID: '2.25.210' });
    await openList(page, lightbox.address, password);
    await page.getByLabel('State').selectOption({ label: 'To check' });
    const flag = page.locator(`[data-study="${study}"] .flag`);
    await flag.getByText('Name, birth date or sex are not the same in all its images').waitFor({ state: 'attached' });
    expect(await flag.getAttribute('title')).toMatch(/^Name, birth date or sex/);
    await page.getByRole('button', { name: 'Tiếng Việt' }).click();
    await flag.getByText('Họ tên, ngày sinh hoặc giới tính').waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'English' }).click();
    expect(complaints).toEqual([]);
  });
});
