/**
 * DICOMweb while every thread of the pixel pool is busy and every place to wait is taken: who comes then is told so at
 * once, and what is under way already comes to its end.
 */
import { randomBytes } from 'node:crypto';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createToken } from '#access/tokens.ts';
import { corpusFile, hasCorpus } from '#tests/corpus.ts';
import { explicit, smallInstance, us } from '#tests/dataset-bytes.ts';
import { openStoredFile } from '#tests/stored-file.ts';
import { limits } from '#settings/limits.ts';
import { partsOf, startTestDicomweb, type TestDicomweb } from './test-dicomweb.ts';

const rle = '1.2.840.10008.1.2.5';
const jpegLS = '1.2.840.10008.1.2.4.80';
const instanceOf = (study: string, number = 1): string =>
  `/studies/${study}/series/${study}.1/instances/${study}.1.${number}`;

function item(bytes: Buffer): Buffer {
  const head = Buffer.from('feff00e000000000', 'hex');
  head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}

/** RLE Lossless of equal bytes (PS3.5 Annex G). */
function rleFrame(side: number, value: number): Buffer {
  const runs = Buffer.alloc(2 * Math.ceil((side * side) / 128));
  for (let at = 0; at < runs.length; at += 2) runs.set([0x81, value], at);
  const header = Buffer.alloc(64);
  header.writeUInt32LE(1, 0);
  header.writeUInt32LE(64, 4);
  return item(Buffer.concat([header, runs]));
}

interface Pixels {
  readonly side: number;
  readonly frames: number;
  /** Fragments with the item of the Basic Offset Table, or the native value. */
  readonly fragments?: readonly Buffer[];
  readonly native?: Buffer;
}

function withPixels(study: string, number: number, { side, frames, fragments = [], native }: Pixels): Buffer {
  const small = smallInstance({ study, series: `${study}.1`, instance: `${study}.1.${number}` });
  const rows = small.indexOf(explicit(0x00280010, 'US', us(16)));
  const head = [
    small.subarray(0, rows),
    explicit(0x00280008, 'IS', `${frames}`),
    explicit(0x00280010, 'US', us(side)),
    explicit(0x00280011, 'US', us(side)),
    explicit(0x00280100, 'US', us(8)),
  ];
  if (native) return Buffer.concat([...head, explicit(0x7fe00010, 'OB', native)]);
  const end = Buffer.from('feffdde000000000', 'hex');
  const opening = explicit(0x7fe00010, 'OB', Buffer.alloc(0), 0xffffffff);
  return Buffer.concat([...head, opening, item(Buffer.alloc(0)), ...fragments, end]);
}

const large = 6_000;
const noisy = 3_000;

describe.skipIf(!hasCorpus)('while the pixel pool is full', () => {
  let dicomweb: TestDicomweb;
  const gone = new AbortController();
  /** Answers that were begun while the pool had room, unread so far. */
  const begun = new Map<string, Response>();

  /** Of the pool. */
  const threads: Worker[] = [];
  const note = (thread: Worker): unknown => threads.push(thread);

  beforeAll(async () => {
    process.on('worker', note);
    // It stays full until we end it, and who has begun to read may go on as late as that.
    vi.spyOn(limits.pixels as { taskMs: number }, 'taskMs', 'get').mockReturnValue(3_600_000);
    vi.spyOn(limits.http as { stalledMs: number }, 'stalledMs', 'get').mockReturnValue(3_600_000);
    dicomweb = await startTestDicomweb();
    const file = await openStoredFile(corpusFile('syntax/jpeg-ls/MR_small_jpeg_ls_lossless.dcm'));
    if (!file) throw new Error('no pixels');
    const whole = await file.frames.read(0);
    // CharLS looks for the rest of a stream that was cut short until it is stopped; a comment hides from us that it was.
    const cut = Buffer.concat([whole.subarray(0, 2), Buffer.from('fffe0004ffd9', 'hex'), whole.subarray(2, 2_215)]);
    const slow = withPixels('4.1', 1, {
      side: 64,
      frames: 1,
      fragments: [item(cut.length % 2 ? Buffer.concat([cut, Buffer.alloc(1)]) : cut)],
    });
    const of16 = slow.indexOf(explicit(0x00280100, 'US', us(8)));
    explicit(0x00280100, 'US', us(16)).copy(slow, of16);
    const frame = (value: number): Buffer => rleFrame(large, value);
    expect(
      await dicomweb.stow(
        [slow, jpegLS],
        [withPixels('4.2', 1, { side: 16, frames: 3, fragments: [7, 8, 9].map((value) => rleFrame(16, value)) }), rle],
        [withPixels('4.3', 1, { side: large, frames: 2, fragments: [frame(1), frame(2)] }), rle],
        ...[1, 2, 3].map(
          (number) => [withPixels('4.4', number, { side: large, frames: 1, fragments: [frame(number)] }), rle] as const,
        ),
        withPixels('4.5', 1, { side: noisy, frames: 5, native: randomBytes(noisy * noisy * 5) }),
        withPixels('4.6', 1, { side: 16, frames: 1, native: Buffer.alloc(256, 5) }),
      ),
    ).toBe(200);

    begun.set(
      'frames',
      await dicomweb.get(`${instanceOf('4.3')}/frames/1,2`, 'multipart/related; type="application/octet-stream"'),
    );
    begun.set('instances', await dicomweb.get('/studies/4.4', 'multipart/related; type="application/dicom"'));
    begun.set(
      'values',
      await dicomweb.get('/studies/4.4/pixeldata', 'multipart/related; type="application/octet-stream"'),
    );
    begun.set('pictures', await dicomweb.get(`${instanceOf('4.5')}/rendered`, 'multipart/related; type="image/png"'));

    // Each of these would take as long as a task may; so the first that is answered is the one that found no place.
    const tasks = limits.pixels.threads + limits.pixels.waiting + 1;
    // One caller has not so many answered at once.
    const callers = Array.from({ length: Math.ceil(tasks / limits.http.answeredPerAddress) }, (_, at) => `reads ${at}`);
    const { pool: database } = dicomweb.postgres.database;
    const tokens = await Promise.all(callers.map((name) => createToken({ database, name, rights: ['read'] })));
    const asked = Array.from({ length: tasks }, (_, at) => {
      const headers = { authorization: `Bearer ${tokens[at % tokens.length]}` };
      return dicomweb.get(`${instanceOf('4.1')}/frames/1`, 'application/octet-stream', headers, 'GET', gone.signal);
    });
    for (const each of asked) each.catch(() => undefined);
    expect((await Promise.race(asked)).status).toBe(503);
  });
  afterAll(async () => {
    process.off('worker', note);
    vi.restoreAllMocks();
    await dicomweb?.[Symbol.asyncDispose]();
  });

  const octets = 'application/octet-stream';
  test.each([
    ['a frame decoded', `${instanceOf('4.2')}/frames/1`, octets],
    ['frames decoded', `${instanceOf('4.2')}/frames/1,2,3`, `multipart/related; type="${octets}"`],
    ['a native frame compressed', `${instanceOf('4.6')}/frames/1`, 'image/jls'],
    ['pixels as bulk data, decoded', `${instanceOf('4.2')}/bulkdata/7FE00010`, octets],
    ['the pixels of a study', '/studies/4.2/pixeldata', `multipart/related; type="${octets}"`],
    ['a picture', `${instanceOf('4.2')}/rendered`, 'image/jpeg'],
    ['pictures of frames', `${instanceOf('4.2')}/frames/1,2,3/rendered`, 'multipart/related; type="image/jpeg"'],
    ['pictures of a study', '/studies/4.2/rendered', 'multipart/related; type="image/png"'],
    ['a thumbnail', `${instanceOf('4.2')}/thumbnail`, 'image/jpeg'],
    ['an instance decoded', instanceOf('4.2'), 'application/dicom'],
    ['a study decoded', '/studies/4.2', 'multipart/related; type="application/dicom"'],
    ['an instance compressed', instanceOf('4.6'), `application/dicom; transfer-syntax=${jpegLS}`],
    ['a study compressed', '/studies/4.6', `multipart/related; type="application/dicom"; transfer-syntax=${jpegLS}`],
  ])('%s is answered at once: busy, and when to come again', async (_what, path, accept) => {
    const response = await dicomweb.get(path, accept);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, `${limits.pixels.retryAfterSeconds}`]);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('etag')).toBeNull();
    expect(await response.json()).toMatchObject({ code: 'decodersBusy', status: 503 });
  });

  test.each([
    ['what is stored', instanceOf('4.2'), 'application/dicom; transfer-syntax=*', 200],
    ['a stored frame', `${instanceOf('4.2')}/frames/1`, 'image/dicom-rle', 200],
    ['a native frame', `${instanceOf('4.6')}/frames/1`, octets, 200],
    ['a frame compressed, or as it is', `${instanceOf('4.6')}/frames/1`, `image/jls, ${octets}; q=0.5`, 200],
    ['metadata', `${instanceOf('4.2')}/metadata`, 'application/dicom+json', 200],
  ])('%s comes as ever', async (_what, path, accept, status) => {
    expect((await dicomweb.get(path, accept)).status).toBe(status);
  });

  test('what is under way waits for its turn, and comes whole', async () => {
    // What was made before the pool was full; what comes behind it has to be made now.
    const madeBefore = {
      frames: large * large,
      instances: large * large,
      values: large * large,
      pictures: 3 * noisy * noisy,
    };
    const reading = Object.entries(madeBefore).map(([what, bytes]) => readBeyond(begun.get(what) as Response, bytes));
    await Promise.all(reading.map(({ beyond }) => beyond));
    expect((await dicomweb.get(`${instanceOf('4.2')}/frames/1`, octets)).status).toBe(503);
    gone.abort();
    // Who asks after that is answered after it, so none of them waits any more; only those that run have to be ended.
    expect((await dicomweb.get(`${instanceOf('4.2')}/metadata`, 'application/dicom+json')).status).toBe(200);
    await Promise.all(threads.map((thread) => thread.terminate()));
    const [frames, instances, values, pictures] = await Promise.all(reading.map(async ({ all }) => partsOf(await all)));
    expect(frames?.map(({ bytes }) => [bytes.length, bytes[0]])).toEqual([1, 2].map((value) => [large * large, value]));
    expect(instances?.map(({ bytes }) => bytes.at(-1)).toSorted()).toEqual([1, 2, 3]);
    expect(values?.map(({ bytes }) => bytes[0]).toSorted()).toEqual([1, 2, 3]);
    expect(pictures?.map(({ type }) => type)).toEqual(Array(5).fill('image/png'));
    // And there is room again.
    const answer = await dicomweb.get(`${instanceOf('4.2')}/frames/2`, octets);
    expect(Buffer.from(await answer.arrayBuffer()).equals(Buffer.alloc(256, 8))).toBe(true);
  });
});

/** @returns when more than so many bytes have come, or no more do; and the answer with all of them */
function readBeyond(response: Response, count: number): { beyond: Promise<void>; all: Promise<Response> } {
  const beyond = Promise.withResolvers<void>();
  const pieces: Uint8Array[] = [];
  const read = async (): Promise<Response> => {
    let bytes = 0;
    for await (const piece of response.body as ReadableStream<Uint8Array>) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes >= count) beyond.resolve();
    }
    return new Response(Buffer.concat(pieces), { headers: response.headers });
  };
  const all = read().finally(beyond.resolve);
  all.catch(() => undefined); // told where it is awaited
  return { beyond: beyond.promise, all };
}
