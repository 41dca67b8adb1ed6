/**
 * A real browser for tests: Chromium with a profile of its own, drawing on the processor so that its pixels are the same
 * everywhere. Where there is no Chromium its tests are skipped, visibly; with REQUIRE_ALL=1 they fail.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromium, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome'];
const folders = (process.env['PATH'] ?? '').split(delimiter);
const find = (names: readonly string[]) =>
  folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path));
const program = find(names);
/** Chromium without what is around its pages (windows, extensions, the reader of PDFs): it costs the processor a quarter less. */
const shell = find(['chromium-headless-shell']) ?? program;

export const hasChromium = program !== undefined;
if (!hasChromium && process.env['REQUIRE_ALL'] === '1') throw new Error('Chromium is not on PATH');

/** What Playwright turns off itself (playwright-core 1.64.1, chromiumSwitches.ts): of two such lists only the later one counts. */
const turnedOffByPlaywright = [
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'DialMediaRouteProvider',
  'GlobalMediaControls',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'BlockOriginHeaderModificationOnRedirect',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'Translate',
  'AutoDeElevate',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'msForceBrowserSignIn',
  'msEdgeUpdateLaunchServicesPreferredVersion',
];

const switches = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  // WebGL is for the images: pages put together by it as well would cost the processor four times as much.
  '--disable-gpu-compositing',
];

const compilingOnce = [
  '--process-per-site',
  // It would compile a script anew while that arrives.
  `--disable-features=${[...turnedOffByPlaywright, 'ScriptStreaming'].join(',')}`,
];

export const usualViewport = { width: 1280, height: 800 };

/** How long a page is waited for: on a machine with more to do than time, everything that comes at all comes late. */
const patienceMs = 120_000;

export interface Browser extends AsyncDisposable {
  context: BrowserContext;
  open(): Promise<OpenPage>;
}

export interface OpenPage {
  page: Page;
  /** What went wrong in the page without being shown: exceptions, and what the content security policy refused. */
  complaints: string[];
}

export interface BrowserOptions extends BrowserContextOptions {
  /** Chromium as people have it, rather than its pages alone. */
  readonly whole?: boolean;
  /**
   * All pages of one site share a process, which compiles their scripts once while one of them stays: it spares a fourth to a third of
   * what opening the viewer takes, and is not what people have.
   */
  readonly compilesOnce?: boolean;
  /** Where a page waits by its clock for one to ten seconds, it waits a tenth of that: for more news, for the line, to ask again. */
  readonly waitsLess?: boolean;
}

export async function openBrowser({
  whole = false,
  compilesOnce = false,
  waitsLess = false,
  ...options
}: BrowserOptions = {}): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'lightbox-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: (whole ? program : shell)!,
    args: compilesOnce ? [...switches, ...compilingOnce] : switches,
    locale: 'en-GB',
    viewport: usualViewport,
    ...options,
  });
  context.setDefaultTimeout(patienceMs);
  if (waitsLess) await context.addInitScript(waitATenth);
  return {
    context,
    open: async () => watch(await context.newPage()),
    async [Symbol.asyncDispose]() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** Runs in pages. What gives something up waits longer than that, and goes on doing so: here everything comes late. */
function waitATenth(): void {
  const wait = window.setTimeout;
  Object.assign(window, {
    setTimeout: (then: TimerHandler, ms = 0, ...given: unknown[]) =>
      wait(then, ms < 1_000 || ms > 10_000 ? ms : ms / 10, ...given),
  });
}

function watch(page: Page): OpenPage {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) complaints.push(message.text());
  });
  return { page, complaints };
}

/**
 * Makes the viewer believe that there is a graphics card, so that it draws through WebGL as it does on most computers; what
 * draws is the processor all the same.
 */
export async function pretendGraphicsCard(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const unmaskedRenderer = 0x9246;
    for (const type of [WebGLRenderingContext, WebGL2RenderingContext]) {
      const original = type.prototype.getParameter;
      type.prototype.getParameter = function (name: number) {
        return name === unmaskedRenderer ? 'A graphics card' : (original.call(this, name) as unknown);
      };
    }
  });
}

/** Takes WebGL away, as where there is no graphics card, or no driver that the browser trusts. */
export async function takeWebGLAway(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const original = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, kind: string, ...more: unknown[]) {
      return /webgl/.test(kind) ? null : (original.call(this, kind, ...more) as unknown);
    } as typeof original;
  });
}
