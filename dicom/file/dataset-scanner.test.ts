import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { corpusFile, hasCorpus, inPieces, manifest } from '#tests/corpus.ts';
import { explicit, smallInstance } from '#tests/dataset-bytes.ts';
import { BadDataset } from './bad-dataset.ts';
import { DatasetScanner } from './dataset-scanner.ts';
import type { Choice, ElementHeader } from './dataset-handler.ts';
import { openPart10 } from './part10-reader.ts';
import { transferSyntaxes } from '../syntax/all.ts';

const explicitLittle = { explicitVR: true, bigEndian: false };
const limits = { sequenceDepth: 64, collectedBytes: 1 << 20 };

/** Everything a scanner tells, as lines. */
function told(bytes: Uint8Array, cuts: readonly number[], encoding = explicitLittle): string[] {
  const lines: string[] = [];
  const scanner = new DatasetScanner(
    encoding,
    {
      element(header: ElementHeader): Choice {
        lines.push(`${header.depth} ${header.tag.toString(16)} ${header.vr} ${header.length} at ${header.offset}`);
        if (header.length < 0 || header.vr === 'SQ') return 'enter';
        return header.length < 64 ? 'collect' : 'skip';
      },
      value: (header, value) => void lines.push(`${header.tag.toString(16)} = ${value.toString('hex')}`),
      startItem: () => void lines.push('item'),
      endItem: () => void lines.push('end of item'),
      endSequence: () => void lines.push('end of sequence'),
      fragment(offset, length) {
        lines.push(`fragment ${length} at ${offset}`);
        return 'skip';
      },
    },
    limits,
  );
  // As sockets are read: each piece lies where other bytes will lie when it has been read.
  const write = (piece: Uint8Array) => {
    const passing = Buffer.from(piece);
    scanner.write(passing);
    passing.fill(0xaa);
  };
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    write(bytes.subarray(from, cut));
    from = Math.max(from, cut);
  }
  write(bytes.subarray(from));
  scanner.end();
  return lines;
}

const sequence = (items: readonly Buffer[]): Buffer =>
  Buffer.concat([
    explicit(0x00400275, 'SQ', Buffer.alloc(0), 0xffffffff),
    ...items.map((item) =>
      Buffer.concat([Buffer.from('feff00e0ffffffff', 'hex'), item, Buffer.from('feff0de000000000', 'hex')]),
    ),
    Buffer.from('feffdde000000000', 'hex'),
  ]);
const encapsulated = Buffer.concat([
  explicit(0x7fe00010, 'OB', Buffer.alloc(0), 0xffffffff),
  Buffer.from('feff00e000000000', 'hex'),
  Buffer.from('feff00e006000000010203040506', 'hex'),
  Buffer.from('feff00e0020000000708', 'hex'),
  Buffer.from('feffdde000000000', 'hex'),
]);

describe('a data set that passes by', () => {
  const sample = Buffer.concat([
    smallInstance().subarray(0, -(256 + 12)),
    sequence([explicit(0x00400007, 'LO', 'chụp ngực'), sequence([explicit(0x00400009, 'SH', 'SPS1')])]),
    encapsulated,
  ]);

  test('is read the same however it is chopped', () => {
    const whole = told(sample, []);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: sample.length }), { maxLength: 40 }), (cuts) => {
        expect(told(sample, cuts)).toEqual(whole);
      }),
      { numRuns: 300 },
    );
    expect(
      told(
        sample,
        Array.from({ length: sample.length }, (_, index) => index),
      ),
    ).toEqual(whole);
  });

  test('has its fragments at the places where they lie', () => {
    const lines = told(sample, []);
    const start = sample.length - encapsulated.length;
    expect(lines.filter((line) => line.startsWith('fragment'))).toEqual([
      `fragment 0 at ${start + 20}`,
      `fragment 6 at ${start + 28}`,
      `fragment 2 at ${start + 42}`,
    ]);
  });

  test('is refused wherever it is cut inside an element', () => {
    const boundaries = new Set([0]);
    for (const line of told(smallInstance(), [])) {
      const found = /^0 \w+ \w+ (\d+) at (\d+)$/.exec(line);
      if (found) boundaries.add(Number(found[1]) + Number(found[2]));
    }
    const bytes = smallInstance();
    for (let length = 1; length < bytes.length; length++) {
      // One zero byte may be padding; anything else that is cut off is not whole.
      if (boundaries.has(length) || (boundaries.has(length - 1) && bytes[length - 1] === 0)) continue;
      expect(() => told(bytes.subarray(0, length), []), `cut after ${length}`).toThrow(BadDataset);
    }
  });

  test('names the element and the byte where it cannot be read', () => {
    const bytes = Buffer.concat([
      explicit(0x00080005, 'CS', 'ISO_IR 192'),
      explicit(0x00280010, 'US', Buffer.alloc(2), 4000),
    ]);
    expect(() => told(bytes, [])).toThrow('(0028,0010) Rows, byte 28: ends 3998 bytes before the value does');
  });

  test('nests as deep as the limit and not deeper, whatever the depth costs', () => {
    const deep = (depth: number): Buffer => {
      const open = Buffer.concat([
        explicit(0x00081115, 'SQ', Buffer.alloc(0), 0xffffffff),
        Buffer.from('feff00e0ffffffff', 'hex'),
      ]);
      const close = Buffer.from('feff0de000000000feffdde000000000', 'hex');
      return Buffer.concat([...Array<Buffer>(depth).fill(open), ...Array<Buffer>(depth).fill(close)]);
    };
    expect(told(deep(64), []).filter((line) => line === 'item')).toHaveLength(64);
    expect(() => told(deep(65), [])).toThrow('deeper than 64');
    expect(() => told(deep(100_000), [])).toThrow('deeper than 64');
  });

  test('may end in zeros, as some devices pad their files, but not in anything else', () => {
    expect(told(Buffer.concat([smallInstance(), Buffer.alloc(500)]), [])).toEqual(told(smallInstance(), []));
    expect(() => told(Buffer.concat([smallInstance(), Buffer.alloc(100), Buffer.from('x')]), [])).toThrow(BadDataset);
  });

  test('takes an element without a VR as one of Implicit VR', () => {
    const odd = Buffer.from('100010000400000041424320', 'hex');
    expect(told(odd, [])).toEqual(['0 100010 PN 4 at 8', '100010 = 41424320']);
  });

  test('reads UN of undefined length as a sequence in Implicit VR', () => {
    const inner = Buffer.from(
      'feff00e0ffffffff' + '0900011004000000' + '61626364' + 'feff0de000000000' + 'feffdde000000000',
      'hex',
    );
    const lines = told(Buffer.concat([explicit(0x00091010, 'UN', Buffer.alloc(0), 0xffffffff), inner]), []);
    expect(lines).toContain('1 91001 UN 4 at 28');
  });

  test('is never more than an error, whatever bytes come', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(smallInstance().length), (noise, at) => {
        const bytes = Buffer.concat([smallInstance().subarray(0, at), noise]);
        try {
          told(bytes, []);
        } catch (error) {
          expect(error).toBeInstanceOf(BadDataset);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

/** What is told, or why it cannot be: a few files of the corpus have lengths that do not add up. */
function outcome(...sent: Parameters<typeof told>): string[] | string {
  try {
    return told(...sent);
  } catch (error) {
    return (error as BadDataset).message;
  }
}

describe.skipIf(!hasCorpus)('real files', () => {
  const files = hasCorpus ? manifest().filter(({ path = '' }) => !path.startsWith('broken/')) : [];

  test('are read the same whole and in pieces of 7 bytes', async () => {
    for (const { path = '', bytes: size } of files.filter(({ bytes }) => Number(bytes) < 60_000)) {
      const bytes = corpusFile(path);
      const file = await openPart10(inPieces(bytes, 1024));
      const syntax = transferSyntaxes.get(file.transferSyntaxUID);
      if (!syntax || syntax.deflated) continue;
      const dataset: Uint8Array[] = [];
      for await (const piece of file.dataset) dataset.push(piece);
      const whole = Buffer.concat(dataset);
      const cuts = Array.from({ length: Math.floor(whole.length / 7) }, (_, index) => index * 7);
      expect(outcome(whole, cuts, syntax), `${path}, ${size} bytes`).toEqual(outcome(whole, [], syntax));
    }
  });
});
