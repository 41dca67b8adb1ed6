/**
 * What every browser test begins with: a whole Lightbox, empty, a Chromium beside it, and a fresh page for each test. To be called
 * inside the `describe` of a test file; it puts up and takes down by vitest's hooks.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';

import { startLightbox, type RunningLightbox } from '../running-lightbox.ts';
import { openBrowser, type Browser } from './chromium.ts';
import { openList } from './viewer-pages.ts';

export const password = 'correct-horse-battery';

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export class OpenedViewer {
  lightbox!: RunningLightbox;
  browser!: Browser;
  /** A temporary directory, for files that a test makes. */
  directory!: string;
  /** Of this test; not signed in by itself, but the browser stays signed in from one test to the next. */
  page!: Page;
  /** What went wrong in `page` without being shown. */
  complaints!: string[];

  /** The full address of a path of this Lightbox. */
  address(path = '/'): string {
    return new URL(path, this.lightbox.address).href;
  }

  /** The study list, signed in. */
  openList(page = this.page): Promise<void> {
    return openList(page, this.lightbox.address, password);
  }
}

interface Options {
  /** Beyond those of running-lightbox.ts. */
  readonly settings?: Readonly<Record<string, string>>;
}

export function openedViewer({ settings }: Options = {}): OpenedViewer {
  const opened = new OpenedViewer();

  beforeAll(async () => {
    opened.directory = await mkdtemp(join(tmpdir(), 'lightbox-browser-'));
    opened.lightbox = await startLightbox({
      dataDir: join(opened.directory, 'data'),
      settings: { ADMIN_PASSWORD: password, ...settings },
    });
    opened.browser = await openBrowser();
  }, 120_000);

  afterAll(async () => {
    await opened.browser?.[Symbol.asyncDispose]();
    await opened.lightbox?.[Symbol.asyncDispose]();
    await rm(opened.directory, { recursive: true, force: true });
  }, 60_000);

  beforeEach(async () => {
    ({ page: opened.page, complaints: opened.complaints } = await opened.browser.open());
  });

  afterEach(async () => {
    await opened.page.close();
  });

  return opened;
}

interface Finding {
  id: string;
  impact: string;
  nodes: { html: string }[];
}

/** What axe-core finds on the page as it stands: each rule with the elements that break it; of every impact. */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const checker = (globalThis as unknown as { axe: { run(): Promise<{ violations: Finding[] }> } }).axe;
    const { violations } = await checker.run();
    return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}
