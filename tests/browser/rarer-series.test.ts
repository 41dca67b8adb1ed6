/** Series that a reader meets seldom: what the strip names their parts, and how they open. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';

import { ctSeries } from '#samples/ct.ts';
import { dicomFile, type Attributes } from '#samples/write.ts';
import { hasChromium } from './chromium.ts';
import { openedViewer, withoutWorker } from './opened-viewer.ts';
import { openSeries, untilShown } from './viewer-pages.ts';

const shots = process.env['SCREENSHOTS'];
const study = '2.25.782';
const slices = [...ctSeries({ seed: 'rarer', number: 1, slices: 3 })].map(({ attributes }) => attributes);
const { WindowCenter: _center, WindowWidth: _width, ...withoutWindow } = slices[0]!;

let number = 0;
function fileOf(series: number, attributes: Attributes, more: Attributes = {}): Buffer {
  number += 1;
  const uids = {
    StudyInstanceUID: study,
    SeriesInstanceUID: `${study}.${series}`,
    SOPInstanceUID: `${study}.${series}.${number}`,
    SeriesNumber: series,
    InstanceNumber: number,
  };
  return dicomFile({ ...attributes, ...uids, ...more });
}

const phases = [1, 2, 3, 4].flatMap((AcquisitionNumber) =>
  slices.map((slice) => fileOf(1, slice, { AcquisitionNumber })),
);
const pet = slices.map((slice) =>
  fileOf(2, slice, {
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.128', // Positron Emission Tomography Image Storage
    Modality: 'PT',
    Units: 'CNTS',
    RescaleType: 'US',
  }),
);
const { SliceLocation: _location, ...unplaced } = withoutWindow;
const bare = fileOf(3, unplaced);
const localizer = fileOf(4, slices[0]!, { ImageType: ['ORIGINAL', 'PRIMARY', 'LOCALIZER'] });
const pixels = slices[0]!['PixelData'] as Uint8Array;
const { ImagePositionPatient: _place, ImageOrientationPatient: _directions, ...flat } = slices[0]!;
const films = ['101500', '101740'].map((AcquisitionTime) =>
  fileOf(5, flat, {
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.12.1', // X-Ray Angiographic Image Storage
    Modality: 'XA',
    NumberOfFrames: '2',
    InstanceNumber: 1,
    AcquisitionTime,
    PixelData: Buffer.concat([pixels, pixels]),
  }),
);

describe.skipIf(!hasChromium)('series of rarer kinds', () => {
  const viewer = openedViewer({ settings: withoutWorker });

  beforeAll(async () => {
    expect(await viewer.store(...phases, ...pet, bare, localizer, ...films)).toBe(true);
  });

  async function opened(series: number): Promise<Page> {
    const { page } = viewer;
    await viewer.signIn();
    await openSeries(page, viewer.lightbox.address, study, `${study}.${series}`);
    return page;
  }
  const shoot = async (page: Page, name: string) => {
    for (const width of shots === undefined ? [] : [1920, 1280, 360]) {
      await page.setViewportSize({ width, height: 800 });
      await page.screenshot({ path: join(shots!, `rarer-${name}-${width}.png`) });
    }
  };
  const corner = (page: Page, at: string) => page.locator(`.corner.${at}`);
  const presetsOn = async (page: Page) =>
    (await page.getByRole('combobox', { name: 'Window presets' }).getByRole('option').allTextContents()).join('\n');

  test('each phase of a volume is a stack of its own, and the strip says which', async () => {
    const page = await opened(1);
    for (const phase of [1, 2, 3, 4]) {
      const button = page.locator('.series', { hasText: `Phase ${phase} of 4` });
      await button.getByText('3 images').waitFor();
    }
    await page.locator('.series', { hasText: 'Phase 3 of 4' }).click();
    await untilShown(page, 0);
    await corner(page, 'bottom.right').getByText('Image 1 / 3').waitFor();
    await shoot(page, 'phases');
  });

  test('a PET opens black on white, and is found as the reader left it', async () => {
    const page = await opened(2);
    const inverted = corner(page, 'bottom.left').getByText(/Inverted$/);
    await inverted.waitFor();
    expect(await page.getByRole('button', { name: 'Invert' }).getAttribute('aria-pressed')).toBe('true');
    await shoot(page, 'pet');
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.keyboard.press('i');
    await inverted.waitFor({ state: 'detached' });
    await page.keyboard.press('ArrowRight');
    await corner(page, 'top.right').getByText('Series 3').waitFor();
    await page.keyboard.press('ArrowLeft');
    await corner(page, 'top.right').getByText('Series 2').waitFor();
    await untilShown(page, 0);
    expect(await inverted.count()).toBe(0);
    await page.getByRole('button', { name: 'Reset' }).click();
    await inverted.waitFor();
  });

  test('a CT without a window opens for soft tissue, and says to which side of the patient its slice lies', async () => {
    const page = await opened(3);
    await corner(page, 'bottom.left').getByText('W 400 L 40').waitFor();
    await corner(page, 'bottom.left')
      .getByText(/Location [\d.]+ mm [HF]$/)
      .waitFor();
    expect(await presetsOn(page)).toContain('Lung');
    await shoot(page, 'bare');
  });

  test('a localizer has the windows of its file only', async () => {
    const page = await opened(4);
    await expect.poll(() => presetsOn(page)).toContain('Trung thất');
    expect(await presetsOn(page)).not.toContain('Lung');
  });

  test('films of one number are named by when they were acquired', async () => {
    const page = await opened(5);
    for (const time of ['10:15:00', '10:17:40'])
      await page
        .locator('.series', { hasText: `Acquired ${time}` })
        .getByText('2 images')
        .waitFor();
    await shoot(page, 'films');
  });
});
