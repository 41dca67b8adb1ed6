/** Answers that nobody reads, or slowly: what is made of them before the status is said is bounded for all together. */
import { once } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Response } from 'express';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { programCaller } from '#access/caller.ts';
import { explicit, smallInstance, us } from '#tests/dataset-bytes.ts';
import { limits } from '#settings/limits.ts';
import { Problem } from '../problems.ts';
import { partsOf, startTestDicomweb, type TestDicomweb } from './test-dicomweb.ts';
import { Unsent } from './unsent.ts';

const MiB = 1024 * 1024;
const side = 1024;
const frames = 40;
const octets = 'multipart/related; type="application/octet-stream"';

let dicomweb: TestDicomweb;
beforeAll(async () => {
  dicomweb = await startTestDicomweb();
  const small = smallInstance({ study: '6.1', series: '6.1.1', instance: '6.1.1.1' });
  const rows = small.indexOf(explicit(0x00280010, 'US', us(16)));
  const dataset = Buffer.concat([
    small.subarray(0, rows),
    explicit(0x00280010, 'US', us(side)),
    explicit(0x00280011, 'US', us(side)),
    explicit(0x00280100, 'US', us(8)),
    explicit(0x7fe00010, 'OB', Buffer.alloc(side * side, 7)),
  ]);
  expect(await dicomweb.stow(dataset)).toBe(200);
});
afterAll(() => dicomweb?.[Symbol.asyncDispose]());

test('frames in answers that nobody reads take a bounded part of memory, and come whole to who reads them in the end', async () => {
  const path = `/studies/6.1/series/6.1.1/instances/6.1.1.1/frames/${Array<number>(frames).fill(1).join()}`;
  const before = process.memoryUsage().arrayBuffers;
  const readers = 16;
  const answers = await Promise.all(Array.from({ length: readers }, () => dicomweb.get(path, octets)));
  // Without a bound each has 32 MiB; with it, all have what they have together, and one frame each.
  const held = process.memoryUsage().arrayBuffers - before;
  expect(held).toBeLessThan(limits.http.aheadOfStatusBytes + 4 * readers * MiB);
  const [first, ...others] = answers;
  const parts = await partsOf(first!);
  expect(parts.map(({ bytes }) => bytes.length)).toEqual(Array<number>(frames).fill(side * side));
  for (const { body } of others) await body!.cancel();
  const again = await dicomweb.get(path, octets);
  expect(await partsOf(again)).toHaveLength(frames);
});

/** An answer of which nobody has taken anything. */
function answerTo(name: string): Response {
  const request = new IncomingMessage(new Socket());
  Object.assign(request, { caller: programCaller(name) });
  return new ServerResponse(request) as Response;
}

async function gone(answer: Response): Promise<void> {
  const closed = once(answer, 'close');
  answer.destroy();
  await closed;
}

test('when answers hold all that they may, the next one is asked to come again, until one has been taken', async () => {
  const slow = answerTo('slow');
  new Unsent(slow).add(limits.http.unsentBytes);
  expect(() => new Unsent(answerTo('another'))).toThrow(Problem);
  await gone(slow);
  new Unsent(answerTo('another'));
  // Whose reader has gone meanwhile holds nothing.
  new Unsent(slow).add(limits.http.unsentBytes);
  new Unsent(answerTo('another'));
});

test('when answers to one caller hold as much as one may, others are answered', async () => {
  const slow = answerTo('slow');
  new Unsent(slow).add(limits.http.unsentBytesPerCaller);
  expect(() => new Unsent(answerTo('slow'))).toThrow(Problem);
  const other = answerTo('another');
  new Unsent(other).add(1);
  await Promise.all([slow, other].map(gone));
  new Unsent(answerTo('slow'));
});
