import { expect, test } from 'vitest';
import { limits } from '#settings/limits.ts';
import { RetrievalPlaces } from './retrieval-places.ts';

const { atOnce, atOncePerDestination, getsPerCaller } = limits.retrieve;
const busy = expect.stringMatching(/^too many .* at this moment$/);

test('C-GETs of one device that nobody takes leave places to the others, and each of those its first in any case', () => {
  const places = new RetrievalPlaces();
  const held = Array.from({ length: getsPerCaller }, () => places.take('device 1', undefined));
  expect(held).toEqual(held.map(() => expect.any(Function)));
  expect(places.take('device 1', undefined)).toEqual(busy);
  for (let at = getsPerCaller; at < atOnce; at++)
    expect(places.take('device 2', undefined)).toEqual(expect.any(Function));
  expect(places.take('device 2', undefined)).toEqual(busy);
  expect(places.take('device 3', undefined)).toEqual(expect.any(Function));
  expect(places.take('device 3', undefined)).toEqual(busy);
  for (const free of held.splice(0, 2)) (free as () => void)();
  expect(places.take('device 1', undefined)).toEqual(expect.any(Function));
});

test('a device whose C-MOVEs hold every place keeps none from the first of another one', () => {
  const places = new RetrievalPlaces();
  for (let at = 0; at < atOnce; at++)
    expect(places.take('device 1', Math.floor(at / (atOncePerDestination - 1)))).toEqual(expect.any(Function));
  expect(places.take('device 1', 0)).toEqual(busy);
  const free = places.take('device 2', 0);
  expect(free).toEqual(expect.any(Function));
  expect(places.take('device 3', 0)).toEqual('too many moves to this destination at this moment');
  (free as () => void)();
  expect(places.take('device 3', 0)).toEqual(expect.any(Function));
});
