/** An empty Lightbox that fills itself with samples, as somebody sees it who tries it for the first time. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultSamples, sampleStudies } from '#samples/all.ts';
import { startLightbox, until, type RunningLightbox } from '../running-lightbox.ts';
import { hasChromium, openBrowser, type Browser } from './chromium.ts';
import { openList, untilShown } from './viewer-pages.ts';

const password = 'correct-horse-battery';
const total = sampleStudies(defaultSamples).reduce((sum, { instances }) => sum + instances, 0);

let directory: string;
let lightbox: RunningLightbox;
let browser: Browser;

describe.skipIf(!hasChromium)('the samples in a browser', () => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lightbox-first-'));
    lightbox = await startLightbox({ dataDir: join(directory, 'data'), settings: { ADMIN_PASSWORD: password } });
    browser = await openBrowser();
  }, 120_000);

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await lightbox?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  }, 60_000);

  test('an empty list offers them; they arrive in it by themselves, and the offer goes when all are there', async () => {
    const { page, complaints } = await browser.open();
    page.setDefaultTimeout(60_000);
    await openList(page, lightbox.address, password);
    await page.getByText('No studies yet').waitFor();
    await page.getByRole('button', { name: 'Load the samples' }).click();
    await page.getByText(new RegExp(`Loading the samples: \\d+ of ${total} images`)).waitFor();
    const rows = page.locator('.study-table tbody tr');
    await until(async () => (await rows.count()) === 4, 120_000);
    await page.locator('.samples-offer').waitFor({ state: 'detached', timeout: 120_000 });
    for (const modality of ['CT', 'CR', 'MR', 'US']) await rows.filter({ hasText: modality }).first().waitFor();

    await rows.filter({ hasText: 'US' }).locator('a').first().click();
    await untilShown(page, 0);
    expect(complaints).toEqual([]);
  }, 240_000);
});
