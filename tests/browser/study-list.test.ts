/**
 * The study list in a browser: a whole Lightbox, Chromium as the ward's PC, and as a phone.
 */
import type { Page } from 'playwright-core';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { RunningLightbox } from '../running-lightbox.ts';
import { whichWays } from '../thorough.ts';
import { hasChromium, type Browser } from './chromium.ts';
import { fillingStudies, fillList, howManyStudies, searchBox, studyRows } from './list-page.ts';
import { openedViewer, password } from './opened-viewer.ts';
import { expectUsable, storeStudies } from './pages.ts';
import { openList } from './viewer-pages.ts';

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

  const box = () => searchBox(page);
  const boxHasFocus = () => page.locator('input[type=search]:focus').waitFor();
  const rows = () => studyRows(page);
  const howMany = () => howManyStudies(page);
  /** As a scanner does: no key waits for what came of the one before it. */
  const scan = (code: string) =>
    Promise.all(
      [...code, 'Enter'].map((key) =>
        key === 'Enter' || key < '\x7f' ? page.keyboard.press(key) : page.keyboard.insertText(key),
      ),
    );

  let filled: Promise<string[]> | undefined;
  const fill = () => (filled ??= fillList(lightbox.address));

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
      // For the tests behind this one, which read English.
      await page.evaluate(() => localStorage.setItem('lightbox.language', 'en'));
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
    await howMany().getByText(`${fillingStudies} studies`).waitFor();
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
      await howMany().getByText(`${fillingStudies} studies`).waitFor();
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
    await howMany().getByText(`${fillingStudies} studies`).waitFor();
    await page.getByLabel('Modality').selectOption('MR');
    await page.getByText('No study matches').waitFor();
    await page.getByRole('button', { name: 'Remove all filters' }).click();
    await howMany().getByText(`${fillingStudies} studies`).waitFor();
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
    expect(await rows().count()).toBeLessThan(fillingStudies);
    for (let shown = await rows().count(); shown < fillingStudies; shown = await rows().count()) {
      await rows().last().scrollIntoViewIfNeeded();
      await rows().nth(shown).waitFor();
    }
    const uids = await rows().evaluateAll((all) => all.map((row) => (row as HTMLElement).dataset['study']));
    expect(new Set(uids).size).toBe(fillingStudies);
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
    // On the way back no row is left under the header.
    for (let step = 0; step < 20; step++) await page.keyboard.press('ArrowDown');
    for (let step = 0; step < 20; step++) {
      await page.keyboard.press('ArrowUp');
      const isCovered = await page.evaluate(() => {
        const { bottom } = document.querySelector('.page-header')!.getBoundingClientRect();
        return document.activeElement!.getBoundingClientRect().top < bottom;
      });
      expect([step, isCovered]).toEqual([step, false]);
    }
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
