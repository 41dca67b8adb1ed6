/** The bench's own senders, against a whole archive: with 268 MB in place of 1 GB, which is more than it may have in memory too. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { studyUid } from '#samples/study.ts';
import { uidOf } from '#samples/seed.ts';

import { type BenchedLightbox, startBenchedLightbox } from './benched-lightbox.ts';
import { type LargeInstance, largeInstance } from './large-instance.ts';
import { memoryTable, stowLarge, storeLarge } from './memory.ts';
import { forgetPeak } from './server-load.ts';
import { wantedArchiveMb } from './wanted.ts';

const frames = 512;
let directory: string;
let lightbox: BenchedLightbox;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-memory-'));
  lightbox = await startBenchedLightbox(join(directory, 'data'), 'archive');
});

afterAll(async () => {
  await lightbox?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

test.each([
  { door: 'C-STORE', send: storeLarge },
  { door: 'STOW-RS', send: stowLarge },
])('an instance of 268 MB passes through $door, and out again, in less memory than that', async ({ door, send }) => {
  const seed = `memory ${door}`;
  const large = largeInstance(seed, frames);
  await forgetPeak(lightbox.archivePid);
  expect(await send(lightbox, large)).toBe(large.bytes);
  expect(await digestOfStored(seed, large)).toBe(digestOf(large));
  expect(await lightbox.archivePeakMb()).toBeLessThan(wantedArchiveMb);
});

test('a peak above what is wanted is called missed, though it was one of many', () => {
  const figure = (peakMb: number) => ({ what: 'C-STORE', mbPerSecond: 90, beforeMb: 120, peakMb, serverMb: 260 });
  expect(memoryTable([figure(160), figure(300)])).toContain('300 MB in memory: ≤ 300 met');
  expect(memoryTable([figure(160), figure(301), figure(160)])).toContain('301 MB in memory: ≤ 300 MISSED');
});

function digestOf(large: LargeInstance): string {
  const hash = createHash('sha256');
  for (const piece of large.dataset()) hash.update(piece);
  return hash.digest('hex');
}

/** Of the data set in the file that WADO-URI gives. */
async function digestOfStored(seed: string, { sopInstanceUID, bytes }: LargeInstance): Promise<string> {
  const query = new URLSearchParams({
    requestType: 'WADO',
    studyUID: studyUid(seed, 0),
    seriesUID: uidOf(`${seed} large series`),
    objectUID: sopInstanceUID,
    contentType: 'application/dicom',
  });
  const { authorization, address } = lightbox;
  const response = await fetch(`${address}wado?${query}`, { headers: { authorization } });
  expect(response.status).toBe(200);
  const hash = createHash('sha256');
  let head = Number(response.headers.get('content-length')) - bytes;
  for await (const piece of response.body!) {
    hash.update(piece.subarray(Math.min(head, piece.length)));
    head -= Math.min(head, piece.length);
  }
  return hash.digest('hex');
}
