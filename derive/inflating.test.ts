import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { CannotDecode } from '#dicom/pixels/decoded-frame.ts';
import { limits } from '#settings/limits.ts';
import { Inflating } from './inflating.ts';

const frameBytes = 100_000;
const whole = randomBytes(20 * frameBytes);
const deflated = deflateRawSync(whole);
const frame = (number: number) => ({ offset: number * frameBytes, length: frameBytes });
const bytesOf = (number: number): Buffer => whole.subarray(number * frameBytes, (number + 1) * frameBytes);

class Saturated extends Error {}
const opened = { passes: 0, bytes: 0 };
function open(): AsyncIterable<Uint8Array> {
  opened.passes++;
  return (async function* () {
    for (let at = 0; at < deflated.length; at += 65_536) {
      const piece = deflated.subarray(at, at + 65_536);
      opened.bytes += piece.length;
      yield piece;
    }
  })();
}
const inflating = (threads = 2, waiting = 10): Inflating =>
  new Inflating({ threads, waiting }, (why) => new Saturated(why));

describe('inflating a data set for its frames', () => {
  test('is one pass for frames one behind the other, and goes back for earlier ones', async () => {
    using places = inflating();
    opened.passes = 0;
    for (let number = 0; number < 20; number += 1 + (number % 3))
      expect((await places.read('a', open, frame(number))).equals(bytesOf(number))).toBe(true);
    expect(opened.passes).toBe(1);
    expect((await places.read('a', open, frame(3))).equals(bytesOf(3))).toBe(true);
    expect(opened.passes).toBe(2);
    // Of what the second one passed nothing is inflated again.
    expect((await places.read('a', open, frame(5))).equals(bytesOf(5))).toBe(true);
    expect(opened.passes).toBe(2);
    await places.read('b', open, frame(19));
    expect(opened.passes).toBe(3);
  });

  const everyFrame = Array.from({ length: 20 }, (_, number) => number);
  test.each([
    ['from the last to the first', everyFrame.toReversed(), 1],
    ['here and there', everyFrame.map((number) => (number * 7 + 13) % 20), 1],
    ['forwards, then backwards, then forwards again', [...everyFrame, ...everyFrame.toReversed(), ...everyFrame], 2],
    ['the first, then from the last', [0, ...everyFrame.toReversed()], 2],
  ])('scrolling through it, %s, inflates it no more often than that', async (_how, numbers, passes) => {
    using places = inflating();
    opened.passes = opened.bytes = 0;
    for (const number of numbers)
      expect((await places.read('a', open, frame(number))).equals(bytesOf(number))).toBe(true);
    expect(opened.passes).toBeLessThanOrEqual(passes);
    expect(opened.bytes).toBeLessThanOrEqual(passes * deflated.length);
  });

  test('scrolling backwards by several at once inflates it in as many places as there are', async () => {
    using places = inflating(2, 40);
    opened.passes = 0;
    const read = await Promise.all(everyFrame.toReversed().map((number) => places.read('a', open, frame(number))));
    for (const [at, bytes] of read.entries()) expect(bytes.equals(bytesOf(19 - at))).toBe(true);
    expect(opened.passes).toBeLessThanOrEqual(2);
  });

  test('gives every reader its own bytes, however many read at once', async () => {
    using places = inflating(2, 40);
    const numbers = Array.from({ length: 40 }, (_, at) => (at * 7) % 20);
    const read = await Promise.all(numbers.map((number) => places.read('a', open, frame(number))));
    for (const [at, bytes] of read.entries()) expect(bytes.equals(bytesOf(numbers[at] as number))).toBe(true);
  });

  test('tells who finds no place so at once, and has room again', async () => {
    using places = inflating(1, 1);
    const taken = [0, 1].map((number) => places.read('a', open, frame(number)));
    await expect(places.read('a', open, frame(2))).rejects.toBeInstanceOf(Saturated);
    await Promise.all(taken);
    expect((await places.read('a', open, frame(2))).equals(bytesOf(2))).toBe(true);
  });

  test('gives the place back when the stream is damaged, ends early, or is given up', async () => {
    const places = inflating(1, 0);
    const broken = async function* () {
      yield Buffer.alloc(10, 0xff);
    };
    for (let i = 0; i < 3; i++) await expect(places.read('c', broken, frame(0))).rejects.toBeInstanceOf(CannotDecode);
    await expect(places.read('a', open, frame(20))).rejects.toThrow(`after ${whole.length} inflated bytes`);
    const far = { offset: limits.dataset.inflatedBytes, length: 1 };
    await expect(places.read('a', open, far)).rejects.toThrow('the frame lies beyond');
    expect((await places.read('a', open, frame(0))).equals(bytesOf(0))).toBe(true);
    places[Symbol.dispose]();
    await expect(places.read('a', open, frame(0))).rejects.toBeInstanceOf(Saturated);
  });
});
