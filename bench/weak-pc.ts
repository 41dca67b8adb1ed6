/**
 * What a reader waits for on a weak computer: Chromium that draws on the processor, and a page that gets a sixth of one
 * (Emulation.setCPUThrottlingRate slows the page's own thread only, not the browser around it, nor decoders in workers).
 */
import type { CDPSession, Page } from 'playwright-core';

import { hasChromium, openBrowser } from '#tests/browser/chromium.ts';
import { openList, untilShown } from '#tests/browser/viewer-pages.ts';

import type { BenchedLightbox } from './benched-lightbox.ts';
import { ctSlices, storeSlices } from './ingest.ts';
import { openWholeSeries, scrollThrough, spread, type Spread } from './scroll-steps.ts';
import { cpuMs, machineTime, noiseSince } from './server-load.ts';
import { table } from './table.ts';

export interface WeakPc {
  /** From the address to the first slice, with nothing in the browser's cache, and once more. */
  readonly firstMs: number;
  readonly againMs: number;
  /** From a turn of the wheel until the page is painted with the slice it asks for, one after the other. */
  readonly stepMs: Spread;
  readonly quickWheel: Quick;
  readonly heldKey: Quick;
  /** Between two pictures while the window is dragged. */
  readonly dragMs: Spread;
  /** Share of the processor, 0 to 1, that went to others than Lightbox, the browser and us. */
  readonly noise: number;
}

/** What became of many events, each sooner than the last one was drawn. */
interface Quick {
  readonly drawn: number;
  /** from the last event until its slice was painted */
  readonly behindMs: number;
}

const slices = 200;
const slower = 6;
const steps = 60;
const notches = { count: 80, everyMs: 20 };
const repeats = { count: 60, everyMs: 33 };
const moves = { count: 100, everyMs: 16 };

/** @returns one for each round; nothing where there is no Chromium */
export async function measureWeakPc(lightbox: BenchedLightbox, rounds: number): Promise<WeakPc[]> {
  if (!hasChromium) return [];
  await storeSlices(lightbox, ctSlices({ studies: 1, slices }, `weak ${Date.now()}`), 1);
  const found: WeakPc[] = [];
  for (let round = 0; round < rounds; round++) {
    await using browser = await openBrowser({ whole: true });
    const { page } = await browser.open();
    await openList(page, lightbox.address, lightbox.password);
    const study = await page.locator('tr[data-study]').first().getAttribute('data-study');
    const address = new URL(`/viewer?StudyInstanceUIDs=${study}`, lightbox.address).href;
    const session = await page.context().newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: slower });
    const [machine, cpu] = [await machineTime(), await cpuMs([process.pid])];
    const [firstMs, againMs] = [await untilFirst(page, address), await untilFirst(page, address)];
    await openWholeSeries(page, address, slices);
    found.push({
      firstMs,
      againMs,
      stepMs: spread((await scrollThrough(page, steps)).map(({ painted }) => painted)),
      quickWheel: await turnQuickly(page, session),
      heldKey: await holdKey(page, session),
      dragMs: await dragWindow(page, session),
      noise: await noiseSince(machine, (await cpuMs([process.pid])) - cpu),
    });
  }
  return found;
}

export function weakTable(found: readonly WeakPc[]): string {
  const rows = found.map(({ firstMs, againMs, stepMs, quickWheel, heldKey, dragMs, noise }) => [
    `${firstMs.toFixed(0)} / ${againMs.toFixed(0)}`,
    `${stepMs.p50.toFixed(0)} / ${stepMs.p95.toFixed(0)}`,
    `${quickWheel.drawn} / ${quickWheel.behindMs.toFixed(0)}`,
    `${heldKey.drawn} / ${heldKey.behindMs.toFixed(0)}`,
    `${dragMs.p50.toFixed(0)} / ${dragMs.p95.toFixed(0)}`,
    `${(100 * noise).toFixed(0)} %`,
  ]);
  const head = [
    'first picture, again ms',
    'step painted p50 / p95 ms',
    `${notches.count} notches: drawn / behind ms`,
    `${repeats.count} repeats of a key: drawn / behind ms`,
    'window dragged: a picture each p50 / p95 ms',
    'noise',
  ];
  return table([head, ...rows]);
}

async function untilFirst(page: Page, address: string): Promise<number> {
  await page.goto('about:blank');
  const started = performance.now();
  await page.goto(address, { waitUntil: 'commit' });
  await untilShown(page, 0);
  return performance.now() - started;
}

async function turnQuickly(page: Page, session: CDPSession): Promise<Quick> {
  const { x, y } = await middleOf(page);
  const turn = { type: 'mouseWheel', x, y, deltaX: 0, deltaY: 120 } as const;
  return quick(page, 'wheel', notches.count, () =>
    evenly(notches, () => void session.send('Input.dispatchMouseEvent', turn)),
  );
}

async function holdKey(page: Page, session: CDPSession): Promise<Quick> {
  const key = { key: 'ArrowDown', code: 'ArrowDown', windowsVirtualKeyCode: 40 };
  const press = { type: 'rawKeyDown', ...key } as const;
  const found = await quick(page, 'keydown', repeats.count, () =>
    evenly(repeats, (at) => void session.send('Input.dispatchKeyEvent', { ...press, autoRepeat: at > 0 })),
  );
  await session.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key });
  return found;
}

async function quick(page: Page, event: 'wheel' | 'keydown', to: number, act: () => Promise<void>): Promise<Quick> {
  await page.keyboard.press('Home');
  await untilShown(page, 0);
  const seen = await page.evaluateHandle((kind) => {
    const found = { asked: 0, drawn: 0, painted: 0 };
    const viewport = document.querySelector('.viewport')!;
    addEventListener(kind, ({ timeStamp }) => (found.asked = timeStamp), { capture: true, passive: true });
    new MutationObserver(() => {
      found.drawn += 1;
      requestAnimationFrame(() => setTimeout(() => (found.painted = performance.now())));
    }).observe(viewport, { attributeFilter: ['data-shown'] });
    return found;
  }, event);
  await act();
  await untilShown(page, to);
  await settled(page);
  const { asked, drawn, painted } = await seen.jsonValue();
  return { drawn, behindMs: painted - asked };
}

async function dragWindow(page: Page, session: CDPSession): Promise<Spread> {
  await settled(page);
  const { x, y } = await middleOf(page);
  const pictures = await page.evaluateHandle(() => {
    const found: number[] = [];
    const corner = document.querySelector('.corner.bottom.left')!;
    const painted = () => requestAnimationFrame(() => setTimeout(() => found.push(performance.now())));
    new MutationObserver(painted).observe(corner, { subtree: true, childList: true, characterData: true });
    return found;
  });
  await page.mouse.move(x, y);
  await page.mouse.down();
  await evenly(moves, (at) => {
    const place = { x: x + at, y: y + at / 2, button: 'left', buttons: 1 } as const;
    void session.send('Input.dispatchMouseEvent', { type: 'mouseMoved', ...place });
  });
  await page.mouse.up();
  await settled(page);
  const at = await pictures.jsonValue();
  return spread(at.slice(1).map((time, index) => time - at[index]!));
}

async function middleOf(page: Page): Promise<{ x: number; y: number }> {
  const { x, y, width, height } = (await page.locator('.viewport').boundingBox())!;
  return { x: x + width / 2, y: y + height / 2 };
}

async function evenly({ count, everyMs }: { count: number; everyMs: number }, act: (at: number) => void) {
  for (let at = 0; at < count; at += 1) {
    act(at);
    await new Promise((next) => setTimeout(next, everyMs));
  }
}

/** Until the page has had nothing to do for a while: the last picture is painted then. */
const settled = (page: Page) =>
  page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestIdleCallback(() => setTimeout(done, 300)))),
  );
