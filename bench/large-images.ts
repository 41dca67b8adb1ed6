/**
 * What a reader of radiographs and mammograms waits for, in Chromium that draws on the processor: a step of the wheel through images
 * that are in the viewer's memory, and a step of dragging the window over one of them: fitted into the viewport, and each of its
 * pixels on one of the screen.
 */
import type { Page } from 'playwright-core';

import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';
import { hasChromium, openBrowser } from '#tests/browser/chromium.ts';
import { openList } from '#tests/browser/viewer-pages.ts';

import type { BenchedLightbox } from './benched-lightbox.ts';
import { storeSlices, type Slice } from './ingest.ts';
import { eachStep, openWholeSeries, scrollThrough, spread, type Spread } from './scroll-steps.ts';
import { cpuMs, machineTime, noiseSince } from './server-load.ts';
import { table } from './table.ts';
import { verdict } from './verdict.ts';

export interface LargeImageSteps {
  readonly what: string;
  /** From the page's being told of the wheel to having drawn. */
  readonly scrollMs: Spread;
  /** From the page's being told of the mouse to having been painted: to that belongs the wait for the browser's next picture. */
  readonly dragMs: Spread;
  readonly closeDragMs: Spread;
  /** Of the page's own thread, whatever others did on the machine. */
  readonly threadMs: { readonly scroll: number; readonly drag: number; readonly closeDrag: number };
  /** Share of the processor, 0 to 1, that went to others than Lightbox, the browser and us. */
  readonly noise: number;
}

interface Kind {
  readonly modality: string;
  readonly columns: number;
  readonly rows: number;
  readonly images: number;
}

const kinds: readonly Kind[] = [
  { modality: 'CR', columns: 2048, rows: 2500, images: 26 },
  { modality: 'MG', columns: 3328, rows: 4096, images: 12 },
];
const dragSteps = 60;
/** Of the scroll step's own part. */
const wantedP95Ms = 33;

/** @returns one for each kind and round; nothing where there is no Chromium */
export async function measureLargeImages(lightbox: BenchedLightbox, rounds: number): Promise<LargeImageSteps[]> {
  if (!hasChromium) return [];
  const found: LargeImageSteps[] = [];
  for (const kind of kinds) {
    const study = await storeImages(lightbox, kind);
    for (let round = 0; round < rounds; round++) {
      await using browser = await openBrowser({ whole: true });
      const { page } = await browser.open();
      await openList(page, lightbox.address, lightbox.password);
      await openWholeSeries(page, new URL(`/viewer?StudyInstanceUIDs=${study}`, lightbox.address).href, kind.images);
      await untilAllIsDone(page);
      const [machine, cpu] = [await machineTime(), await cpuMs([process.pid])];
      const thread = await threadOf(page);
      const scrolled = await scrollThrough(page, kind.images - 1);
      const scrollThread = await thread();
      const dragged = await dragWindow(page);
      const dragThread = await thread();
      await page.keyboard.press('0');
      const draggedClose = await dragWindow(page);
      found.push({
        what: `${kind.modality}, ${kind.columns} × ${kind.rows}`,
        scrollMs: spread(scrolled.map(({ told, drawn }) => drawn - told)),
        dragMs: spread(dragged.map(({ told, painted }) => painted - told)),
        closeDragMs: spread(draggedClose.map(({ told, painted }) => painted - told)),
        threadMs: {
          scroll: scrollThread / scrolled.length,
          drag: dragThread / dragged.length,
          closeDrag: (await thread()) / draggedClose.length,
        },
        noise: await noiseSince(machine, (await cpuMs([process.pid])) - cpu),
      });
    }
  }
  return found;
}

export function largeImageTable(found: readonly LargeImageSteps[]): string {
  const ms = ({ p50, p95, worst }: Spread) => [p50, p95, worst].map((each) => each.toFixed(1)).join(' / ');
  const rows = found.map(({ what, scrollMs, dragMs, closeDragMs, threadMs, noise }) => [
    what,
    ms(scrollMs),
    ms(dragMs),
    ms(closeDragMs),
    [threadMs.scroll, threadMs.drag, threadMs.closeDrag].map((each) => each.toFixed(1)).join(' / '),
    `${(100 * noise).toFixed(0)} %`,
    `p95 ≤ ${wantedP95Ms} ${verdict(scrollMs.p95 <= wantedP95Ms, noise)}`,
  ]);
  const of = 'p50 / p95 / worst ms';
  const head = [
    'large images',
    `scroll to drawn ${of}`,
    `window dragged to painted ${of}`,
    `the same at 1:1 ${of}`,
    'thread ms a step of each',
    'noise',
    'wanted of scroll',
  ];
  return table([head, ...rows]);
}

/** Noise over a slope, kept as CT, whose storage the bench has agreed on: what is drawn knows pixels only. @returns the study */
async function storeImages(lightbox: BenchedLightbox, kind: Kind): Promise<string> {
  const { modality, columns, rows, images } = kind;
  const [slice] = [...ctSeries({ seed: `large ${modality} ${Date.now()}`, number: 1, slices: 1 })];
  const { RescaleIntercept: _intercept, RescaleSlope: _slope, RescaleType: _type, ...common } = slice!.attributes;
  const study = String(common['StudyInstanceUID']);
  for (let number = 1; number <= images; number += 1) {
    const pixels = Uint16Array.from(
      { length: rows * columns },
      (_, at) => 500 + (at % columns) + 40 * number + ((at * 2_654_435_761) >>> 25),
    );
    const attributes = {
      ...common,
      SOPInstanceUID: `${String(common['SeriesInstanceUID'])}.${number}`,
      Modality: modality,
      InstanceNumber: number,
      ImagePositionPatient: [0, 0, number],
      Rows: rows,
      Columns: columns,
      BitsStored: 14,
      HighBit: 13,
      PixelRepresentation: 0,
      WindowCenter: 2048,
      WindowWidth: 4096,
      PixelData: new Uint8Array(pixels.buffer),
    };
    const file: Slice = { sopInstanceUID: attributes.SOPInstanceUID, file: dicomFile(attributes) };
    await storeSlices(lightbox, [file], 1);
  }
  return study;
}

async function dragWindow(page: Page): Promise<Awaited<ReturnType<typeof eachStep>>> {
  const { x, y, width, height } = (await page.locator('.viewport').boundingBox())!;
  const [left, top] = [x + width / 2, y + height / 2];
  await page.mouse.move(left, top);
  await page.mouse.down();
  const window = {
    event: 'pointermove',
    on: '.corner.bottom.left',
    changes: { subtree: true, childList: true, characterData: true },
  };
  const dragged = await eachStep(page, window, dragSteps, (step) => page.mouse.move(left + step, top + step / 2));
  await page.mouse.up();
  return dragged;
}

/** What the viewer does with images that have come when it has nothing else to do. */
const untilAllIsDone = (page: Page) =>
  page.evaluate(async () => {
    for (let quiet = 0; quiet < 10; quiet += 1) await new Promise((done) => requestIdleCallback(done));
    await new Promise((done) => setTimeout(done, 1000));
  });

/** @returns what says how long the page's thread has been busy since it was asked last, ms */
async function threadOf(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busy = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return 1000 * metrics.find(({ name }) => name === 'TaskDuration')!.value;
  };
  let before = await busy();
  return async () => {
    const now = await busy();
    const since = now - before;
    before = now;
    return since;
  };
}
