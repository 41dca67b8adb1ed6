/** A page of Lightbox's own origin that has the viewer's image loader and nothing else: hundreds of frames without a screen. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { build } from 'vite';

import viewer from '../../vite.config.ts';
import type { HeldFrame, WantedFrame } from './frame-page/hash-frames.ts';

const root = fileURLToPath(new URL('frame-page', import.meta.url));
const place = '/frame-page/';
const types: Record<string, string> = { html: 'text/html', js: 'text/javascript', wasm: 'application/wasm' };

/** Builds the page as the viewer is built, into a directory, and opens it. */
export async function openFramePage(context: BrowserContext, address: string, directory: string): Promise<Page> {
  await build({
    ...viewer,
    configFile: false,
    logLevel: 'error',
    root,
    base: place,
    plugins: [],
    build: { ...viewer.build, outDir: directory, minify: false },
  });
  await context.route(new URL(`${place}**`, address).href, async (route) => {
    const name = new URL(route.request().url()).pathname.slice(place.length) || 'index.html';
    const contentType = types[name.split('.').at(-1)!] ?? 'application/octet-stream';
    await route.fulfill({ contentType, body: await readFile(join(directory, name)) });
  });
  const page = await context.newPage();
  await page.goto(new URL(place, address).href);
  await page.waitForFunction(() => 'holdFrames' in globalThis);
  return page;
}

interface Held {
  holdFrames: (study: string, series: string, wanted: WantedFrame[]) => Promise<HeldFrame[]>;
  heldPicture: (SOPInstanceUID: string) => string;
}

/** What the viewer holds of the first frames of some instances of a series. */
export function heldFrames(page: Page, study: string, series: string, wanted: WantedFrame[]): Promise<HeldFrame[]> {
  return page.evaluate((all) => (globalThis as unknown as Held).holdFrames(...all), [study, series, wanted] as [
    string,
    string,
    WantedFrame[],
  ]);
}

/** The colour picture that it holds of one of those, RGB by pixel. */
export async function heldPicture(page: Page, SOPInstanceUID: string): Promise<Buffer> {
  const base64 = await page.evaluate((uid) => (globalThis as unknown as Held).heldPicture(uid), SOPInstanceUID);
  return Buffer.from(base64, 'base64');
}
