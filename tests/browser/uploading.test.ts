/** An upload under way: nobody leaves it unasked, it goes on by itself when the archive was away, and what is stopped or refused is told apart. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dialog } from 'playwright-core';
import { describe, expect, test } from 'vitest';

import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';
import { hasChromium } from './chromium.ts';
import { freePort } from '../free-port.ts';
import { healthOf } from '../running-lightbox.ts';
import { axeFindings, openedViewer } from './opened-viewer.ts';
import { expectReadable } from './pages.ts';

const shots = process.env['SCREENSHOTS'];
const files = [...ctSeries({ seed: 'uploading', number: 1, slices: 5 })].map(({ name, attributes }) => ({
  name,
  mimeType: 'application/dicom',
  buffer: dicomFile(attributes),
}));

describe.skipIf(!hasChromium)('an upload under way', () => {
  // What is killed is started again at the same port.
  const viewer = openedViewer({ settings: async () => ({ HTTP_PORT: String(await freePort()) }) });

  test('is not lost to a closed tab without a question, nor to another page of ours', async () => {
    const { page, complaints } = viewer;
    await viewer.openList();
    const letGo = await holdBack();
    await page.getByRole('link', { name: 'Upload' }).first().click();
    await choose(files);
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

  test('goes on by itself when the archive is back that ended in the midst of it', async () => {
    const { page, complaints, lightbox } = viewer;
    await viewer.signIn();
    const { pid } = await healthOf(lightbox);
    let begun = 0;
    await page.route('**/dicom-web/studies', async (route) => {
      begun += 1;
      if (begun === 4) process.kill(pid, 'SIGKILL');
      await route.continue();
    });
    await page.goto(viewer.address('/upload'));
    await choose(files);
    await page.getByText('What is left is sent by itself as soon as the archive answers again.').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    if (shots !== undefined) await writeFile(join(shots, 'uploading-away.png'), await page.screenshot());
    await page.getByText('5 files kept').waitFor();
    expect(await page.locator('.upload-summary').innerText()).not.toContain('What is left');
    expect((await healthOf(lightbox)).pid).not.toBe(pid);
    expect(complaints).toEqual([]);
  });

  test('that is stopped says what was not sent, and sends it when it is told to', async () => {
    const { page, complaints } = viewer;
    await viewer.signIn();
    const letGo = await holdBack();
    await page.goto(viewer.address('/upload'));
    await choose(files);
    await page.getByText('2 files waiting').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('5 files not sent').waitFor();
    await page.getByText('0 of 5 files done').waitFor();
    expect(await page.getByText('Stopped before all of this file was sent.').count()).toBe(5);
    if (shots !== undefined) await writeFile(join(shots, 'upload-stopped.png'), await page.screenshot());
    letGo();
    await page.getByRole('button', { name: 'Send those not kept again' }).click();
    await page.getByText('5 files kept').waitFor();
    expect(complaints).toEqual([]);
  });

  test('offers to send again only what may fare better', async () => {
    const { page, complaints } = viewer;
    await viewer.signIn();
    await page.goto(viewer.address('/upload'));
    const damaged = { ...files[0]!, name: 'half.dcm', buffer: files[0]!.buffer.subarray(0, 1000) };
    await choose([files[0]!, damaged]);
    await page.getByText('The file is damaged or not valid DICOM.').waitFor();
    await page.getByRole('link', { name: 'Done. See them in the study list' }).waitFor();
    expect(await page.getByRole('button', { name: 'Send those not kept again' }).count()).toBe(0);
    expect(await axeFindings(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('says of each file that is not sent what it is, and sends an image without a preamble whatever its name', async () => {
    const { page, complaints } = viewer;
    await viewer.signIn();
    await page.goto(viewer.address('/upload'));
    const [first] = files;
    const bare = first!.buffer.subarray(first!.buffer.indexOf(Buffer.from([8, 0, 5, 0])));
    await choose(
      [
        ['IM1', bare],
        ['IM2', Buffer.alloc(0)],
        ['DICOMDIR', Buffer.from('directory')],
        ['old.ZIP', Buffer.from('PK')],
        ['readme.txt', Buffer.from('Read me.')],
      ].map(([name, buffer]) => ({ ...first!, name: name as string, buffer: buffer as Buffer })),
    );
    await page.getByText('5 of 5 files done').waitFor();
    const outcomeOf = (name: string) =>
      page.locator('.upload-line').filter({ hasText: name }).locator('.upload-outcome').innerText();
    expect(await outcomeOf('IM1')).toBe('Kept');
    expect(await outcomeOf('IM2')).toMatch(/empty.*Copy it from its source again/);
    expect(await outcomeOf('DICOMDIR')).toMatch('images are in the folders beside it');
    expect(await outcomeOf('old.ZIP')).toMatch('Unpack it');
    expect(await outcomeOf('readme.txt')).toBe('Skipped: not DICOM');
    await page.getByText('3 files skipped').waitFor();
    expect(complaints).toEqual([]);
  });

  test('of what was dropped names what the browser cannot read, and uploads the rest', async () => {
    const { page, complaints, directory } = viewer;
    await viewer.signIn();
    await page.goto(viewer.address('/upload'));
    await page.getByRole('heading', { level: 1 }).waitFor();
    const folder = join(directory, 'CD', 'IMAGES');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'IM1'), files[0]!.buffer);
    await mkdir(join(directory, 'empty'));
    await drop(join(directory, 'empty'));
    await page.getByText('There is no file in what was dropped.').waitFor();

    // Of its open files a process has a folder, and in it the one by which that folder is read: gone as soon as it was listed.
    await drop(join(directory, 'CD'), join(directory, 'gone.dcm'), '/proc/self/fd');
    const lineOf = (path: RegExp) => page.locator('.upload-line').filter({ hasText: path }).first().innerText();
    expect(await lineOf(/fd\/\d+/)).toMatch(/Folder\s+Not there any more: .* then drop it again\./);
    expect(await lineOf(/gone\.dcm/)).toMatch(/Not there any more: .* then drop it again\./);
    await page.getByText('1 file kept').waitFor();
    await page.getByText(/^\d+ files? or folders? not read$/).waitFor();
    expect(await page.locator('.upload-line.kept').innerText()).toMatch('CD/IMAGES/IM1');
    await expectReadable(page, 'upload');
    if (shots !== undefined) await writeFile(join(shots, 'upload-unread.png'), await page.screenshot());
    await page.getByRole('button', { name: 'Tiếng Việt' }).click();
    await page
      .getByText(/Không còn ở đó: .* rồi thả vào lần nữa\./)
      .first()
      .waitFor();
    if (shots !== undefined) {
      await page.setViewportSize({ width: 360, height: 800 });
      await writeFile(join(shots, 'upload-unread-360.png'), await page.screenshot());
    }
    await page.getByRole('button', { name: 'Xoá danh sách' }).click();
    expect(await page.locator('.upload-line').count()).toBe(0);
    await page.evaluate(() => localStorage.removeItem('lightbox.language'));
    expect(complaints).toEqual([]);
  });

  test('keeps nothing of a file that the archive has answered for', async () => {
    const { page, complaints } = viewer;
    await viewer.signIn();
    await page.goto(viewer.address('/upload'));
    await choose(files);
    await page.getByText('5 files kept').waitFor();
    // Collects what nobody can reach any more, and counts the rest.
    const devtools = await page.context().newCDPSession(page);
    const { result } = await devtools.send('Runtime.evaluate', { expression: 'XMLHttpRequest.prototype' });
    const { objects } = await devtools.send('Runtime.queryObjects', { prototypeObjectId: result.objectId! });
    const counted = await devtools.send('Runtime.callFunctionOn', {
      objectId: objects.objectId!,
      functionDeclaration: 'function () { return this.length; }',
      returnByValue: true,
    });
    expect(counted.result.value).toBeLessThan(files.length);
    expect(complaints).toEqual([]);
  });

  /** As from the computer's own window of files. */
  async function drop(...paths: string[]): Promise<void> {
    const devtools = await viewer.page.context().newCDPSession(viewer.page);
    const data = { items: [], files: paths, dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
      await devtools.send('Input.dispatchDragEvent', { type, x: 200, y: 200, data });
  }

  const choose = (chosen: typeof files): Promise<void> =>
    viewer.page.locator('input[type=file]').first().setInputFiles(chosen);

  /** Lets no file reach the archive until the answer is called. */
  async function holdBack(): Promise<() => void> {
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    await viewer.page.route('**/dicom-web/studies', async (route) => {
      await held;
      await route.continue().catch(() => {}); // stopped meanwhile
    });
    return letGo;
  }

  /** Closes the tab, and says what the browser asks; the answer of the tests is to stay (chromium.ts). */
  async function asked(): Promise<string> {
    const dialog = new Promise<Dialog>((resolve) => viewer.page.once('dialog', resolve));
    await viewer.page.close({ runBeforeUnload: true });
    return (await dialog).type();
  }
});
