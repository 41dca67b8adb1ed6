/**
 * A page in a browser that Playwright cannot drive as it comes from its makers, by what all browsers have: W3C WebDriver, and its
 * successor over a WebSocket (BiDi). Only what the tests need.
 */
import { setTimeout as delay } from 'node:timers/promises';

/** How long a page is waited for: on a machine with more to do than time, everything that comes at all comes late. */
const patienceMs = 120_000;
const lookEveryMs = 50;

/** Steps of one pointer or of the keyboard, as both protocols have them. */
export type InputSource = {
  id: string;
  type: 'key' | 'pointer' | 'wheel';
  parameters?: { pointerType: 'mouse' | 'touch' };
  actions: Record<string, unknown>[];
};

export interface Protocol extends AsyncDisposable {
  /** Resolves when the page has loaded. */
  go(address: string): Promise<void>;
  /** @param body  of a function without arguments; what it returns comes back as JSON */
  run(body: string): Promise<unknown>;
  perform(sources: InputSource[]): Promise<void>;
  /** PNG of what is seen. */
  picture(): Promise<Buffer>;
}

/** Codes of keys that are no letters (WebDriver, 17.4.2). */
const keys = {
  ArrowDown: '\uE015',
  ArrowUp: '\uE013',
  ArrowRight: '\uE014',
  ArrowLeft: '\uE012',
  End: '\uE010',
  Escape: '\uE00C',
  Enter: '\uE007',
};

export class RemotePage implements AsyncDisposable {
  readonly #protocol: Protocol;

  constructor(protocol: Protocol) {
    this.#protocol = protocol;
  }

  async go(address: string): Promise<void> {
    await this.#protocol.go(address);
    // What goes wrong from now on; the policy that the page came with has been applied to it already.
    await this.#protocol.run(`
      globalThis.complaints ??= [];
      addEventListener('error', (event) => complaints.push(String(event.message)));
      addEventListener('unhandledrejection', (event) => complaints.push(String(event.reason)));
      document.addEventListener('securitypolicyviolation', (event) => complaints.push(event.violatedDirective + ' ' + event.blockedURI));
    `);
  }

  /** What went wrong in the page since it was loaded without being shown. */
  complaints(): Promise<string[]> {
    return this.value<string[]>('globalThis.complaints');
  }

  /** @param expression  evaluated in the page; its value comes back as JSON */
  async value<T>(expression: string): Promise<T> {
    return (await this.#protocol.run(`return ${expression};`)) as T;
  }

  /** Waits until an expression is true. @throws Error that names it */
  async until(expression: string): Promise<void> {
    const end = performance.now() + patienceMs;
    while (!(await this.value<boolean>(`Boolean(${expression})`))) {
      if (performance.now() > end) throw new Error(`never came: ${expression}`);
      await delay(lookEveryMs);
    }
  }

  shows(selector: string): Promise<void> {
    return this.until(`document.querySelector(${JSON.stringify(selector)})`);
  }

  async press(...pressed: (keyof typeof keys | (string & {}))[]): Promise<void> {
    const actions = pressed.flatMap((key) => {
      const value = keys[key as keyof typeof keys] ?? key;
      return [
        { type: 'keyDown', value },
        { type: 'keyUp', value },
      ];
    });
    await this.#protocol.perform([{ id: 'keyboard', type: 'key', actions }]);
  }

  async type(selector: string, text: string): Promise<void> {
    await this.click(selector);
    await this.press(...text);
  }

  /** In the middle of an element. */
  async click(selector: string): Promise<void> {
    await this.shows(selector);
    const [x, y] = await this.#middleOf(selector);
    await this.#mouse([move(x, y), down, up]);
  }

  /** From the middle of an element, by so many pixels. */
  async drag(selector: string, dx: number, dy: number): Promise<void> {
    const [x, y] = await this.#middleOf(selector);
    const steps = Array.from({ length: 8 }, (_, step) =>
      move(x + (dx * (step + 1)) / 8, y + (dy * (step + 1)) / 8, 20),
    );
    await this.#mouse([move(x, y), down, ...steps, up]);
  }

  async wheel(selector: string, deltaY: number): Promise<void> {
    const [x, y] = await this.#middleOf(selector);
    await this.#protocol.perform([
      {
        id: 'wheel',
        type: 'wheel',
        actions: [{ type: 'scroll', x, y, deltaX: 0, deltaY, duration: 0, origin: 'viewport' }],
      },
    ]);
  }

  picture(): Promise<Buffer> {
    return this.#protocol.picture();
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#protocol[Symbol.asyncDispose]();
  }

  #mouse(actions: Record<string, unknown>[]): Promise<void> {
    return this.#protocol.perform([{ id: 'mouse', type: 'pointer', parameters: { pointerType: 'mouse' }, actions }]);
  }

  async #middleOf(selector: string): Promise<[number, number]> {
    const box = await this.value<[number, number]>(`(() => {
      const { x, y, width, height } = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect();
      return [Math.round(x + width / 2), Math.round(y + height / 2)];
    })()`);
    return box;
  }
}

const down = { type: 'pointerDown', button: 0 };
const up = { type: 'pointerUp', button: 0 };
const move = (x: number, y: number, duration = 0) => ({
  type: 'pointerMove',
  x: Math.round(x),
  y: Math.round(y),
  duration,
  origin: 'viewport',
});
