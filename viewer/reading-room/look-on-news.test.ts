import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LoadError } from '../archive-client.ts';
import { lookOnNews } from './look-on-news.ts';

const page = Object.assign(new EventTarget(), { hidden: false });
let closing: AbortController;
let looks: number;
let failure: Error | undefined;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.stubGlobal('document', page);
  page.hidden = false;
  closing = new AbortController();
  looks = 0;
  failure = new LoadError('unreachable');
});

afterEach(() => {
  closing.abort();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const looking = () =>
  lookOnNews(async () => {
    looks += 1;
    if (failure) throw failure;
  }, closing.signal);

async function looksWithin(ms: number): Promise<number> {
  const before = looks;
  await vi.advanceTimersByTimeAsync(ms);
  return looks - before;
}

test('a look that fails is repeated after twice the time each, up to some minutes, until there is news', async () => {
  const { within } = looking();
  within(2_000);
  expect(await looksWithin(2_000)).toBe(1);
  for (const seconds of [10, 20, 40, 80, 160, 300, 300]) {
    expect([seconds, await looksWithin(seconds * 1000 - 1)]).toEqual([seconds, 0]);
    expect([seconds, await looksWithin(1)]).toEqual([seconds, 1]);
  }
  within(2_000);
  expect(await looksWithin(2_000)).toBe(1);
  expect(await looksWithin(10_000)).toBe(1);
  failure = undefined;
  expect(await looksWithin(20_000)).toBe(1);
  expect(await looksWithin(3_600_000)).toBe(0);
});

test('what is not allowed is not repeated until there is news', async () => {
  failure = new LoadError('notAllowed');
  const { within } = looking();
  within(2_000);
  expect(await looksWithin(3_600_000)).toBe(1);
  within(2_000);
  expect(await looksWithin(2_000)).toBe(1);
});

test('nobody looks at a page that is hidden, and once as soon as it is seen', async () => {
  const { within, whenQuiet } = looking();
  for (const hear of [() => within(2_000), () => whenQuiet(10_000)]) {
    page.hidden = true;
    hear();
    expect(await looksWithin(3_600_000)).toBe(0);
    page.hidden = false;
    page.dispatchEvent(new Event('visibilitychange'));
    expect(looks).toBe(1);
    page.hidden = true;
    expect(await looksWithin(3_600_000)).toBe(0);
    page.hidden = false;
    failure = undefined;
    page.dispatchEvent(new Event('visibilitychange'));
    expect(looks).toBe(2);
    [looks, failure] = [0, new LoadError('unreachable')];
  }
});

test('news that goes on is looked at soon, or when there is no more of it', async () => {
  failure = undefined;
  for (const [isPutOff, expected] of [
    [false, 5],
    [true, 0],
  ] as const) {
    const { within, whenQuiet } = looking();
    const before = looks;
    for (let second = 0; second <= 10; second += 1) {
      if (isPutOff) whenQuiet(10_000);
      else within(2_000);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(looks - before).toBe(expected);
    expect(await looksWithin(3_600_000)).toBe(1);
  }
});

test('a page that is left looks no more', async () => {
  const { within } = looking();
  within(2_000);
  closing.abort();
  within(2_000);
  expect(await looksWithin(3_600_000)).toBe(0);
});
