import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { join, type Told } from './event-stream.ts';

/** Of the browser. */
class Source extends EventTarget {
  static readonly CLOSED = 2;
  readyState = 1;
  close(): void {
    this.readyState = Source.CLOSED;
  }
  constructor() {
    super();
    opened.push(this);
  }
}

let opened: Source[];
let told: Told[];
let leave: () => void;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date(2026, 0, 31, 23, 59, 50) });
  vi.stubGlobal('document', Object.assign(new EventTarget(), { hidden: false }));
  vi.stubGlobal('navigator', {});
  vi.stubGlobal('EventSource', Source);
  vi.stubGlobal('fetch', async () => Response.json({ name: 'reader', rights: [], passwordGenerated: false }));
  opened = [];
  told = [];
  leave = join((what) => told.push(what));
});

afterEach(() => {
  leave();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const any: Told = { kind: 'studies', changed: 'any' };
const notLive: Told = { kind: 'live', isLive: false };

test('at midnight all that is shown is to be asked for again, once', async () => {
  await vi.advanceTimersByTimeAsync(5_000);
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(told).toEqual([any]);
});

test('after hours in which no timer went on nothing is live, and a new stream is opened', async () => {
  vi.setSystemTime(Date.now() + 3 * 3_600_000);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(told).toContainEqual(notLive);
  expect(opened).toHaveLength(2);
});

test('a stream that the browser itself has opened again is heard, before its first beat too', async () => {
  await vi.advanceTimersByTimeAsync(55_000);
  opened[0]!.dispatchEvent(new Event('listening'));
  await vi.advanceTimersByTimeAsync(20_000);
  expect(opened).toHaveLength(1);
  expect(told).not.toContainEqual(notLive);
});

test('a stream that is refused is asked for less and less often, and as soon as at first when there was one', async () => {
  const refuse = () => {
    opened.at(-1)!.readyState = Source.CLOSED;
    opened.at(-1)!.dispatchEvent(new Event('error'));
  };
  for (const seconds of [5, 10, 20, 40, 60, 60]) {
    const before = opened.length;
    refuse();
    await vi.advanceTimersByTimeAsync(seconds * 1000 - 1);
    expect([seconds, opened.length]).toEqual([seconds, before]);
    await vi.advanceTimersByTimeAsync(1);
    expect([seconds, opened.length]).toEqual([seconds, before + 1]);
  }
  opened.at(-1)!.dispatchEvent(new Event('listening'));
  const before = opened.length;
  refuse();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(opened).toHaveLength(before + 1);
});
