/**
 * Work on many things at once whose results come in the order of the things: what makes a disk busy and a list readable.
 */

/**
 * Starts `work` for up to `atOnce` items ahead of the one whose result is taken.
 * @throws what `work` throws, at its turn; what `items` throw, after the results of those that came
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const running: Promise<Result>[] = [];
  const broken: unknown[] = [];
  for await (const item of untilTheyBreak(items, broken)) {
    const result = work(item);
    // Its turn may never come when one before it fails.
    result.catch(() => {});
    running.push(result);
    if (running.length >= atOnce) yield await (running.shift() as Promise<Result>);
  }
  for (const result of running) yield await result;
  if (broken.length > 0) throw broken[0];
}

async function* untilTheyBreak<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  broken: unknown[],
): AsyncGenerator<Item> {
  try {
    yield* items;
  } catch (error) {
    broken.push(error);
  }
}
