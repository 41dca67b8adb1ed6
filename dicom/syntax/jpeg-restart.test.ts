/**
 * JPEG streams with restart intervals (ISO/IEC 10918-1 B.2.4.4, F.1.1.5.1, H.1.1), which no encoder at hand writes: made
 * here, decoded by us, and by DCMTK for proof.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { isInstalled } from '#tests/installed.ts';
import { oneFrameFile } from '#tests/one-frame-file.ts';
import { plainImage } from '#tests/plain-image.ts';
import { CannotDecode } from '../pixels/decoded-frame.ts';
import { decodeJpeg } from './jpeg.ts';

const hasDcmtk = isInstalled('dcmdjpeg');

const directory = mkdtempSync(join(tmpdir(), 'lightbox-restart-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Bits, the highest first, with a zero behind each byte of ones (F.1.2.3). */
class EntropyCoded {
  readonly #bytes: number[] = [];
  #bits = 0;
  #count = 0;

  put(value: number, count: number): void {
    for (let bit = count - 1; bit >= 0; bit--) {
      this.#bits = (this.#bits << 1) | ((value >>> bit) & 1);
      if (++this.#count < 8) continue;
      this.#bytes.push(this.#bits);
      if (this.#bits === 0xff) this.#bytes.push(0);
      this.#bits = this.#count = 0;
    }
  }

  /** Category and additional bits of a difference or coefficient (F.1.2.1, H.1.2.2). */
  putSigned(value: number, code: (category: number) => void): void {
    const category = 32 - Math.clz32(Math.abs(value));
    code(category);
    // Of 32768, which only a difference of 16 bits can be, the category says all.
    if (category < 16) this.put(value < 0 ? value + 2 ** category - 1 : value, category);
  }

  /** Fills the byte with ones and restarts: RST0 to RST7 in turn. */
  restart(number: number): void {
    this.#fill();
    this.#bytes.push(0xff, 0xd0 + (number % 8));
  }

  end(): Buffer {
    this.#fill();
    return Buffer.from(this.#bytes);
  }

  #fill(): void {
    while (this.#count > 0) this.put(1, 1);
  }
}

function randomNumbers(): () => number {
  let random = 1;
  return () => {
    random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fffffff;
    return random >>> 8;
  };
}

/** The end of a block, and each run of zeros with each category behind it (F.1.2.2.1). */
function acSymbolsOf(categories: number): number[] {
  const behind = Array.from({ length: 16 }, (_, run) =>
    Array.from({ length: categories }, (_, at) => run * 16 + at + 1),
  );
  return [0, 0xf0, ...behind.flat()];
}

function segment(marker: number, ...bytes: number[]): Buffer {
  const length = bytes.length + 2;
  return Buffer.from([0xff, marker, length >> 8, length & 0xff, ...bytes]);
}

/** A table whose codes are all equally long, so that a symbol's code is its place (Annex C). */
function huffmanTable(id: number, codeBits: number, symbols: readonly number[]): Buffer {
  const counts = Array.from({ length: 16 }, (_, at) => (at === codeBits - 1 ? symbols.length : 0));
  return segment(0xc4, id, ...counts, ...symbols);
}

interface Kind {
  readonly name: string;
  readonly transferSyntaxUID: string;
  readonly rows: number;
  readonly columns: number;
  readonly samples: number;
  readonly bits: number;
  /** In minimum coded units. */
  readonly interval: number;
}

function frameHeader(process: number, { rows, columns, samples, bits }: Kind): Buffer {
  const components = Array.from({ length: samples }, (_, at) => [at + 1, 0x11, 0]).flat();
  return segment(process, bits, rows >> 8, rows & 0xff, columns >> 8, columns & 0xff, samples, ...components);
}

const soi = Buffer.from([0xff, 0xd8]);
const eoi = Buffer.from([0xff, 0xd9]);
const restartInterval = (units: number): Buffer => segment(0xdd, units >> 8, units & 0xff);

function scanHeader(samples: number, ...selection: number[]): Buffer {
  return segment(0xda, samples, ...Array.from({ length: samples }, (_, at) => [at + 1, 0]).flat(), ...selection);
}

/** Process 14, selection value 4 where there is a line above, which a restart takes away (H.1.2.1). */
function losslessStream(kind: Kind, values: readonly number[]): Buffer {
  const { rows, columns, samples, bits, interval } = kind;
  const coded = new EntropyCoded();
  const line = columns * samples;
  const lines = interval / columns;
  for (let row = 0; row < rows; row++) {
    const isFirst = row % lines === 0;
    if (isFirst && row > 0) coded.restart(row / lines - 1);
    for (let at = 0; at < line; at++) {
      const here = row * line + at;
      const [left = 0, above = 0, corner = 0] = [
        values[here - samples],
        values[here - line],
        values[here - line - samples],
      ];
      const isLeftmost = at < samples;
      const predicted = isFirst ? (isLeftmost ? 2 ** (bits - 1) : left) : isLeftmost ? above : left + above - corner;
      const difference = (((values[here] as number) - predicted + 32_768 + 2 ** 17) % 65_536) - 32_768;
      coded.putSigned(difference === -32_768 ? 32_768 : difference, (category) => coded.put(category, 5));
    }
  }
  const table = huffmanTable(
    0,
    5,
    Array.from({ length: 17 }, (_, at) => at),
  );
  const head = [soi, frameHeader(0xc3, kind), table, restartInterval(interval), scanHeader(samples, 4, 0, 0)];
  return Buffer.concat([...head, coded.end(), eoi]);
}

/** Baseline or extended: each block a random mean and a few random coefficients, as they stand in zigzag order. */
function dctStream(kind: Kind): Buffer {
  const { rows, columns, samples, bits, interval } = kind;
  const coded = new EntropyCoded();
  const units = Math.ceil(rows / 8) * Math.ceil(columns / 8);
  const most = 2 ** (bits - 1);
  const next = randomNumbers();
  const baseline = bits === 8;
  const acSymbols = acSymbolsOf(baseline ? 10 : 14);
  let last = Array<number>(samples).fill(0);
  for (let unit = 0; unit < units; unit++) {
    if (unit > 0 && unit % interval === 0) {
      coded.restart(unit / interval - 1);
      last = last.fill(0);
    }
    for (let sample = 0; sample < samples; sample++) {
      const mean = (next() % (8 * most)) - 4 * most;
      coded.putSigned(mean - (last[sample] as number), (category) => coded.put(category, 5));
      last[sample] = mean;
      for (let at = 1; at <= 3; at++) {
        const run = next() % 8;
        const value = 1 + (next() % (most / 2));
        coded.putSigned(next() % 2 ? value : -value, (category) =>
          coded.put(acSymbols.indexOf(run * 16 + category), 8),
        );
      }
      coded.put(0, 8); // the rest are zeros
    }
  }
  const head = [
    soi,
    segment(0xdb, 0, ...Array<number>(64).fill(1)),
    frameHeader(baseline ? 0xc0 : 0xc1, kind),
    huffmanTable(
      0,
      5,
      Array.from({ length: baseline ? 12 : 16 }, (_, at) => at),
    ),
    huffmanTable(0x10, 8, acSymbols),
    restartInterval(interval),
    scanHeader(samples, 0, 63, 0),
  ];
  return Buffer.concat([...head, coded.end(), eoi]);
}

const baseline = '1.2.840.10008.1.2.4.50';
const extended = '1.2.840.10008.1.2.4.51';
const lossless = '1.2.840.10008.1.2.4.57';
const size = { rows: 40, columns: 56 };
const units = 5 * 7;
const kinds: readonly Kind[] = [
  { name: 'baseline, after each block', transferSyntaxUID: baseline, ...size, samples: 1, bits: 8, interval: 1 },
  {
    name: 'baseline, after each line of blocks',
    transferSyntaxUID: baseline,
    ...size,
    samples: 1,
    bits: 8,
    interval: 7,
  },
  { name: 'baseline, within lines', transferSyntaxUID: baseline, ...size, samples: 1, bits: 8, interval: 4 },
  { name: 'extended of 12 bits', transferSyntaxUID: extended, ...size, samples: 1, bits: 12, interval: 3 },
  {
    name: 'lossless of 8 bits, after each line',
    transferSyntaxUID: lossless,
    ...size,
    samples: 1,
    bits: 8,
    interval: 56,
  },
  {
    name: 'lossless of 16 bits, after 3 lines',
    transferSyntaxUID: lossless,
    ...size,
    samples: 1,
    bits: 16,
    interval: 168,
  },
  { name: 'lossless of RGB', transferSyntaxUID: lossless, ...size, samples: 3, bits: 8, interval: 112 },
];

const imageOf = ({ bits, samples, ...shape }: Kind) => plainImage(shape, { bitsStored: bits, samples });

/** Ramps with noise, and an edge. */
function valuesOf({ rows, columns, samples, bits }: Kind): number[] {
  const next = randomNumbers();
  return Array.from({ length: rows * columns * samples }, (_, at) => {
    const row = Math.floor(at / samples / columns);
    return (at * 3 + row * 5 + (row > 20 ? 2 ** (bits - 1) : 0) + (next() % 9)) % 2 ** bits;
  });
}

function samples({ bits }: Kind, values: readonly number[]): Buffer {
  const array = bits > 8 ? Uint16Array.from(values) : Uint8Array.from(values);
  return Buffer.from(array.buffer);
}

/** What dcmdjpeg makes of the stream as the only frame of an instance. */
function byDcmtk(kind: Kind, stream: Buffer): Buffer {
  const image = imageOf(kind);
  const { rows, columns, samplesPerPixel, bitsAllocated } = image;
  const [from, to] = [join(directory, 'compressed'), join(directory, 'plain')];
  writeFileSync(from, oneFrameFile(image, kind.transferSyntaxUID, stream));
  execFileSync('dcmdjpeg', ['+px', from, to]);
  // Pixel Data is the last element.
  return readFileSync(to).subarray(-((rows * columns * samplesPerPixel * bitsAllocated) / 8));
}

const isLossless = ({ transferSyntaxUID }: Kind): boolean => transferSyntaxUID === lossless;
const streamOf = (kind: Kind): Buffer => (isLossless(kind) ? losslessStream(kind, valuesOf(kind)) : dctStream(kind));

test.runIf(hasDcmtk).each(kinds)('a frame with restarts is what DCMTK makes of it: $name', async (kind) => {
  const stream = streamOf(kind);
  const parts = isLossless(kind) ? (size.rows * size.columns) / kind.interval : units / kind.interval;
  expect(stream.toString('latin1').match(/\xff[\xd0-\xd7]/g)).toHaveLength(Math.ceil(parts) - 1);
  const { bytes } = await decodeJpeg(stream, imageOf(kind));
  expect(bytes.equals(byDcmtk(kind, stream))).toBe(true);
  if (isLossless(kind)) expect(bytes.equals(samples(kind, valuesOf(kind)))).toBe(true);
  else expect(new Set(bytes).size).toBeGreaterThan(100);
});

test.each(kinds)('a frame with restarts that ends early is refused: $name', async (kind) => {
  const stream = streamOf(kind);
  const cut = stream.subarray(0, stream.lastIndexOf(0xff, -4));
  await expect((async () => decodeJpeg(cut, imageOf(kind)))()).rejects.toBeInstanceOf(CannotDecode);
});
