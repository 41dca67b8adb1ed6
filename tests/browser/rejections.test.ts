/** The page of rejected images in a browser: a modality's note hides them, an administrator brings them back. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { fileHead } from '#dicom/file/file-meta.ts';
import { secondaryCapture, smallInstance } from '#tests/dataset-bytes.ts';
import { keyObjectSelection, rejectionNote } from '#tests/rejection-note.ts';
import { hasChromium } from './chromium.ts';
import { axeFindings, openedViewer, password } from './opened-viewer.ts';

const shots = process.env['SCREENSHOTS'];
const patient = { study: '1.2.3', series: '1.2.3.4', patientName: 'ĐẶNG^THỊ HUỆ', patientID: 'BN-0042' };

describe.skipIf(!hasChromium)('the page of rejected images', () => {
  const viewer = openedViewer();

  async function store(dataset: Buffer, SOPClassUID: string, SOPInstanceUID: string): Promise<void> {
    const TransferSyntaxUID = '1.2.840.10008.1.2.1';
    const head = fileHead({
      MediaStorageSOPClassUID: SOPClassUID,
      MediaStorageSOPInstanceUID: SOPInstanceUID,
      TransferSyntaxUID,
    });
    const answer = await fetch(viewer.address('/dicom-web/studies'), {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`,
        'content-type': 'application/dicom',
      },
      body: new Uint8Array(Buffer.concat([head, dataset])),
    });
    expect(answer.status).toBe(200);
  }

  test('says which images are hidden and why, and restores them, in both languages and at every width', async () => {
    const { page } = viewer;
    await viewer.openList();
    await page.goto(viewer.address('/rejections'));
    await page.getByText('No images have been rejected').waitFor();
    await store(smallInstance({ ...patient, instance: '1.2.3.4.1' }), secondaryCapture, '1.2.3.4.1');
    await store(smallInstance({ ...patient, instance: '1.2.3.4.2' }), secondaryCapture, '1.2.3.4.2');
    const rejects = {
      '1.2.3': [
        ['1.2.3.4', '1.2.3.4.1'],
        ['1.2.3.4', '1.2.3.4.2'],
      ],
      '1.7': [['1.7.1', '1.7.1.1']],
    } as const;
    const note = { code: '113038', instance: '1.2.3.900.1', patientID: 'BN-0042', rejects };
    await store(rejectionNote(note), keyObjectSelection, note.instance);
    const early = { code: '113001', instance: '1.8.900.1', patientID: 'BN-0042' };
    const yetToCome = { '1.8': [['1.8.1', '1.8.1.1']] } as const;
    await store(rejectionNote({ ...early, rejects: yetToCome }), keyObjectSelection, early.instance);

    await page.goto(viewer.address('/rejections'));
    await page.getByText('Wrong worklist entry on the modality').waitFor();
    await page.getByText('2 of 2 images hidden').waitFor();
    await page.getByText('1 image named of a study that is not here').nth(1).waitFor();
    // Of a note that hides nothing there is nothing to restore.
    const idle = page.locator('.device').filter({ hasText: 'Rejected for quality' });
    await idle.getByText('What comes of them is hidden at once.').waitFor();
    await idle.getByText('This note hides no images, so there is nothing to restore.').waitFor();
    expect(await idle.getByRole('button').count()).toBe(0);
    for (const [width, colorScheme, language] of [
      [1920, 'light', 'vi'],
      [1280, 'dark', 'en'],
      [360, 'dark', 'vi'],
      [360, 'light', 'en'],
    ] as const) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      await page.evaluate((chosen) => localStorage.setItem('lightbox.language', chosen), language);
      await page.reload();
      await page.locator('.device').first().waitFor();
      const where = `${width}, ${colorScheme}, ${language}`;
      expect([where, await axeFindings(page)]).toEqual([where, []]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect([where, overflow]).toEqual([where, 0]);
      if (shots !== undefined)
        await writeFile(join(shots, `rejections-${width}-${colorScheme}-${language}.png`), await page.screenshot());
    }

    await page.getByRole('button', { name: 'Restore the images of ĐẶNG THỊ HUỆ' }).click();
    await page.getByRole('dialog').getByText('Restore these images?').waitFor();
    await page.getByRole('dialog').getByText('ĐẶNG THỊ HUỆ').waitFor();
    if (shots !== undefined) await writeFile(join(shots, 'rejections-dialog.png'), await page.screenshot());
    await page.getByRole('button', { name: 'Restore the images', exact: true }).click();
    await page.getByText('0 of 2 images hidden').waitFor();
    await page.getByText(/Restored by admin/).waitFor();
    expect(await page.getByRole('button', { name: /^Restore/ }).count()).toBe(0);
    await viewer.openList();
    await page
      .getByRole('link', { name: /ĐẶNG THỊ HUỆ/ })
      .first()
      .waitFor();
    expect(viewer.complaints).toEqual([]);
  });

  test('is told what changes, says when the archive is away, and that it is back', async () => {
    const { page } = viewer;
    await viewer.openList();
    await page.goto(viewer.address('/rejections'));
    const notes = page.locator('.device');
    await notes.or(page.getByText('No images have been rejected')).first().waitFor();
    const before = await notes.count();
    const late = { code: '113037', instance: '1.9.900.1', patientID: 'BN-0042' };
    await store(smallInstance({ ...patient, instance: '1.2.3.4.3' }), secondaryCapture, '1.2.3.4.3');
    const rejects = { '1.2.3': [['1.2.3.4', '1.2.3.4.3']] } as const;
    await store(rejectionNote({ ...late, rejects }), keyObjectSelection, late.instance);
    await page.getByText('Rejected for patient safety').waitFor();
    expect(await notes.count()).toBe(before + 1);

    // Nothing is told while it is away.
    await page.clock.install();
    await page.route('**/api/events', (route) => route.abort());
    await page.reload();
    await notes.first().waitFor();
    await page.route('**/api/rejections', (route) => route.abort());
    await page.clock.fastForward(10_000);
    const away = page.getByRole('alert').getByText('The archive cannot be reached');
    await away.waitFor();
    expect(await notes.count()).toBe(before + 1);
    await page.unroute('**/api/rejections');
    await page.clock.fastForward(10_000);
    await away.waitFor({ state: 'detached' });
    expect(viewer.complaints).toEqual([]);
  });
});
