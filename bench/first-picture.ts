/** From an address typed into a browser to the first picture of a CT series, in Chromium that draws on the processor. */
import { hasChromium, openBrowser } from '#tests/browser/chromium.ts';
import { openList, untilShown } from '#tests/browser/viewer-pages.ts';

import type { BenchedLightbox } from './benched-lightbox.ts';
import { ctSlices, storeSlices } from './ingest.ts';
import { cpuMs, machineTime, noiseSince, residentMb } from './server-load.ts';

export interface FirstPicture {
  readonly what: string;
  readonly ms: number;
  /** Of archive and PostgreSQL. */
  readonly serverCpuMs: number;
  readonly serverMb: number;
  /** Share of the processor, 0 to 1, that went to others than Lightbox, the browser and us. */
  readonly noise: number;
}

const slices = 200;

/** @returns nothing where there is no Chromium */
export async function measureFirstPicture(lightbox: BenchedLightbox, rounds: number): Promise<FirstPicture[]> {
  if (!hasChromium) return [];
  const found: FirstPicture[] = [];
  const pids = [lightbox.archivePid, lightbox.postgresPid];
  for (let round = 0; round < rounds; round++) {
    const sent = ctSlices({ studies: 1, slices }, `picture ${Date.now()} ${round}`);
    await storeSlices(lightbox, sent, 1);
    await using browser = await openBrowser({ whole: true });
    const { page } = await browser.open();
    await openList(page, lightbox.address, lightbox.password);
    const row = page.locator('tr[data-study]').first();
    await row.waitFor();
    const study = await row.getAttribute('data-study');
    const address = new URL(`/viewer?StudyInstanceUIDs=${study}`, lightbox.address).href;
    for (const what of ['nothing in the cache', 'again']) {
      await page.goto('about:blank');
      // Lightbox and the browser are children of ours.
      const [machine, all, cpu] = [await machineTime(), await cpuMs([process.pid]), await cpuMs(pids)];
      const started = performance.now();
      await page.goto(address, { waitUntil: 'commit' });
      await untilShown(page, 0);
      const ms = performance.now() - started;
      const noise = await noiseSince(machine, (await cpuMs([process.pid])) - all);
      found.push({ what, ms, serverCpuMs: (await cpuMs(pids)) - cpu, serverMb: await residentMb(pids), noise });
    }
  }
  return found;
}
