/** Firefox as Debian has it (its ESR), over WebDriver BiDi. Where there is none its tests are skipped, visibly. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { findProgram } from './find-program.ts';
import type { InputSource, Protocol } from './remote-page.ts';

const program = findProgram(['firefox-esr', 'firefox']);
export const hasFirefox = program !== undefined;
if (!hasFirefox && process.env['REQUIRE_ALL'] === '1') throw new Error('Firefox is not on PATH');

export async function openFirefox(): Promise<Protocol> {
  const profile = await mkdtemp(join(tmpdir(), 'lightbox-firefox-'));
  const browser = spawn(
    program!,
    ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port=0', '--width=1280', '--height=800'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...process.env,
        HOME: profile,
        LANG: 'en_GB.UTF-8',
        MOZ_HEADLESS_WIDTH: '1280',
        MOZ_HEADLESS_HEIGHT: '800',
      },
    },
  );
  const address = await new Promise<string>((resolve, reject) => {
    const heard: string[] = [];
    createInterface({ input: browser.stderr }).on('line', (line) => {
      heard.push(line);
      const [, found] = /WebDriver BiDi listening on (ws:\S+)/.exec(line) ?? [];
      if (found) resolve(found);
    });
    browser.once('exit', () => reject(new Error(`Firefox ended:\n${heard.join('\n')}`)));
  });
  const connection = await BiDi.connect(`${address}/session`);
  await connection.call('session.new', { capabilities: {} });
  const { contexts } = (await connection.call('browsingContext.getTree', {})) as { contexts: [{ context: string }] };
  const { context } = contexts[0];
  return {
    async go(url) {
      await connection.call('browsingContext.navigate', { context, url, wait: 'complete' });
    },
    async run(body) {
      const answer = (await connection.call('script.evaluate', {
        expression: `JSON.stringify((() => { ${body} })() ?? null)`,
        target: { context },
        awaitPromise: true,
      })) as { result?: { value: string }; exceptionDetails?: { text: string } };
      if (!answer.result) throw new Error(answer.exceptionDetails?.text);
      return JSON.parse(answer.result.value) as unknown;
    },
    async perform(sources: InputSource[]) {
      await connection.call('input.performActions', { context, actions: sources });
    },
    async picture() {
      const { data } = (await connection.call('browsingContext.captureScreenshot', { context })) as { data: string };
      return Buffer.from(data, 'base64');
    },
    async [Symbol.asyncDispose]() {
      connection.close();
      const ended = once(browser, 'exit');
      browser.kill('SIGKILL');
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

/** Commands and their answers (W3C WebDriver BiDi, 3.1); events are not asked for. */
class BiDi {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  #last = 0;

  static async connect(address: string): Promise<BiDi> {
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error(`${address} does not answer`));
    });
    return new BiDi(socket);
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const { id, result, error, message } = JSON.parse(String(data)) as {
        id: number;
        result?: unknown;
        error?: string;
        message?: string;
      };
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) waiting?.reject(new Error(`${error}: ${message}`));
      else waiting?.resolve(result);
    };
    socket.onclose = () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the browser has closed the connection'));
    };
  }

  call(method: string, params: object): Promise<unknown> {
    const id = (this.#last += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  close(): void {
    this.#socket.close();
  }
}
