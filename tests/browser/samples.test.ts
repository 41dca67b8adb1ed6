/** An empty Lightbox that fills itself with samples, as somebody sees it who tries it for the first time. */
import { describe, expect, test } from 'vitest';
import { defaultSamples, sampleStudies } from '#samples/all.ts';
import { until } from '../running-lightbox.ts';
import { hasChromium } from './chromium.ts';
import { openedViewer } from './opened-viewer.ts';
import { untilShown } from './viewer-pages.ts';

const total = sampleStudies(defaultSamples).reduce((sum, { instances }) => sum + instances, 0);

describe.skipIf(!hasChromium)('the samples in a browser', () => {
  const viewer = openedViewer();

  test('an empty list offers them; they arrive in it by themselves, and the offer goes when all are there', async () => {
    const { page, complaints } = viewer;
    await viewer.openList();
    await page.getByText('No studies yet').waitFor();
    await page.getByRole('button', { name: 'Load the samples' }).click();
    await page.getByText(new RegExp(`Loading the samples: \\d+ of ${total} images`)).waitFor();
    const rows = page.locator('.study-table tbody tr');
    await until(async () => (await rows.count()) === 4);
    await page.locator('.samples-offer').waitFor({ state: 'detached' });
    for (const modality of ['CT', 'CR', 'MR', 'US']) await rows.filter({ hasText: modality }).first().waitFor();

    await rows.filter({ hasText: 'US' }).locator('a').first().click();
    await untilShown(page, 0);
    expect(complaints).toEqual([]);
  });
});
