import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inPieces } from '#tests/corpus.ts';
import { BadMultipart, readMultipart } from './multipart-reader.ts';

const limits = { multipartHeaderBytes: 8_192, multipartBoundaryBytes: 70 };

async function read(
  body: Buffer,
  boundary: string,
  piece = 65_536,
): Promise<{ headers: Record<string, string>; body: Buffer }[]> {
  const parts = [];
  for await (const part of readMultipart(
    Readable.from(inPieces(body, piece), { objectMode: false }),
    boundary,
    limits,
  )) {
    const bytes: Uint8Array[] = [];
    for await (const chunk of part.body) bytes.push(chunk);
    parts.push({ headers: Object.fromEntries(part.headers), body: Buffer.concat(bytes) });
  }
  return parts;
}

const form = (boundary: string, bodies: readonly Uint8Array[], header = 'Content-Type: application/dicom'): Buffer =>
  Buffer.concat([
    ...bodies.flatMap((body) => [Buffer.from(`--${boundary}\r\n${header}\r\n\r\n`), body, Buffer.from('\r\n')]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);

test('parts of any bytes come out as they went in, however the body is chopped', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 3_000 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 500 }),
      async (bodies, piece) => {
        const parts = await read(form('b-Y_7', bodies), 'b-Y_7', piece);
        expect(parts.map(({ body }) => body.toString('hex'))).toEqual(
          bodies.map((body) => Buffer.from(body).toString('hex')),
        );
      },
    ),
    { numRuns: 60 },
  );
});

test('header names are read in any case, before a preamble and an epilogue', async () => {
  const body = Buffer.concat([
    Buffer.from('to ignore\r\n'),
    form('x', [Buffer.from('one')], 'content-TYPE: application/dicom\r\nContent-ID: <1>'),
    Buffer.from('epilogue'),
  ]);
  expect(await read(body, 'x')).toEqual([
    { headers: { 'content-type': 'application/dicom', 'content-id': '<1>' }, body: Buffer.from('one') },
  ]);
});

test('a hundred thousand empty parts are read without a heap of streams', async () => {
  const before = process.memoryUsage().rss;
  expect(await read(form('x', Array<Buffer>(100_000).fill(Buffer.alloc(0))), 'x')).toHaveLength(100_000);
  expect(process.memoryUsage().rss - before).toBeLessThan(500 * 1024 * 1024);
});

test('a part that is cut off fails while it is read', async () => {
  const body = form('x', [Buffer.from('whole'), Buffer.from('cut')]);
  const parts = readMultipart(Readable.from(inPieces(body.subarray(0, -8), 10), { objectMode: false }), 'x', limits);
  const first = (await parts.next()).value as { body: Readable };
  expect(Buffer.concat(await first.body.toArray()).toString()).toBe('whole');
  const second = (await parts.next()).value as { body: Readable };
  await expect(second.body.toArray()).rejects.toThrow('terminated early');
  await expect(parts.next()).rejects.toBeInstanceOf(BadMultipart);
});

test('a part fails while it is read when the connection breaks, as does what comes after', async () => {
  const body = form('x', [Buffer.from('whole'), Buffer.alloc(100_000)]);
  async function* breaking() {
    yield body.subarray(0, 50_000);
    throw new Error('the connection broke');
  }
  const parts = readMultipart(Readable.from(breaking(), { objectMode: false }), 'x', limits);
  const first = (await parts.next()).value as { body: Readable };
  expect(Buffer.concat(await first.body.toArray()).toString()).toBe('whole');
  const second = (await parts.next()).value as { body: Readable };
  await expect(second.body.toArray()).rejects.toBeInstanceOf(BadMultipart);
  await expect(parts.next()).rejects.toThrow('the connection broke');
});

test.each([
  ['end in line feeds alone', 'Content-Type: application/dicom\n\n'],
  ['are not there, nor the empty line after them', ''],
])('a part whose headers %s is not passed over, and its neighbours come whole', async (_, headers) => {
  const body = Buffer.from(`--x\r\n\r\none\r\n--x\r\n${headers}two\r\n--x\r\n\r\nthree\r\n--x--\r\n`);
  for (const piece of [1, 7, 1_000]) {
    const parts: string[] = [];
    for await (const part of readMultipart(Readable.from(inPieces(body, piece), { objectMode: false }), 'x', limits))
      parts.push(
        await part.body.toArray().then(
          (chunks) => Buffer.concat(chunks).toString(),
          (error: unknown) => `${error}`,
        ),
      );
    expect(parts).toEqual(['one', 'BadMultipart: the headers of the part have no end', 'three']);
  }
});

test('a part whose headers have no end is told of when it is the last, or the only one', async () => {
  for (const before of ['', '--x\r\n\r\none\r\n']) {
    const body = Buffer.from(`${before}--x\r\nContent-Type: application/dicom\ntwo\r\n--x--\r\n`);
    await expect(read(body, 'x')).rejects.toThrow('the headers of the part have no end');
  }
});

test.each([
  ['a boundary that does not occur', form('y', [Buffer.from('other')]), 'x'],
  ['an empty boundary', form('x', [Buffer.from('none')]), ''],
  ['a boundary that is too long', form('x', [Buffer.from('long')]), 'x'.repeat(71)],
  [
    'headers of 10 MB',
    form('x', [Buffer.from('big')], `Content-Type: application/dicom\r\nX-Big: ${'a'.repeat(10 << 20)}`),
    'x',
  ],
  ['headers a little over the limit', form('x', [Buffer.from('big')], `X-Big: ${'a'.repeat(8_200)}`), 'x'],
])('%s is refused', async (_, body, boundary) => {
  await expect(read(body, boundary)).rejects.toBeInstanceOf(BadMultipart);
});
