/**
 * Fingers on the screen of a page. The times of their events are ours, so a gesture is as quick as it says on a machine that is
 * busy too.
 */
import type { Page } from 'playwright-core';

/** Where a finger touches and where it leaves, in pixels of the window. */
export interface Path {
  from: [x: number, y: number];
  to: [x: number, y: number];
}

interface Touch {
  /** How long the fingers stay where they touched. */
  heldMs?: number;
  /** Each finger touches when the one before has begun to move, as those of a hand do. */
  oneByOne?: boolean;
  /** What happens meanwhile: the page hears of the movement afterwards, however early it was. */
  meanwhile?: () => Promise<unknown>;
}

const steps = 10;
const stepMs = 10;

/** One gesture: the fingers touch, move in step, and leave. */
export async function touch(
  page: Page,
  fingers: Path[],
  { heldMs = 0, oneByOne = false, meanwhile }: Touch = {},
): Promise<void> {
  await using connection = await connect(page);
  const startedAt = Date.now();
  const send = (type: string, afterMs: number, points: [number, number][]) =>
    connection.session.send('Input.dispatchTouchEvent', {
      type: type as 'touchStart',
      touchPoints: points.map(([x, y], id) => ({ x, y, id })),
      timestamp: (startedAt + afterMs) / 1000,
    });
  const touching = fingers.map(({ from }) => from);
  for (let count = oneByOne ? 1 : fingers.length; count <= fingers.length; count += 1) {
    await send('touchStart', 0, touching.slice(0, count));
    if (count < fingers.length)
      await send('touchMove', 0, [...touching.slice(0, count - 1), beside(touching[count - 1]!)]);
  }
  await meanwhile?.();
  for (let step = 1; step <= steps; step += 1) {
    const at = (a: number, b: number) => a + ((b - a) * step) / steps;
    const points = fingers.map(({ from, to }): [number, number] => [at(from[0], to[0]), at(from[1], to[1])]);
    await send('touchMove', heldMs + step * stepMs, points);
  }
  await send('touchEnd', heldMs + steps * stepMs, []);
}

const beside = ([x, y]: [number, number]): [number, number] => [x + 1, y];

async function connect(page: Page) {
  const session = await page.context().newCDPSession(page);
  return { session, [Symbol.asyncDispose]: () => session.detach() };
}
