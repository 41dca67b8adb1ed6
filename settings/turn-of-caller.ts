/**
 * The event loop in turns of callers: what they ask for is begun one after the other, of each caller one, and of one round of the loop no more
 * than takes a few milliseconds. Whoever asks a thousand times at once, by however many connections, then waits for himself.
 */
import { Waiting } from './on-behalf.ts';

/** Of a round of the loop, for what all callers have begun. */
const roundMs = 4;

const waiting = new Waiting<() => void>();
let begunAt = 0;
/** Something was begun in this round. */
let isRoundBegun = false;
let isNextAwaited = false;

/** @returns a promise only where who asks, by `onBehalfOf`, has to wait for his turn */
export function turnOfCaller(): Promise<void> | undefined {
  if (!isRoundBegun) {
    beginRound();
    return undefined;
  }
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.add(resolve);
  awaitNext();
  return promise;
}

/** The same in the middle of long work: in any case everything else that waits for the loop is heard before it goes on. */
export async function nextTurnOfCaller(): Promise<void> {
  await new Promise((heard) => setImmediate(heard));
  await turnOfCaller();
}

function beginRound(): void {
  isRoundBegun = true;
  begunAt = performance.now();
  setImmediate(() => {
    isRoundBegun = false;
    if (waiting.size === 0) return;
    beginRound();
    beginNext();
  });
}

/** What was begun goes on as far as it needs nothing from outside, before the next one begins: that counts too. */
function awaitNext(): void {
  if (isNextAwaited) return;
  isNextAwaited = true;
  queueMicrotask(() => {
    isNextAwaited = false;
    beginNext();
  });
}

function beginNext(): void {
  if (performance.now() - begunAt >= roundMs) return;
  waiting.next()?.();
  if (waiting.size > 0) awaitNext();
}
