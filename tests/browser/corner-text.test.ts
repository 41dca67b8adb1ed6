/** What the corners say of how an image was made and kept: real files of each kind, beside what DCMTK reads in them. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';

import { dicomFile } from '#samples/write.ts';
import { corpusPath, hasCorpus, manifest } from '../corpus.ts';
import { hasChromium } from './chromium.ts';
import { openedViewer, withoutWorker } from './opened-viewer.ts';
import { cr } from './reading-samples.ts';
import { openSeries } from './viewer-pages.ts';

const shots = process.env['SCREENSHOTS'];

/** By the file what must stand in the bottom right corner; nothing: no mark at all. */
const lossy = [
  ['modality/xa/jpeg8bit.dcm', 'Lossy compression JPEG'], // .50, and the file does not say
  ['syntax/jpeg-2000/693_J2KI.dcm', 'Lossy compression JPEG 2000 338.7:1'],
  ['syntax/jpeg-ls/MR1_JLSN', 'Lossy compression JPEG-LS 4:1'],
  ['modality/cr/RG1_J2KI.dcm', 'Lossy compression JPEG 2000 10:1'],
  ['multiframe/MOVEKNEE.dcm', undefined],
] as const;

/** Each with its repetition and echo time, in ms: classic, and enhanced from two makers. */
const magnetic = [
  ['syntax/jpeg-ls/MR1_JLSN', 'TR 4000 ms · TE 240 ms'],
  ['multiframe/6_1.dcm', 'TR 500 ms · TE 30 ms'],
  ['multiframe/MOVEKNEE.dcm', 'TR 200 ms · TE 24 ms'],
] as const;

/** The numbers of a report, with their units: of UCUM, as they are written and as they are not, and of a scheme of its own. */
const reports = [
  ['modality/sr/sr_document_with_multiple_groups.dcm', /: [-\d.]+ mm3$/m],
  ['modality/sr/sr.dcm', /: [-\d.e]+ SUVbw g\/ml$/m],
  ['modality/sr/test-SR.dcm', /Diameter: [\d.]+ cm$/m],
] as const;

describe.skipIf(!hasChromium || !hasCorpus)('the corners of an image', () => {
  const viewer = openedViewer({ settings: withoutWorker });

  beforeAll(async () => {
    for (const path of new Set([...lossy, ...magnetic, ...reports].map(([each]) => each)))
      expect([path, await viewer.store(await readFile(corpusPath(path)))]).toEqual([path, true]);
  });

  const uids = (path: string) => {
    const row = manifest().find((each) => each['path'] === path)!;
    return [row['study_instance_uid']!, row['series_instance_uid']!] as const;
  };

  async function open(path: string): Promise<void> {
    const [study, series] = uids(path);
    await openSeries(viewer.page, viewer.lightbox.address, study, series);
  }

  test.each(lossy)('%s: %s', async (path, mark) => {
    await open(path);
    const corner = viewer.page.locator('.corner.bottom.right');
    if (mark) await corner.getByText(mark).waitFor();
    else expect(await corner.innerText()).not.toMatch(/lossy/i);
    if (shots !== undefined && path.includes('jpeg-ls'))
      await writeFile(join(shots, 'lossy.png'), await viewer.page.screenshot());
  });

  test.each(magnetic)('%s: %s', async (path, times) => {
    await open(path);
    await viewer.page.locator('.corner.bottom.left').getByText(times, { exact: true }).waitFor();
    if (shots !== undefined && path.includes('6_1'))
      await writeFile(join(shots, 'enhanced-mr.png'), await viewer.page.screenshot());
  });

  test('the words in the corners go at a key for a look at what they lie over, but for what would mislead; the next study has them', async () => {
    const { page } = viewer;
    await open(magnetic[0]![0]);
    const words = page.locator('.corner.top.left bdi').first();
    await words.waitFor();
    await page.keyboard.press('h');
    const mirrored = page.getByText('Mirrored');
    await mirrored.waitFor();
    await page.keyboard.press('u');
    await words.waitFor({ state: 'hidden' });
    const hint = page.getByText('Words hidden');
    await hint.waitFor();
    expect(await mirrored.isVisible()).toBe(true);
    expect(await page.getByText('Lossy compression').isVisible()).toBe(true);
    expect(await page.locator('.scale-bar').isVisible()).toBe(true);
    await page.emulateMedia({ media: 'print' });
    expect(await words.isVisible()).toBe(true);
    expect(await hint.isVisible()).toBe(false);
    await page.emulateMedia({ media: 'screen' });
    await page.keyboard.press('u');
    await words.waitFor();
    expect(await hint.count()).toBe(0);
    await page.keyboard.press('u');
    await words.waitFor({ state: 'hidden' });
    await page.keyboard.press('Escape');
    await page
      .locator(`tr[data-study="${uids(magnetic[0]![0])[0]}"] a`)
      .first()
      .click();
    await words.waitFor();
  });

  test('the side of the patient is said also while the words are hidden', async () => {
    const { page } = viewer;
    const { StudyInstanceUID, SeriesInstanceUID } = cr!.attributes;
    expect(await viewer.store(dicomFile(cr!.attributes))).toBe(true);
    await openSeries(page, viewer.lightbox.address, String(StudyInstanceUID), String(SeriesInstanceUID));
    const corner = page.locator('.corner.bottom.right');
    await corner.getByText(/^Right\b/).waitFor();
    await page.keyboard.press('u');
    await corner.getByText('Zoom').waitFor({ state: 'hidden' });
    expect(await corner.getByText(/^Right\b/).isVisible()).toBe(true);
  });

  test.each(reports)('%s says its numbers in their units: %s', async (path, expected) => {
    const { page } = viewer;
    const [study, series] = uids(path);
    await page.goto(viewer.address(`/viewer?StudyInstanceUIDs=${study}&SeriesInstanceUID=${series}`));
    const report = page.getByRole('article', { name: 'Report' });
    await report.waitFor();
    expect(await report.innerText()).toMatch(expected);
  });
});
