import { deflateRawSync, deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { inPieces } from '#tests/corpus.ts';
import { explicit, smallInstance, us } from '#tests/dataset-bytes.ts';
import { textValue } from '../data/dataset.ts';
import type { Dataset } from '../data/dataset.ts';
import { BadDataset } from './bad-dataset.ts';
import { elementHeader } from './element-header.ts';
import { fileHead } from './file-meta.ts';
import { leniencies } from './leniencies.ts';
import { parseDataset, parseWhole } from './parse.ts';
import { openPart10 } from './part10-reader.ts';
import { serializeDataset } from './serialize.ts';
import { transferSyntaxes } from '../syntax/all.ts';
import { toDicomJson } from '../web/dicom-json.ts';

const limits = {
  sequenceDepth: 8,
  elements: 1_000,
  attributeValueBytes: 1 << 16,
  attributeBytes: 1 << 20,
  inflatedBytes: 1 << 20,
  pixelDataBytes: 1 << 16,
};
const implicitLittle = { explicitVR: false, bigEndian: false };
const explicitLittle = { explicitVR: true, bigEndian: false };
const explicitBig = { explicitVR: true, bigEndian: true };
const implicitBig = { explicitVR: false, bigEndian: true };
const uids = {
  implicitLittle: '1.2.840.10008.1.2',
  explicitLittle: '1.2.840.10008.1.2.1',
  explicitBig: '1.2.840.10008.1.2.2',
  deflated: '1.2.840.10008.1.2.1.99',
};

/** Without its Pixel Data, whose VR is another one in Implicit VR (PS3.5 A.1). */
const sample = smallInstance().subarray(0, -(256 + 12));
const right = parseWhole(sample, explicitLittle, limits);
const rightJson = toDicomJson(right);
const as = (encoding: { explicitVR: boolean; bigEndian: boolean }) => serializeDataset(right, encoding);
const meta = (TransferSyntaxUID: string): Buffer =>
  fileHead({ MediaStorageSOPClassUID: '1.2.3', MediaStorageSOPInstanceUID: '1.2.3.4', TransferSyntaxUID });

/** A file read as the doors read it. */
async function readFile(bytes: Buffer): Promise<{ syntax: string; dataset: Dataset }> {
  const file = await openPart10(inPieces(bytes, 700));
  const syntax = transferSyntaxes.get(file.transferSyntaxUID);
  if (!syntax) throw new Error(`unknown: ${file.transferSyntaxUID}`);
  return { syntax: syntax.uid, dataset: await parseDataset(file.dataset, syntax, limits) };
}

const read = (bytes: Buffer, encoding = explicitLittle) => toDicomJson(parseWhole(bytes, encoding, limits));
const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');
/** VR and length in the header's two and four bytes, as a device may have got them wrong. */
const header = (tag: string, rest: string): Buffer => hex(tag + rest);

/** Each sample is what a device got wrong; the test is what comes out. */
const samples: Record<string, () => Promise<void> | void> = {
  async startOfMeta() {
    const file = Buffer.concat([meta(uids.explicitLittle), sample]);
    for (const bytes of [file, file.subarray(128), file.subarray(132), sample])
      expect(toDicomJson((await readFile(bytes)).dataset)).toEqual(rightJson);
  },
  async metaHeader() {
    // (0002,0010) without a VR, and no group length.
    const syntax = Buffer.concat([header('02001000', '12000000'), Buffer.from(`${uids.implicitLittle}\0`)]);
    const file = Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), syntax, as(implicitLittle)]);
    expect(toDicomJson((await readFile(file)).dataset)).toEqual(rightJson);
  },
  async guessSyntax() {
    for (const [name, encoding] of Object.entries({ implicitLittle, explicitLittle, explicitBig })) {
      const { syntax, dataset } = await readFile(as(encoding));
      expect(syntax).toBe(uids[name as keyof typeof uids]);
      expect(toDicomJson(dataset)).toEqual(rightJson);
    }
  },
  async observedSyntax() {
    const encoded = {
      implicitLittle: as(implicitLittle),
      explicitLittle: as(explicitLittle),
      explicitBig: as(explicitBig),
      deflated: deflateRawSync(as(explicitLittle)),
    };
    for (const declared of Object.values(uids)) {
      for (const [name, bytes] of Object.entries(encoded)) {
        const { syntax, dataset } = await readFile(Buffer.concat([meta(declared), bytes]));
        expect(syntax, `${name} declared as ${declared}`).toBe(uids[name as keyof typeof uids]);
        expect(toDicomJson(dataset), `${name} declared as ${declared}`).toEqual(rightJson);
      }
    }
  },
  observedEncoding() {
    const all = [implicitLittle, explicitLittle, explicitBig, implicitBig];
    for (const actual of all) for (const declared of all) expect(read(as(actual), declared)).toEqual(rightJson);
  },
  async isZlib() {
    const file = Buffer.concat([meta(uids.deflated), deflateSync(sample)]);
    expect(toDicomJson((await readFile(file)).dataset)).toEqual(rightJson);
  },
  async startsAsExplicit() {
    const syntax = { ...explicitLittle, deflated: true };
    const dataset = await parseDataset(inPieces(sample, 3), syntax, limits);
    expect(toDicomJson(dataset)).toEqual(rightJson);
  },
  strangeForm() {
    const first = explicit(0x00080005, 'CS', 'ISO_IR 192');
    const last = explicit(0x00280010, 'US', us(16));
    const told = { '00080005': { vr: 'CS', Value: ['ISO_IR 192'] }, '00280010': { vr: 'US', Value: [16] } };
    const value = Buffer.from('ABCD');
    const withoutVR = Buffer.concat([first, header('10002000', '04000000'), value, last]);
    expect(read(withoutVR)).toEqual({ ...told, '00100020': { vr: 'LO', Value: ['ABCD'] } });
    const unknown = { ...told, '00111234': { vr: 'UN', InlineBinary: value.toString('base64') } };
    for (const form of ['5A5A 0400', '5A5A 0000 04000000', '3F3F 0400', '2020 0400', '7573 0400'])
      expect(read(Buffer.concat([first, header('11003412', form), value, last])), form).toEqual(unknown);
  },
  betterThanUN() {
    const bytes = Buffer.concat([
      explicit(0x00090010, 'LO', 'SIEMENS CSA HEADER'),
      explicit(0x00091001, 'UN', 'AB'),
      explicit(0x00100010, 'UN', 'DOE^J'),
      explicit(0x00280010, 'UN', us(16)),
      explicit(0x00280011, 'UN', Buffer.alloc(3), 3).subarray(0, -1),
      explicit(0x00290010, 'LO', 'SIEMENS CSA HEADER'),
      explicit(0x00291008, 'UN', 'IMAGE NUM 4'),
      explicit(0x00400275, 'UN', hex('feff00e0 0c000000 40000700 04000000 41424344')),
      explicit(0x00400555, 'UN', 'not items'),
    ]);
    expect(read(bytes)).toEqual({
      '00090010': { vr: 'LO', Value: ['SIEMENS CSA HEADER'] },
      '00091001': { vr: 'UN', InlineBinary: 'QUI=' },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'DOE^J' }] },
      '00280010': { vr: 'US', Value: [16] },
      '00280011': { vr: 'UN', InlineBinary: 'AAAA' },
      '00290010': { vr: 'LO', Value: ['SIEMENS CSA HEADER'] },
      '00291008': { vr: 'CS', Value: ['IMAGE NUM 4'] },
      '00400275': { vr: 'SQ', Value: [{ '00400007': { vr: 'LO', Value: ['ABCD'] } }] },
      '00400555': { vr: 'UN', InlineBinary: Buffer.from('not items ').toString('base64') },
    });
  },
  itemEnd() {
    const item = explicit(0x00400007, 'LO', 'ABCD');
    const long = Buffer.concat([hex('feff00e0 f8000000'), item]);
    const bytes = Buffer.concat([explicit(0x00400275, 'SQ', long), explicit(0x00400280, 'ST', 'behind')]);
    expect(read(bytes)['00400275']?.Value).toEqual([{ '00400007': { vr: 'LO', Value: ['ABCD'] } }]);
    expect(read(bytes)['00400280']?.Value).toEqual(['behind']);
  },
  strayDelimiter() {
    const item = Buffer.concat([hex('feff00e0 0c000000'), explicit(0x00400007, 'LO', 'ABCD')]);
    const itemEnds = hex('feff0de0 00000000');
    const sequenceEnds = hex('feffdde0 00000000');
    const behind = explicit(0x00400280, 'ST', 'behind');
    for (const bytes of [
      Buffer.concat([explicit(0x00400275, 'SQ', item), sequenceEnds, behind]),
      Buffer.concat([explicit(0x00400275, 'SQ', Buffer.concat([item, itemEnds])), behind]),
      Buffer.concat([explicit(0x00400275, 'SQ', Buffer.alloc(0), 0xffffffff), item, itemEnds, sequenceEnds, behind]),
    ]) {
      expect(read(bytes)['00400275']?.Value).toEqual([{ '00400007': { vr: 'LO', Value: ['ABCD'] } }]);
      expect(read(bytes)['00400280']?.Value).toEqual(['behind']);
    }
    // Inside an item of undefined length the delimiter of an inner sequence does not end the outer one.
    const inner = Buffer.concat([explicit(0x00400275, 'SQ', item), sequenceEnds, behind]);
    const outer = Buffer.concat([
      explicit(0x00400340, 'SQ', Buffer.alloc(0), 0xffffffff),
      Buffer.concat([hex('feff00e0'), Buffer.from(Uint32Array.of(inner.length).buffer), inner]),
      sequenceEnds,
    ]);
    expect(read(outer)['00400340']?.Value).toHaveLength(1);
  },
  missingItemDelimiter() {
    const bytes = Buffer.concat([
      explicit(0x00400275, 'SQ', Buffer.alloc(0), 0xffffffff),
      hex('feff00e0 ffffffff'),
      explicit(0x00400007, 'LO', 'ABCD'),
      hex('feffdde0 00000000'),
      explicit(0x00400280, 'ST', 'behind'),
    ]);
    expect(read(bytes)['00400275']?.Value).toEqual([{ '00400007': { vr: 'LO', Value: ['ABCD'] } }]);
    expect(read(bytes)['00400280']?.Value).toEqual(['behind']);
  },
  oddLength() {
    const bytes = Buffer.concat([
      explicit(0x00100020, 'LO', 'ABC', 3).subarray(0, -1),
      explicit(0x00280010, 'US', us(16)),
    ]);
    expect(read(bytes)).toEqual({
      '00100020': { vr: 'LO', Value: ['ABC'] },
      '00280010': { vr: 'US', Value: [16] },
    });
  },
  padding() {
    expect(read(Buffer.concat([sample, Buffer.alloc(700)]))).toEqual(rightJson);
  },
  isGroupLength() {
    const behind = Buffer.alloc(700);
    expect(read(Buffer.concat([hex('0000 0000 554c 0400 00000000'), sample, behind]))).toEqual(rightJson);
    const implicit = Buffer.concat([hex('0000 0000 04000000 00000000'), as(implicitLittle)]);
    expect(read(implicit, implicitLittle)).toEqual(rightJson);
    const big = Buffer.concat([hex('0000 0000 554c 0004 00000000'), as(explicitBig)]);
    expect(read(big, explicitBig)).toEqual(rightJson);
    // Anywhere else a tag of zeros is no element.
    const late = Buffer.concat([sample, hex('0000 0000 554c 0400 00000000')]);
    expect(() => read(late)).toThrow(BadDataset);
  },
};

describe('what devices get wrong', () => {
  test.each(leniencies.map(({ name, reads }) => [reads, name]))('is read: %s (%s)', async (_reads, name) => {
    expect(samples[name], `a sample for ${name}`).toBeDefined();
    await samples[name]?.();
  });

  test('has no sample that is not in the list', () => {
    expect(Object.keys(samples).sort()).toEqual(leniencies.map(({ name }) => name).sort());
  });
});

describe('a first element that is none of the standard', () => {
  const written = (tag: number, vr: string, value: Buffer, encoding: typeof explicitLittle): Buffer =>
    Buffer.concat([elementHeader(tag, vr, value.length, true, encoding.bigEndian), value]);

  test('is read as declared, also where it is one in the other byte order by a length that spells its VR', () => {
    for (const tag of [0x00041003, 0x00040001]) {
      for (const vr of ['UN', 'UT', 'LO']) {
        const bytes = written(tag, vr, Buffer.alloc(vr === 'LO' ? 0 : 4), explicitBig);
        const dataset = parseWhole(bytes, explicitBig, limits);
        expect([...dataset.elements.keys()], `${tag.toString(16)} ${vr}`).toEqual([tag]);
        expect(serializeDataset(dataset, explicitBig)).toEqual(bytes);
      }
    }
  });

  test('but in the other byte order is one with its VR, is read in that', () => {
    for (const encoding of [explicitLittle, explicitBig]) {
      const dataset = parseWhole(written(0x18001860, 'UL', Buffer.alloc(0), encoding), encoding, limits);
      expect([...dataset.elements.keys()]).toEqual([0x00186018]);
      expect(dataset.bigEndian).toBe(!encoding.bigEndian);
    }
  });
});

describe('what is not forgiven', () => {
  test('a length beyond the item, or beyond the end', () => {
    const item = Buffer.concat([hex('feff00e0 0c000000'), explicit(0x00400007, 'LO', 'ABCD', 200)]);
    expect(() => read(explicit(0x00400275, 'SQ', item))).toThrow(BadDataset);
    expect(() => read(explicit(0x00400007, 'LO', 'ABCD', 200))).toThrow(BadDataset);
  });

  test('a stream that inflates to more than the limit', async () => {
    const big = deflateRawSync(Buffer.concat([explicit(0x00080005, 'CS', 'ISO_IR 192'), Buffer.alloc(64 << 20)]));
    const syntax = { ...explicitLittle, deflated: true };
    await expect(parseDataset(inPieces(big, 4096), syntax, limits)).rejects.toThrow(/^byte \d+: inflates to more than/);
  });

  test('a deflated stream that ends early', async () => {
    const cut = deflateRawSync(sample).subarray(0, -9);
    const syntax = { ...explicitLittle, deflated: true };
    await expect(parseDataset(inPieces(cut, 100), syntax, limits)).rejects.toThrow(BadDataset);
  });
});

test('a private attribute of Implicit VR has the VR that its creator published, in the items too', () => {
  const dataset = parseWhole(
    Buffer.concat([
      explicit(0x00080005, 'CS', 'ISO_IR 192'),
      explicit(0x00290010, 'LO', 'SIEMENS CSA HEADER'),
      explicit(0x00291008, 'CS', 'IMAGE NUM 4'),
      explicit(0x00291099, 'LO', 'not published'),
    ]),
    explicitLittle,
    limits,
  );
  const implicit = parseWhole(serializeDataset(dataset, implicitLittle), implicitLittle, limits);
  expect(implicit.elements.get(0x00291008)?.vr).toBe('CS');
  expect(implicit.elements.get(0x00291099)?.vr).toBe('UN');
  expect(textValue(implicit, 0x00291008)).toBe('IMAGE NUM 4');
});

test('what may be US or SS in Implicit VR is decided by the nearest Pixel Representation', () => {
  const padding = (value: number): Buffer => explicit(0x00280120, 'US', us(value));
  const sequence = (...elements: Buffer[]): Buffer => {
    const item = Buffer.concat(elements);
    const start = Buffer.concat([hex('feff00e0'), Buffer.from(Uint32Array.of(item.length).buffer)]);
    return explicit(0x00081140, 'SQ', Buffer.concat([start, item]));
  };
  const bytes = Buffer.concat([
    explicit(0x00080005, 'CS', 'ISO_IR 192'),
    sequence(sequence(padding(0xfffe)), explicit(0x00280103, 'US', us(0)), padding(0xffff)),
    explicit(0x00280103, 'US', us(1)),
    padding(0x8000),
  ]);
  const implicit = serializeDataset(parseWhole(bytes, explicitLittle, limits), implicitLittle);
  const json = read(implicit, implicitLittle);
  expect(json['00280120']).toEqual({ vr: 'SS', Value: [-32768] });
  expect(json['00081140']?.Value).toEqual([
    expect.objectContaining({
      '00280120': { vr: 'US', Value: [0xffff] },
      '00081140': { vr: 'SQ', Value: [{ '00280120': { vr: 'US', Value: [0xfffe] } }] },
    }),
  ]);
});
