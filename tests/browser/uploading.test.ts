/** Leaving in the midst of an upload: the browser asks first, wherever the reader has gone meanwhile, and not any more when all is kept. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dialog } from 'playwright-core';
import { describe, expect, test } from 'vitest';

import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';
import { hasChromium } from './chromium.ts';
import { openedViewer } from './opened-viewer.ts';

const shots = process.env['SCREENSHOTS'];
const files = [...ctSeries({ seed: 'uploading', number: 1, slices: 5 })].map(({ name, attributes }) => ({
  name,
  mimeType: 'application/dicom',
  buffer: dicomFile(attributes),
}));

describe.skipIf(!hasChromium)('an upload under way', () => {
  const viewer = openedViewer();

  test('is not lost to a closed tab without a question, nor to another page of ours', async () => {
    const { page, complaints } = viewer;
    await viewer.openList();
    let letGo = () => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    await page.route('**/dicom-web/studies', async (route) => {
      await held;
      await route.continue();
    });
    await page.getByRole('link', { name: 'Upload' }).first().click();
    await page.locator('input[type=file]').first().setInputFiles(files);
    await page.getByText('0 of 5').waitFor();
    if (shots !== undefined) await writeFile(join(shots, 'uploading.png'), await page.screenshot());

    expect(await asked()).toBe('beforeunload');
    await page.getByText('0 of 5').waitFor();
    expect(new URL(page.url()).pathname).toBe('/upload');

    // Another page of ours takes nothing away, and the question is asked there too.
    await page.getByRole('link', { name: 'Studies' }).click();
    await page.getByRole('searchbox').waitFor();
    expect(await asked()).toBe('beforeunload');
    expect(new URL(page.url()).pathname).toBe('/');

    letGo();
    await page.getByRole('link', { name: 'Upload' }).first().click();
    await page.getByText('5 files kept').waitFor();
    complaints.length = 0; // the two questions
    await page.reload();
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(complaints).toEqual([]);
  });

  /** Closes the tab, and says what the browser asks; the answer of the tests is to stay (chromium.ts). */
  async function asked(): Promise<string> {
    const dialog = new Promise<Dialog>((resolve) => viewer.page.once('dialog', resolve));
    await viewer.page.close({ runBeforeUnload: true });
    return (await dialog).type();
  }
});
