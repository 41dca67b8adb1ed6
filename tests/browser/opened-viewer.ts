/**
 * What every browser test begins with: a whole Lightbox, empty, with a database of its own, a Chromium beside it, and a fresh page
 * for each test. To be called inside the `describe` of a test file; it puts up and takes down by vitest's hooks.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';

import { startLightbox, type RunningLightbox } from '../running-lightbox.ts';
import { startTestDatabase, type TestDatabase } from '../test-database.ts';
import { openBrowser, usualViewport, type Browser, type BrowserOptions, type OpenPage } from './chromium.ts';
import { storeFiles } from './store-files.ts';
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

  /** Signs the browser in where it is not. It takes no page: the list, once it has nothing to do, reads all of the viewer's code. */
  async signIn(): Promise<void> {
    const { request } = this.browser.context;
    if ((await request.get(this.address('/api/session'))).ok()) return;
    const headers = { Origin: new URL(this.address()).origin };
    const answer = await request.post(this.address('/api/login'), { headers, data: { name: 'admin', password } });
    if (!answer.ok()) throw new Error(`not signed in: ${answer.status()} ${await answer.text()}`);
  }

  /** Another browser, signed in as this one is. */
  async openApart(options?: BrowserOptions): Promise<Browser> {
    await this.signIn();
    const apart = await openBrowser(options);
    await apart.context.addCookies(await this.browser.context.cookies());
    return apart;
  }

  /** Stores files by STOW-RS. @returns whether the archive kept all of them */
  async store(...files: Buffer[]): Promise<boolean> {
    await this.signIn();
    return storeFiles(this.browser.context, this.lightbox.address, files);
  }
}

interface Options {
  /** Beyond those of running-lightbox.ts. */
  readonly settings?: Readonly<Record<string, string>> | (() => Promise<Readonly<Record<string, string>>>);
  readonly browser?: BrowserOptions;
  /** The page of a test that passed, and has not closed it, is that of the next one, which goes on in it (viewer-pages.ts). */
  readonly pageStays?: boolean;
}

/** For what looks at images and at nothing that is made of them: previews of all that is stored cost as much as some tests do. */
export const withoutWorker = { ROLES: 'archive' };

export function openedViewer({ settings, browser, pageStays = false }: Options = {}): OpenedViewer {
  const opened = new OpenedViewer();
  let database: TestDatabase | undefined;

  beforeAll(async () => {
    opened.directory = await mkdtemp(join(tmpdir(), 'lightbox-browser-'));
    const dataDir = join(opened.directory, 'data');
    database = await startTestDatabase();
    opened.lightbox = await startLightbox({
      dataDir,
      settings: {
        DATABASE_URL: database.url,
        ADMIN_PASSWORD: password,
        ...(typeof settings === 'function' ? await settings() : settings),
      },
    });
    opened.browser = await openBrowser({ compilesOnce: true, ...browser });
    // Of nothing but a line of text, and never closed: with the last page of ours the browser would forget their compiled scripts.
    const { page: stays } = await opened.browser.open();
    await stays.goto(opened.address('/health/live'));
  });

  afterAll(async () => {
    await opened.browser?.[Symbol.asyncDispose]();
    await opened.lightbox?.[Symbol.asyncDispose]();
    await database?.[Symbol.asyncDispose]();
    await rm(opened.directory, { recursive: true, force: true });
  });

  let stays: OpenPage | undefined;
  beforeEach(async () => {
    const { page, complaints } = stays ?? (await opened.browser.open());
    Object.assign(opened, { page, complaints });
    stays = undefined;
  });

  afterEach(async ({ task }) => {
    const { page, complaints } = opened;
    if (!pageStays || page.isClosed() || task.result?.state === 'fail') return page.close();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.setViewportSize(browser?.viewport ?? usualViewport);
    await page.mouse.move(0, 0);
    stays = { page, complaints };
  });

  return opened;
}

interface Axe {
  run(options: { resultTypes: 'violations'[] }): Promise<{ violations: Finding[] }>;
}

interface Finding {
  id: string;
  impact: string;
  nodes: { html: string }[];
}

/** What axe-core finds on the page as it stands: each rule with the elements that break it; of every impact. */
export async function axeFindings(page: Page): Promise<string[]> {
  // It stays in the page until that is left: half a megabyte of script that need not be sent and read again for each look.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const checker = (globalThis as unknown as { axe: Axe }).axe;
    // Of what is well it would describe each element, which takes as long as the finding.
    const { violations } = await checker.run({ resultTypes: ['violations'] });
    return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}
