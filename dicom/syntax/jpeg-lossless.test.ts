/** JPEG Lossless, Process 14 with every selection value (PS3.5 8.2.1, ISO/IEC 10918-1 H), as DCMTK compresses it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { isInstalled } from '#tests/installed.ts';
import { oneFrameFile } from '#tests/one-frame-file.ts';
import { plainImage } from '#tests/plain-image.ts';
import { openStoredFile } from '#tests/stored-file.ts';
import { decodeJpeg } from './jpeg.ts';

const hasDcmtk = isInstalled('dcmcjpeg');

const directory = mkdtempSync(join(tmpdir(), 'lightbox-lossless-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Kind {
  readonly name: string;
  readonly bitsStored: number;
  readonly isSigned?: boolean;
  readonly samples?: number;
}
const kinds: readonly Kind[] = [
  { name: '8 bits', bitsStored: 8 },
  { name: '12 bits', bitsStored: 12 },
  { name: '16 bits', bitsStored: 16 },
  { name: '12 bits with a sign', bitsStored: 12, isSigned: true },
  { name: '16 bits with a sign', bitsStored: 16, isSigned: true },
  { name: 'RGB', bitsStored: 8, samples: 3 },
];
const rows = 37;
const columns = 53;

/** Ramps, an edge and noise: what each predictor is wrong about. */
function samplesOf({ bitsStored, isSigned = false, samples = 1 }: Kind): Buffer {
  const size = bitsStored > 8 ? 2 : 1;
  const pixels = Buffer.alloc(rows * columns * samples * size);
  let random = 1;
  for (let at = 0; at < rows * columns * samples; at++) {
    random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fffffff;
    const y = Math.floor(at / samples / columns);
    const ramp = (at % 61) * 3 + y * 5 + (y > 20 ? 2 ** (bitsStored - 1) : 0) + ((random >>> 16) % 9);
    const value = ramp % 2 ** bitsStored;
    if (size === 1) pixels.writeUInt8(value, at);
    else if (isSigned) pixels.writeInt16LE(value - 2 ** (bitsStored - 1), 2 * at);
    else pixels.writeUInt16LE(value, 2 * at);
  }
  return pixels;
}

/** As dcmcjpeg compresses it, what our decoder makes of it, and what dcmdjpeg does. */
async function throughDcmtk(
  kind: Kind,
  options: readonly string[],
): Promise<{ ours: Buffer; theirs: Buffer; frame: Buffer }> {
  const [plain, compressed, again] = ['plain', 'compressed', 'again'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(plain, oneFrameFile(plainImage({ rows, columns }, kind), '1.2.840.10008.1.2.1', samplesOf(kind)));
  execFileSync('dcmcjpeg', ['+el', ...options, plain, compressed]);
  execFileSync('dcmdjpeg', ['+px', compressed, again]);
  const stored = await openStoredFile(readFileSync(compressed));
  const native = await openStoredFile(readFileSync(again));
  if (!stored || !native) throw new Error('no pixels');
  const frame = await stored.frames.read(0);
  const { bytes } = await decodeJpeg(frame, stored.image);
  return { ours: bytes, theirs: await native.frames.read(0), frame };
}

/** The selection value (Ss) and point transform (Al) of the first scan. */
function scanOf(frame: Buffer): { selection: number; pointTransform: number } {
  const at = frame.indexOf(Buffer.from('ffda', 'hex'));
  const components = frame[at + 4] as number;
  return {
    selection: frame[at + 5 + 2 * components] as number,
    pointTransform: (frame[at + 7 + 2 * components] as number) & 15,
  };
}

describe.runIf(hasDcmtk).each(kinds)('a frame of $name in JPEG Lossless', (kind) => {
  test.each([1, 2, 3, 4, 5, 6, 7])(
    'with selection value %i is what it was, and what DCMTK makes of it',
    async (selection) => {
      const { ours, theirs, frame } = await throughDcmtk(kind, ['+sv', String(selection)]);
      expect(scanOf(frame)).toEqual({ selection, pointTransform: 0 });
      expect(ours.equals(theirs.subarray(0, ours.length))).toBe(true);
      expect(ours.equals(samplesOf(kind))).toBe(true);
    },
  );

  test('with a point transform is what DCMTK makes of it', async () => {
    const { ours, theirs, frame } = await throughDcmtk(kind, ['+sv', '4', '+pt', '2']);
    expect(scanOf(frame).pointTransform).toBe(2);
    expect(ours.equals(theirs.subarray(0, ours.length))).toBe(true);
  });
});
