import { expect, test } from 'vitest';
import { onBehalfOf } from './on-behalf.ts';
import { nextTurnOfCaller, turnOfCaller } from './turn-of-caller.ts';

/** As long as a round of the loop has for all callers. */
function busy(): void {
  const until = performance.now() + 4;
  while (performance.now() < until);
}

/** Asks for this at the same moment, one letter for each request of a caller of that name. @returns the order in which they were done */
async function asked(names: string, turn: () => Promise<void> | undefined = turnOfCaller): Promise<string> {
  const done: string[] = [];
  const requests = [...names].map((name) =>
    onBehalfOf(name, async () => {
      await turn();
      busy();
      done.push(name);
    }),
  );
  await Promise.all(requests);
  return done.join('');
}

test('who asks for one thing has it before the rest of what another one has asked for', async () => {
  expect(await asked('aaaabcab')).toBe('aabcabaa');
});

test('who is in the middle of long work has the next turn behind others who wait', async () => {
  expect(await asked('aaaab', nextTurnOfCaller)).toBe('aabaa');
});

test('between two rounds everything else is heard', async () => {
  let heard = 0;
  let isOver = false;
  const other = (): void => {
    heard++;
    if (!isOver) setImmediate(other);
  };
  setImmediate(other);
  await asked('aaaaaa');
  isOver = true;
  expect(heard).toBeGreaterThanOrEqual(5);
});
