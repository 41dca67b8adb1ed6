/** What the corners say of how an image was made and kept: real files of each kind, beside what DCMTK reads in them. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';

import { corpusPath, hasCorpus, manifest } from '../corpus.ts';
import { hasChromium } from './chromium.ts';
import { openedViewer } from './opened-viewer.ts';
import { openSeries } from './viewer-pages.ts';

const shots = process.env['SCREENSHOTS'];

/** By the file what must stand in the bottom right corner; nothing: no mark at all. */
const lossy = [
  ['modality/xa/jpeg8bit.dcm', 'Lossy compression JPEG'], // .50, and the file does not say
  ['syntax/jpeg-2000/693_J2KI.dcm', 'Lossy compression JPEG 2000 338.7:1'],
  ['syntax/jpeg-ls/MR1_JLSN', 'Lossy compression JPEG-LS 4:1'],
  ['modality/cr/RG1_J2KI.dcm', 'JPEG 2000'],
  ['multiframe/MOVEKNEE.dcm', undefined],
] as const;

describe.skipIf(!hasChromium || !hasCorpus)('the corners of an image', () => {
  const viewer = openedViewer();

  beforeAll(async () => {
    for (const [path] of lossy) expect(await viewer.store(await readFile(corpusPath(path)))).toBe(true);
  });

  async function open(path: string): Promise<void> {
    const row = manifest().find((each) => each['path'] === path)!;
    await viewer.openList();
    const [study, series] = [row['study_instance_uid']!, row['series_instance_uid']!];
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
});
