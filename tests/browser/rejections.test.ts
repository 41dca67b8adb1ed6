/** The page of rejected images in a browser: a modality's note hides them, an administrator brings them back. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { fileHead } from '#dicom/file/file-meta.ts';
import { secondaryCapture, smallInstance } from '../dataset-bytes.ts';
import { keyObjectSelection, rejectionNote, type TestNote } from '../rejection-note.ts';
import { hasChromium } from './chromium.ts';
import { axeFindings, openedViewer, password, withoutWorker } from './opened-viewer.ts';
import { expectFocus } from './pages.ts';

const shots = process.env['SCREENSHOTS'];

describe.skipIf(!hasChromium)('the page of rejected images', () => {
  const viewer = openedViewer({ settings: withoutWorker, browser: { waitsLess: true } });
  const notes = () => viewer.page.locator('.device');

  /** What one try of a test stores is of a study and a patient of its own: the notes of those before it are there still. */
  let tries = 0;
  function newStudy(patientName = 'ĐẶNG^THỊ HUỆ') {
    tries += 1;
    const study = `1.2.${tries}`;
    const series = `${study}.4`;
    const patientID = `BN-${1000 + tries}`;
    return {
      study,
      patientID,
      storeImage: (n: number) =>
        store(
          smallInstance({ study, series, patientName, patientID, instance: `${series}.${n}` }),
          secondaryCapture,
          `${series}.${n}`,
        ),
      /** @param n  another one for each note, below 1000 */
      storeNote: (n: number, code: string, rejects: TestNote['rejects']) => {
        const instance = `${study}.900.${n}`;
        return store(rejectionNote({ code, instance, study, patientID, rejects }), keyObjectSelection, instance);
      },
      /** Of this study. */
      images: (...numbers: number[]) => ({ [study]: numbers.map((n) => [series, `${series}.${n}`] as const) }),
      /** So many, of a study that never comes. */
      absent: (count: number) => ({
        [`${study}.7`]: Array.from({ length: count }, (_, n) => [`${study}.7.1`, `${study}.7.1.${n}`] as const),
      }),
    };
  }

  async function openNotes(): Promise<void> {
    await viewer.signIn();
    await viewer.page.goto(viewer.address('/rejections'));
    await notes().or(viewer.page.getByText('No images have been rejected')).first().waitFor();
  }

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
    const its = newStudy();
    await openNotes();
    if (tries === 1) await page.getByText('No images have been rejected').waitFor();
    await its.storeImage(1);
    await its.storeImage(2);
    await its.storeNote(1, '113038', { ...its.images(1, 2), ...its.absent(1) });
    await its.storeNote(2, '113001', its.absent(1));

    await page.goto(viewer.address('/rejections'));
    const note = notes().filter({ hasText: its.patientID });
    await note.getByText('Wrong worklist entry on the modality').waitFor();
    await note.getByText('2 of 2 images hidden').waitFor();
    await note.getByText('1 image named of a study that is not here').waitFor();
    // Of a note that hides nothing there is nothing to restore.
    const idle = notes().first();
    await idle.getByText('Rejected for quality').waitFor();
    await idle.getByText('1 image named of a study that is not here').waitFor();
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
      await notes().first().waitFor();
      const where = `${width}, ${colorScheme}, ${language}`;
      expect([where, await axeFindings(page)]).toEqual([where, []]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect([where, overflow]).toEqual([where, 0]);
      if (shots !== undefined)
        await writeFile(join(shots, `rejections-${width}-${colorScheme}-${language}.png`), await page.screenshot());
    }

    await note.getByRole('button', { name: 'Restore the images of ĐẶNG THỊ HUỆ' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Restore these images?').waitFor();
    await dialog.getByText(`ĐẶNG THỊ HUỆ · ${its.patientID}`).waitFor();
    await dialog.getByText('Wrong worklist entry on the modality').waitFor();
    if (shots !== undefined) await writeFile(join(shots, 'rejections-dialog.png'), await page.screenshot());
    await dialog.getByRole('button', { name: 'Restore the images', exact: true }).click();
    await note.getByText('0 of 2 images hidden').waitFor();
    await note.getByText(/Restored by admin/).waitFor();
    expect(await note.getByRole('button').count()).toBe(0);
    await expectFocus(page, 'li', its.patientID, 'The images are restored.');
    await viewer.openList();
    await page.getByRole('row').filter({ hasText: its.patientID }).getByRole('link').first().waitFor();
    expect(viewer.complaints).toEqual([]);
  });

  test('names images of nobody by their patient ID, and says that there is no name', async () => {
    const { page } = viewer;
    const its = newStudy('');
    await its.storeImage(1);
    await its.storeNote(1, '113001', its.images(1));
    await openNotes();
    const note = notes().filter({ hasText: its.patientID });
    await note.getByText('No name').waitFor();
    await note.getByRole('button', { name: `Restore the images of ${its.patientID}` }).click();
    await page.getByRole('dialog').getByText(`No name · ${its.patientID}`).waitFor();
    expect(viewer.complaints).toEqual([]);
  });

  test('is told what changes, says when the archive is away, and that it is back', async () => {
    const { page } = viewer;
    const its = newStudy();
    await openNotes();
    const before = await notes().count();
    await its.storeImage(1);
    await its.storeNote(1, '113037', its.images(1));
    await notes().filter({ hasText: its.patientID }).getByText('Rejected for patient safety').waitFor();
    expect(await notes().count()).toBe(before + 1);

    // Nothing is told while it is away.
    await page.clock.install();
    await page.route('**/api/events', (route) => route.abort());
    await page.reload();
    await notes().first().waitFor();
    await page.route('**/api/rejections', (route) => route.abort());
    await page.clock.fastForward(10_000);
    const away = page.getByRole('alert').getByText('The archive cannot be reached');
    await away.waitFor();
    expect(await notes().count()).toBe(before + 1);
    await page.unroute('**/api/rejections');
    await page.clock.fastForward(10_000);
    await away.waitFor({ state: 'detached' });
    expect(viewer.complaints).toEqual([]);
  });

  test('goes on where it ends while notes come and are restored: each stands there once, as it is now', async () => {
    const { page } = viewer;
    const its = newStudy();
    const firstPage = /\/api\/rejections$/;
    const furtherPage = /\/api\/rejections\?before=/;
    const more = page.getByRole('button', { name: 'Show more' });
    const ofImage = (n: number) =>
      notes()
        .filter({ hasText: its.patientID })
        .nth(3 - n);
    const restore = async (n: number) => {
      await ofImage(n).getByRole('button').click();
      await page.getByRole('dialog').getByRole('button', { name: 'Restore the images', exact: true }).click();
    };
    /** How many images those notes name that name absent ones, from the top. */
    const named = async () =>
      (await notes().allInnerTexts()).flatMap((said) => Number(/(\d+) images? named of/.exec(said)?.[1] ?? 0) || []);
    const hold = async (address: RegExp) => {
      const { promise: free, resolve: letGo } = Promise.withResolvers<void>();
      await page.route(address, async (route) => {
        await free;
        await route.continue().catch(() => {}); // the page may have given it up
      });
      return letGo;
    };
    const numbered = Array.from({ length: 55 }, (_, n) => 55 - n);
    // Four pages and a part of one.
    for (let n = 900; n > 755; n -= 1) await its.storeNote(n, '113001', its.absent(1));
    for (const n of numbered.toReversed()) await its.storeNote(100 + n, '113001', its.absent(n));
    for (const n of [1, 2, 3]) {
      await its.storeImage(n);
      await its.storeNote(n, '113038', its.images(n));
    }

    // A refresh is under way.
    await openNotes();
    let letGo = await hold(firstPage);
    await restore(1);
    await ofImage(1).getByText('0 of 1 image hidden').waitFor();
    await more.click();
    await notes().nth(99).waitFor();
    const refreshed = page.waitForResponse(furtherPage);
    letGo();
    await refreshed;
    expect(await notes().count()).toBe(100);
    await page.unrouteAll({ behavior: 'wait' });

    // More is being loaded.
    await page.reload();
    await notes().nth(49).waitFor();
    letGo = await hold(furtherPage);
    await more.click();
    await page.getByRole('button', { name: 'Loading' }).waitFor();
    await its.storeNote(156, '113001', its.absent(56));
    await restore(2);
    await ofImage(2).getByText('0 of 1 image hidden').waitFor();
    letGo();
    await notes().nth(98).waitFor();
    const theirs = await named();
    expect(theirs.slice(theirs[0] === 56 ? 1 : 0).slice(0, 55)).toEqual(numbered);
    await expect.poll(async () => (await named())[0]).toBe(56);
    await page.unrouteAll({ behavior: 'wait' });

    // However far down it is shown, a bounded part is read again, and the rest stays.
    for (const shown of [100, 150, 200]) {
      await more.click();
      await notes().nth(shown).waitFor();
    }
    const shown = await notes().count();
    const asked: string[] = [];
    page.on('request', (request) => request.method() === 'GET' && asked.push(request.url()));
    await its.storeNote(157, '113001', its.absent(57));
    await restore(3);
    await expect.poll(async () => (await named())[0]).toBe(57);
    const pages = asked.filter((url) => firstPage.test(url) || furtherPage.test(url));
    const begun = pages.map((url, at) => (firstPage.test(url) ? at : -1)).filter((at) => at >= 0);
    expect(begun.map((from, n) => pages.slice(from, begun[n + 1]).length > 4)).not.toContain(true);
    expect(await notes().count()).toBe(shown + 1);
    expect(viewer.complaints).toEqual([]);
  });
});
