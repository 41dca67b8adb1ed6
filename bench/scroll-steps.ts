/** How long a step of the wheel takes through a CT series that is in the viewer's memory, in Chromium that draws on the processor. */
import type { Page } from 'playwright-core';

import { hasChromium, openBrowser } from '#tests/browser/chromium.ts';
import { openList, untilShown } from '#tests/browser/viewer-pages.ts';

import { BenchFailed } from './bench-failed.ts';
import type { BenchedLightbox } from './benched-lightbox.ts';
import { ctSlices, storeSlices } from './ingest.ts';
import { percentile } from './percentile.ts';
import { cpuMs, machineTime, noiseSince } from './server-load.ts';
import { table } from './table.ts';
import { verdict } from './verdict.ts';

/** Milliseconds from the wheel event, as the browser stamped it. */
interface Step {
  /** until the page is told: the browser holds a turn of the wheel back until it makes its next picture */
  readonly told: number;
  /** until the viewer has drawn the image it asks for */
  readonly drawn: number;
  /** until the browser has painted the page with it: to that belongs the wait for its next picture, up to 16.7 ms */
  readonly painted: number;
}

export interface ScrollSteps {
  readonly steps: number;
  readonly toldMs: Spread;
  readonly drawnMs: Spread;
  /** From being told to having drawn: the viewer's own part. */
  readonly ownMs: Spread;
  readonly paintedMs: Spread;
  /** Share of the processor, 0 to 1, that went to others than Lightbox, the browser and us. */
  readonly noise: number;
}

export interface Spread {
  readonly p50: number;
  readonly p95: number;
  readonly worst: number;
}

const slices = 200;
const steps = 150;
const prefetchMs = 120_000;
/** Of the viewer's own part. */
const wantedP95Ms = 33;

/** @returns one for each round; nothing where there is no Chromium */
export async function measureScrollSteps(lightbox: BenchedLightbox, rounds: number): Promise<ScrollSteps[]> {
  if (!hasChromium) return [];
  await storeSlices(lightbox, ctSlices({ studies: 1, slices }, `scroll ${Date.now()}`), 1);
  const found: ScrollSteps[] = [];
  for (let round = 0; round < rounds; round++) {
    await using browser = await openBrowser({ whole: true });
    const { page } = await browser.open();
    await openList(page, lightbox.address, lightbox.password);
    const study = await page.locator('tr[data-study]').first().getAttribute('data-study');
    await openWholeSeries(page, new URL(`/viewer?StudyInstanceUIDs=${study}`, lightbox.address).href, slices);
    // Both are children of ours.
    const [machine, cpu] = [await machineTime(), await cpuMs([process.pid])];
    const measured = await scrollThrough(page, steps);
    found.push({
      steps: measured.length,
      toldMs: spread(measured.map(({ told }) => told)),
      drawnMs: spread(measured.map(({ drawn }) => drawn)),
      ownMs: spread(measured.map(({ told, drawn }) => drawn - told)),
      paintedMs: spread(measured.map(({ painted }) => painted)),
      noise: await noiseSince(machine, (await cpuMs([process.pid])) - cpu),
    });
  }
  return found;
}

export function scrollTable(found: readonly ScrollSteps[]): string {
  const rows = found.flatMap(({ noise, ownMs, ...spreads }) =>
    Object.entries({
      'wheel to the page': spreads.toldMs,
      'the page to drawn': ownMs,
      'wheel to drawn': spreads.drawnMs,
      'wheel to painted': spreads.paintedMs,
    }).map(([what, spreadOf]) => [
      what,
      ...[spreadOf.p50, spreadOf.p95, spreadOf.worst].map((ms) => ms.toFixed(1)),
      `${(100 * noise).toFixed(0)} %`,
      spreadOf === ownMs ? `p95 ≤ ${wantedP95Ms} ${verdict(ownMs.p95 <= wantedP95Ms, noise)}` : '',
    ]),
  );
  const head = ['a step through 200 CT slices', 'p50 ms', 'p95 ms', 'worst ms', 'noise', 'wanted'];
  return table([head, ...rows]);
}

/** Resolves when the first image is shown and every frame has come. */
export async function openWholeSeries(page: Page, address: string, slices: number): Promise<void> {
  const come = new Set<string>();
  const { promise: allCome, resolve } = Promise.withResolvers<void>();
  page.on('requestfinished', (request) => {
    if (request.url().includes('/frames/') && come.add(request.url()).size === slices) resolve();
  });
  await page.goto(address, { waitUntil: 'commit' });
  await untilShown(page, 0);
  const tooLate = setTimeout(resolve, prefetchMs);
  await allCome;
  clearTimeout(tooLate);
  if (come.size < slices) throw new BenchFailed(`Of ${slices} frames ${come.size} came within ${prefetchMs / 1000} s.`);
}

export async function scrollThrough(page: Page, steps: number): Promise<Step[]> {
  const wheel = { event: 'wheel', on: '.viewport', changes: { attributeFilter: ['data-shown'] } };
  await page.locator('.viewport').hover();
  const measured = await eachStep(page, wheel, steps, () => page.mouse.wheel(0, 100));
  await untilShown(page, steps);
  return measured;
}

interface Watched {
  readonly event: string;
  /** of what the changes tell that the step was done */
  readonly on: string;
  readonly changes: MutationObserverInit;
}

/** Does one step after the other, each when the page has been painted with the one before. */
export async function eachStep(
  page: Page,
  watched: Watched,
  steps: number,
  act: (step: number) => Promise<void>,
): Promise<Step[]> {
  const measured = await page.evaluateHandle(({ event, on, changes }) => {
    const viewport = document.querySelector<HTMLElement>('.viewport')!;
    const all: { told: number; drawn: number; painted: number }[] = [];
    let [acted, told] = [0, 0];
    const note = ({ timeStamp }: Event): void => {
      acted = timeStamp;
      told = performance.now() - timeStamp;
    };
    viewport.addEventListener(event, note, { capture: true, passive: true });
    new MutationObserver(() => {
      const drawn = performance.now() - acted;
      // What is posted in a picture's callback comes when that picture has been painted.
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          all.push({ told, drawn, painted: performance.now() - acted });
          viewport.dispatchEvent(new Event('painted'));
        };
        port2.postMessage(undefined);
      });
    }).observe(document.querySelector(on)!, changes);
    return all;
  }, watched);
  for (let step = 1; step <= steps; step++) {
    const painted = measured.evaluate(
      (all, count) =>
        new Promise<void>((resolve) => {
          if (all.length >= count) resolve();
          else document.querySelector('.viewport')!.addEventListener('painted', () => resolve(), { once: true });
        }),
      step,
    );
    await act(step);
    await painted;
  }
  return measured.jsonValue();
}

export function spread(values: readonly number[]): Spread {
  return { p50: percentile(values, 0.5), p95: percentile(values, 0.95), worst: percentile(values, 1) };
}
