import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { corpusFile, hasCorpus, inPieces, manifest } from '#tests/corpus.ts';
import { explicit, smallInstance } from '#tests/dataset-bytes.ts';
import { datasets, essence } from '#tests/datasets.ts';
import { numberValues } from '../data/dataset.ts';
import type { Dataset, Element } from '../data/dataset.ts';
import { elementHeader } from './element-header.ts';
import { openPart10 } from './part10-reader.ts';
import { parseDataset, parseWhole } from './parse.ts';
import { serializeDataset, serializeElements, ValueNotKept } from './serialize.ts';
import { transferSyntaxes } from '../syntax/all.ts';

const MiB = 1 << 20;
const limits = {
  sequenceDepth: 64,
  elements: 1_000_000,
  attributeValueBytes: 64 * MiB,
  attributeBytes: 256 * MiB,
  inflatedBytes: 256 * MiB,
  pixelDataBytes: 256 * MiB,
};
const implicitLittle = { explicitVR: false, bigEndian: false };
const explicitLittle = { explicitVR: true, bigEndian: false };
const explicitBig = { explicitVR: true, bigEndian: true };

describe('a data set that is written', () => {
  test.each([
    ['Explicit VR Little Endian', explicitLittle],
    ['Explicit VR Big Endian', explicitBig],
  ])('comes back as it was: %s', (_name, encoding) => {
    for (const bigEndian of [false, true]) {
      fc.assert(
        fc.property(datasets(true, bigEndian), (dataset) => {
          expect(essence(parseWhole(serializeDataset(dataset, encoding), encoding, limits))).toEqual(essence(dataset));
        }),
        { numRuns: 300 },
      );
    }
  });

  test('comes back as it was from Implicit VR, where the dictionary knows its attributes', () => {
    fc.assert(
      fc.property(datasets(false, false), (dataset) => {
        const bytes = serializeDataset(dataset, implicitLittle);
        expect(essence(parseWhole(bytes, implicitLittle, limits))).toEqual(essence(dataset));
      }),
      { numRuns: 300 },
    );
  });

  test('comes back as it was when it is deflated, which it is to an even length', async () => {
    const deflated = { ...explicitLittle, deflated: true };
    await fc.assert(
      fc.asyncProperty(datasets(true, false), async (dataset) => {
        const bytes = serializeDataset(dataset, deflated);
        expect(bytes.length % 2).toBe(0);
        expect(essence(await parseDataset(inPieces(bytes, 100), deflated, limits))).toEqual(essence(dataset));
      }),
      { numRuns: 100 },
    );
  });

  test('has even lengths and nothing of the group lengths it came with', () => {
    const bytes = Buffer.concat([
      explicit(0x00080000, 'UL', Buffer.from([12, 0, 0, 0])),
      explicit(0x00100020, 'LO', 'ABC', 3).subarray(0, -1),
    ]);
    const written = serializeDataset(parseWhole(bytes, explicitLittle, limits), explicitLittle);
    expect(written).toEqual(explicit(0x00100020, 'LO', 'ABC '));
  });

  test('has a value that is too long for its VR as UN, and it is known again', () => {
    const long = { tag: 0x0008103e, vr: 'LO', bytes: Buffer.alloc(70_000, 'x'), items: undefined, length: 70_000 };
    const numbers = { ...long, tag: 0x00186034, vr: 'US', bytes: Buffer.alloc(70_000, Buffer.from([0, 1])) };
    const dataset: Dataset = {
      elements: new Map<number, Element>([
        [long.tag, long],
        [numbers.tag, { ...numbers, tag: 0x00280010 }],
      ]),
      characterSet: [''],
      bigEndian: true,
    };
    for (const encoding of [explicitLittle, explicitBig]) {
      const bytes = serializeDataset(dataset, encoding);
      expect(bytes.toString('latin1', 4, 6)).toBe('UN');
      expect(essence(parseWhole(bytes, encoding, limits))).toEqual(
        essence({
          ...dataset,
          elements: new Map([
            [long.tag, long],
            [0x00280010, numbers],
          ]),
        }),
      );
    }
    expect(serializeDataset(dataset, implicitLittle).length).toBe(2 * 70_008);
  });

  test('has UN of odd length padded, and where that completes it, it is known again', () => {
    const odd = Buffer.from([1, 0, 2]);
    for (const encoding of [explicitLittle, explicitBig]) {
      const header = elementHeader(0x00280011, 'UN', odd.length, true, encoding.bigEndian);
      const dataset = parseWhole(Buffer.concat([header, odd]), encoding, limits);
      expect(dataset.elements.get(0x00280011)).toMatchObject({ vr: 'UN', bytes: odd });
      const again = parseWhole(serializeDataset(dataset, encoding), encoding, limits);
      expect(again.elements.get(0x00280011)?.vr).toBe('US');
      expect(numberValues(again, 0x00280011)).toEqual([1, 2]);
      const settled = parseWhole(serializeDataset(again, encoding), encoding, limits);
      expect(essence(settled)).toEqual(essence(again));
    }
  });

  test('is refused when a value of it was not kept', () => {
    const dataset = parseWhole(smallInstance(), explicitLittle, { ...limits, pixelDataBytes: 10 });
    expect(() => serializeDataset(dataset, explicitLittle)).toThrow(ValueNotKept);
    const head = serializeElements(dataset, explicitLittle, 0, 0x7fe00000);
    expect(smallInstance().subarray(0, head.length)).toEqual(head);
  });
});

describe.skipIf(!hasCorpus)('real files', () => {
  const files = hasCorpus ? manifest().filter(({ bytes }) => Number(bytes) < MiB) : [];

  test('come back as they were, in every syntax', async () => {
    let read = 0;
    for (const { path = '' } of files) {
      const dataset = await parsed(path);
      // What is cut off in the middle of a value has not got it.
      if (!dataset || path.includes('truncated')) continue;
      read++;
      const whole = essence(dataset);
      for (const encoding of [explicitLittle, explicitBig]) {
        const again = parseWhole(serializeDataset(dataset, encoding), encoding, limits);
        expect(essence(again), path).toEqual(whole);
      }
      const implicit = parseWhole(serializeDataset(dataset, implicitLittle), implicitLittle, limits);
      expect(essence(implicit, false), path).toEqual(essence(dataset, false));
    }
    expect(read).toBeGreaterThan(300);
  });

  /** Undefined for what cannot be read. */
  async function parsed(path: string): Promise<Dataset | undefined> {
    const file = await openPart10(inPieces(corpusFile(path), 1 << 16)).catch(() => undefined);
    const syntax = file && transferSyntaxes.get(file.transferSyntaxUID);
    if (!syntax) return undefined;
    return parseDataset(file.dataset, syntax, limits).catch(() => undefined);
  }
});
