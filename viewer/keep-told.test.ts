import { signal } from '@preact/signals';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LoadError, type Trouble } from './archive-client.ts';
import { keepTold } from './keep-told.ts';
import { isLive } from './study-list/live.ts';

const page = Object.assign(new EventTarget(), { hidden: false });
let looks: number;
const error = signal<LoadError | undefined>(undefined);
let stop: () => void;
let tell: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('document', page);
  isLive.value = true;
  looks = 0;
  error.value = undefined;
});

afterEach(() => {
  stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function keep(): void {
  const refresh = async () => void (looks += 1);
  const listen = (changed: () => void) => {
    tell = changed;
    return () => {};
  };
  stop = keepTold(refresh, listen, { newsEveryMs: 1_000, lookEveryMs: 10_000, error });
}

async function looksWithin(ms: number): Promise<number> {
  const before = looks;
  await vi.advanceTimersByTimeAsync(ms);
  return looks - before;
}

const hour = 3_600_000;

test.each<Trouble>(['notAllowed', 'notFound'])(
  'what was answered with %s is not asked for again, live or not, before there is news or somebody comes back',
  async (trouble) => {
    error.value = new LoadError(trouble);
    keep();
    expect(await looksWithin(hour)).toBe(0);
    isLive.value = false;
    expect(await looksWithin(hour)).toBe(0);
    tell();
    expect(await looksWithin(hour)).toBe(1);
    page.dispatchEvent(new Event('visibilitychange'));
    expect(await looksWithin(hour)).toBe(1);
    error.value = undefined;
    expect(await looksWithin(60_000)).toBe(6);
  },
);

test('what did not come for any other reason is asked for again and again, though there is a stream of news', async () => {
  error.value = new LoadError('unreachable');
  keep();
  expect(await looksWithin(60_000)).toBe(6);
});
