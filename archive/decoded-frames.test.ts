import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PixelPool, PixelPoolSaturated } from '#derive/pixel-pool.ts';
import { openPart10 } from '#dicom/file/part10-reader.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { InstanceReader } from '#index/instance-reader.ts';
import type { InstanceRow } from '#index/instances.ts';
import { limits } from '#settings/limits.ts';
import { openStorage, type Storage } from '#storage/storage.ts';
import { corpusPath, corpusFile, hasCorpus, inPieces } from '#tests/corpus.ts';
import { DecodedFrames } from './decoded-frames.ts';
import type { RetrievedInstance } from './retrieve.ts';

const signal = new AbortController().signal;
let directory: string;
let storage: Storage;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-frames-'));
  storage = await openStorage(`file://${directory}/objects`, { spoolDir: join(directory, 'spool') });
});
afterAll(async () => {
  await storage[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** A file of the corpus as it is kept. */
async function kept(name: string): Promise<RetrievedInstance> {
  const { transferSyntaxUID, dataset } = await openPart10(inPieces(corpusFile(name), 65_536));
  const syntax = transferSyntaxes.get(transferSyntaxUID);
  if (!syntax) throw new Error(transferSyntaxUID);
  const reader = new InstanceReader(syntax, limits.dataset);
  const pieces: Uint8Array[] = [];
  for await (const piece of dataset) {
    await reader.write(piece);
    pieces.push(Buffer.from(piece));
  }
  const bytes = Buffer.concat(pieces);
  const { pixels, values } = await reader.end();
  const key = `i/2026/01/01/00/${randomBytes(16).toString('hex')}`;
  const object = await storage.begin(key);
  await object.write(bytes);
  await object.commit();
  const number = (tag: number): number | null => Number(values.get(tag)) || null;
  const row = {
    key,
    offset: 0,
    length: bytes.length,
    digest: Buffer.from(name),
    transfer_syntax: transferSyntaxUID,
    pixel_offset: pixels?.offset ?? null,
    pixel_length: pixels?.length ?? null,
    frames: null,
    number_of_frames: number(0x00280008),
    rows: number(0x00280010),
    columns: number(0x00280011),
    bits_allocated: number(0x00280100),
    samples_per_pixel: number(0x00280002),
  };
  return { row: row as unknown as InstanceRow, syntax };
}

const python = pythonWithPydicom();
const script = `
import sys, array, pydicom
d = pydicom.dcmread(sys.argv[1])
value = array.array('H', d.PixelData)
if not d.is_little_endian: value.byteswap()
sys.stdout.buffer.write(value.tobytes())`;
import { pythonWithPydicom } from '#tests/installed.ts';

describe.runIf(hasCorpus)('a native frame whose bytes do not stand as they are wanted', () => {
  const files = [
    'syntax/explicit-be/MR_small_bigendian.dcm',
    'syntax/deflated/CTImage.dcm_DeflatedExplicitVRLittleEndianTransferSyntax_1.2.840.10008.1.2.1.99.dcm',
  ];

  test.runIf(python).each(files)('is the one that pydicom reads: %s', async (name) => {
    await using pixels = new PixelPool({ threads: 1, waiting: 1 });
    const frame = await new DecodedFrames({ storage, pixels }).decoded(await kept(name), 0, signal);
    const theirs = execFileSync(python as string, ['-c', script, corpusPath(name)], {
      maxBuffer: 1 << 28,
    });
    expect(frame.equals(theirs.subarray(0, frame.length))).toBe(true);
  });

  test.each(files)('is made in the pool, which says at once that it is busy: %s', async (name) => {
    await using pixels = new PixelPool({ threads: 1, waiting: 0 });
    const frames = new DecodedFrames({ storage, pixels });
    const instance = await kept(name);
    const both = await Promise.allSettled([0, 0].map((frame) => frames.decoded(instance, frame, signal)));
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: expect.any(PixelPoolSaturated) });
    expect((await frames.decoded(instance, 0, signal)).length).toBeGreaterThan(0);
  });
});
