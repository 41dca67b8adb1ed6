/**
 * WebKit, the engine of Safari, as Debian has it, over WebDriver: a recent one (WebKitGTK's MiniBrowser on a screen of Xvfb), and in
 * Debian 12 that of Safari 16.0, the oldest that is promised (WPE's, without a screen). Where there is none its tests are skipped,
 * visibly.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../free-port.ts';

import { findProgram } from './find-program.ts';
import type { InputSource, Protocol } from './remote-page.ts';

const [driver, screen] = [findProgram(['WebKitWebDriver']), findProgram(['Xvfb'])];
export const hasWebKit = driver !== undefined && screen !== undefined;
if (!hasWebKit && process.env['REQUIRE_ALL'] === '1') throw new Error('WebKitWebDriver or Xvfb is not on PATH');

const oldDriver = findProgram(['WPEWebDriver']);
// Not on PATH: it comes with the library, and cog with it.
const [oldBrowser] = globSync('/usr/lib/*/wpe-webkit-*/MiniBrowser');
export const hasOldWebKit = oldDriver !== undefined && oldBrowser !== undefined;
if (!hasOldWebKit && process.env['REQUIRE_ALL'] === '1')
  throw new Error('WPEWebDriver or its MiniBrowser is not there');

export async function openWebKit(): Promise<Protocol> {
  const xvfb = spawn(screen!, ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const [display] = (await once(xvfb.stdio[3]!, 'data')) as [Buffer];
  const { call, ...page } = await openByDriver(driver!, {}, { DISPLAY: `:${display.toString().trim()}` });
  await call('/window/rect', { x: 0, y: 0, width: 1280, height: 800 });
  return {
    ...page,
    async [Symbol.asyncDispose]() {
      await page[Symbol.asyncDispose]();
      await end(xvfb);
    },
  };
}

/** Its window is 1280 by 720, and of a wheel that is turned it says wrongly how far. */
export async function openOldWebKit(): Promise<Protocol> {
  const browser = { binary: oldBrowser!, args: ['--automation', '--headless'] };
  return openByDriver(oldDriver!, { 'wpe:browserOptions': browser }, {});
}

type Call = (path: string, body?: object) => Promise<unknown>;

async function openByDriver(
  program: string,
  capabilities: object,
  environment: Record<string, string>,
): Promise<Protocol & { call: Call }> {
  const home = await mkdtemp(join(tmpdir(), 'lightbox-webkit-'));
  const port = await freePort();
  const server = spawn(program, [`--port=${port}`], {
    stdio: 'ignore',
    detached: true,
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      XDG_RUNTIME_DIR: home,
      LANG: 'en_GB.UTF-8',
      LIBGL_ALWAYS_SOFTWARE: '1',
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
      ...environment,
    },
  });
  const address = `http://127.0.0.1:${port}/session`;
  const { sessionId } = (await newSession(address, capabilities)) as { sessionId: string };
  const call: Call = (path, body) => ask(`${address}/${sessionId}${path}`, body ? 'POST' : 'GET', body);
  await call('/timeouts', { script: 120_000, pageLoad: 120_000 });
  return {
    call,
    async go(url) {
      await call('/url', { url });
    },
    run: (body) => call('/execute/sync', { script: body, args: [] }),
    async perform(sources: InputSource[]) {
      await call('/actions', { actions: sources });
    },
    async picture() {
      return Buffer.from((await call('/screenshot')) as string, 'base64');
    },
    async [Symbol.asyncDispose]() {
      await ask(`${address}/${sessionId}`, 'DELETE').catch(() => {});
      process.kill(-server.pid!, 'SIGKILL');
      await rm(home, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}

async function newSession(address: string, alwaysMatch: object): Promise<unknown> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask(address, 'POST', { capabilities: { alwaysMatch } });
    } catch (error) {
      if (tries === 100 || !(error instanceof TypeError)) throw error; // not listening yet
      await delay(100);
    }
  }
}

async function ask(address: string, method: string, body?: object): Promise<unknown> {
  const response = await fetch(address, { method, ...(body && { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { value: { error?: string; message?: string } };
  if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
  return value;
}
