import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explicit } from '#tests/dataset-bytes.ts';
import { datasets } from '#tests/datasets.ts';
import type { Dataset } from '../data/dataset.ts';
import { parseWhole } from '../file/parse.ts';
import { serializeDataset } from '../file/serialize.ts';
import { dicomJsonText, toDicomJson } from './dicom-json.ts';
import { BadDicomJson, fromDicomJson } from './from-dicom-json.ts';

const explicitLittle = { explicitVR: true, bigEndian: false };
const limits = { sequenceDepth: 8, elements: 1_000, attributeValueBytes: 1 << 16, attributeBytes: 1 << 20 };
const parsed = (...elements: Buffer[]): Dataset => parseWhole(Buffer.concat(elements), explicitLittle, limits);
const json = (...elements: Buffer[]) => toDicomJson(parsed(explicit(0x00080005, 'CS', 'ISO_IR 192'), ...elements));
const value = (vr: string, written: string | Buffer) => json(explicit(0x00991001, vr, written))['00991001'];

describe('a data set as DICOM JSON', () => {
  test('has decimal strings as numbers where those say exactly what was written', () => {
    expect(value('DS', '1.5\\-0.25\\1e3\\+7\\.5\\2.')?.Value).toEqual([1.5, -0.25, 1000, 7, 0.5, 2]);
    expect(value('DS', '0.12345678901234567')?.Value).toEqual(['0.12345678901234567']);
    expect(value('DS', '1e400\\1e-400\\0.000\\abc')?.Value).toEqual(['1e400', '1e-400', 0, 'abc']);
    expect(value('IS', '12\\ 3 \\-4')?.Value).toEqual([12, 3, -4]);
    expect(value('IS', '9007199254740993')?.Value).toEqual(['9007199254740993']);
  });

  test('has integers of 64 bits as numbers as far as those go, then as strings', () => {
    const bytes = Buffer.alloc(16);
    bytes.writeBigUInt64LE(2n ** 64n - 1n);
    bytes.writeBigUInt64LE(2n ** 53n - 1n, 8);
    expect(value('UV', bytes)).toEqual({ vr: 'UV', Value: ['18446744073709551615', 9007199254740991] });
    expect(value('SV', bytes)).toEqual({ vr: 'SV', Value: [-1, 9007199254740991] });
  });

  test('has empty values as null, and no Value where all are empty', () => {
    expect(value('LO', 'A\\\\B')).toEqual({ vr: 'LO', Value: ['A', null, 'B'] });
    expect(value('LO', '\\')).toEqual({ vr: 'LO' });
    expect(value('PN', '==')).toEqual({ vr: 'PN' });
    expect(value('US', Buffer.alloc(0))).toEqual({ vr: 'US' });
    expect(json(explicit(0x00081140, 'SQ', Buffer.alloc(0)))['00081140']).toEqual({ vr: 'SQ' });
    expect(value('FL', explicit(0x00991001, 'UN', 'A').subarray(0, 2))).toEqual({ vr: 'FL' });
  });

  test('has the groups of a name, and tags as eight digits', () => {
    expect(value('PN', 'Yamada^Tarou=山田^太郎=やまだ^たろう')?.Value).toEqual([
      { Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎', Phonetic: 'やまだ^たろう' },
    ]);
    expect(value('PN', 'PHẠM^ĐỨC\\=太郎')?.Value).toEqual([{ Alphabetic: 'PHẠM^ĐỨC' }, { Ideographic: '太郎' }]);
    expect(value('AT', Buffer.from('2800100010002000', 'hex'))?.Value).toEqual(['00280010', '00100020']);
  });

  test('has no group lengths, and says of text that it is UTF-8', () => {
    const bytes = [explicit(0x00080000, 'UL', Buffer.alloc(4)), explicit(0x00080005, 'CS', 'ISO_IR 100')];
    const latin = parsed(...bytes, explicit(0x00100020, 'LO', Buffer.from([0x44, 0xe9])));
    expect(toDicomJson(latin)).toEqual({
      '00080005': { vr: 'CS', Value: ['ISO_IR 192'] },
      '00100020': { vr: 'LO', Value: ['Dé'] },
    });
  });

  test('asks for an address where a value was not kept, and says where it is', () => {
    const long = explicit(0x00420011, 'OB', Buffer.alloc(1 << 17));
    const item = Buffer.concat([Buffer.from('feff00e0ffffffff', 'hex'), long, Buffer.from('feff0de000000000', 'hex')]);
    const dataset = parsed(explicit(0x00081140, 'SQ', item), long);
    const asked: unknown[] = [];
    const told = toDicomJson(dataset, {
      bulkDataURI: ({ tag }, path) => `bulk/${asked.push([tag, path])}`,
    });
    expect(asked).toEqual([
      [0x00420011, [0x00081140, 1]],
      [0x00420011, []],
    ]);
    expect(told['00420011']).toEqual({ vr: 'OB', BulkDataURI: 'bulk/2' });
  });

  test('has its attributes in ascending order as text, at every level, also where their tags look like numbers', () => {
    const json = {
      '00081140': {
        vr: 'SQ',
        Value: [{ '0008103E': { vr: 'LO' }, '52009230': { vr: 'SQ' }, '00081150': { vr: 'UI' } }],
      },
      '52009230': { vr: 'SQ' },
      '00100010': { vr: 'PN' },
    };
    expect(dicomJsonText(json)).toBe(
      '{"00081140":{"vr":"SQ","Value":[{"0008103E":{"vr":"LO"},"00081150":{"vr":"UI"},"52009230":{"vr":"SQ"}}]},' +
        '"00100010":{"vr":"PN"},"52009230":{"vr":"SQ"}}',
    );
  });

  test('is the same in whatever byte order the data set was', () => {
    fc.assert(
      fc.property(datasets(true, false), (dataset) => {
        const big = serializeDataset(dataset, { explicitVR: true, bigEndian: true });
        const little = serializeDataset(dataset, explicitLittle);
        const json = toDicomJson(parseWhole(big, { explicitVR: true, bigEndian: true }, limits));
        expect(json).toEqual(toDicomJson(parseWhole(little, explicitLittle, limits)));
      }),
      { numRuns: 200 },
    );
  });
});

describe('DICOM JSON as a data set', () => {
  test('has what was in the data set that the JSON was made of', () => {
    fc.assert(
      fc.property(datasets(true, false), (dataset) => {
        const json = JSON.parse(JSON.stringify(toDicomJson(dataset))) as Record<string, unknown>;
        const again = JSON.parse(JSON.stringify(toDicomJson(fromDicomJson(json, limits)))) as Record<string, unknown>;
        delete again['00080005'];
        expect(again).toEqual(json);
      }),
      { numRuns: 300 },
    );
  });

  test('takes what other versions of the standard write', () => {
    const dataset = fromDicomJson(
      {
        '00080005': { vr: 'CS', Value: ['ISO_IR 100'] },
        '00081140': { vr: 'SQ', Value: [null, {}] },
        '00100010': { vr: 'PN', Value: ['Đỗ^An'] },
        '00101030': { vr: 'DS', Value: [0.1234567890123456, '80.50'] },
        '00280010': { vr: 'US', Value: ['512'] },
        '00720083': { vr: 'UV', Value: ['18446744073709551615'] },
        '00420011': { vr: 'OB', BulkDataURI: 'bulk/1' },
        '00420012': { vr: 'LO', BulkDataURI: 'bulk/2' },
      },
      { sequenceDepth: 1, bulkData: (uri) => (uri === 'bulk/1' ? Buffer.from('%PDF') : undefined) },
    );
    expect(toDicomJson(dataset)).toEqual({
      '00080005': { vr: 'CS', Value: ['ISO_IR 192'] },
      '00081140': { vr: 'SQ', Value: [{}, {}] },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Đỗ^An' }] },
      '00101030': { vr: 'DS', Value: [0.12345678901235, 80.5] },
      '00280010': { vr: 'US', Value: [512] },
      '00420011': { vr: 'OB', InlineBinary: 'JVBERg==' },
      '00420012': { vr: 'LO' },
      '00720083': { vr: 'UV', Value: ['18446744073709551615'] },
    });
    expect(dataset.elements.get(0x00101030)?.bytes?.toString()).toBe('0.12345678901235\\80.50');
  });

  test.each<[string, unknown]>([
    ['the data set: not an object', []],
    ['0010: not eight hexadecimal digits', { '0010': { vr: 'LO' } }],
    ['00100010: no VR', { '00100010': { Value: ['A'] } }],
    ['00100010: no VR', { '00100010': { vr: 'ZZ' } }],
    ['00280010: 65536 is beyond US', { '00280010': { vr: 'US', Value: [65536] } }],
    ['00280010: not an integer', { '00280010': { vr: 'US', Value: [1.5] } }],
    ['00189461: not a number', { '00189461': { vr: 'FL', Value: ['one'] } }],
    ['00189461: not a number', { '00189461': { vr: 'FL', Value: ['constructor'] } }],
    ['00080060: a character that CS cannot have', { '00080060': { vr: 'CS', Value: ['Đ'] } }],
    ['00280009: not a tag', { '00280009': { vr: 'AT', Value: [1] } }],
    ['00100020: a value that LO cannot have', { '00100020': { vr: 'LO', Value: [{}] } }],
    ['00420011: OB has a Value', { '00420011': { vr: 'OB', Value: [1] } }],
    ['00420011: more than one of', { '00420011': { vr: 'OB', InlineBinary: '', BulkDataURI: '' } }],
    ['00081140[0].00081140[0].: sequences nested deeper than 1', nested(2)],
  ])('is refused: %s', (message, wrong) => {
    expect(() => fromDicomJson(wrong, { sequenceDepth: 1 })).toThrow(BadDicomJson);
    expect(() => fromDicomJson(wrong, { sequenceDepth: 1 })).toThrow(message);
  });

  test('is refused by one error only, whatever the JSON says', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('00100010', '00081140', '7FE00010', 'x'), wildAttribute), (wild) => {
        try {
          serializeDataset(fromDicomJson(wild, limits), explicitLittle);
        } catch (error) {
          expect(['BadDicomJson', 'ValueNotKept']).toContain((error as Error).name);
        }
      }),
      { numRuns: 500 },
    );
  });
});

function nested(depth: number): unknown {
  return { '00081140': { vr: 'SQ', Value: [depth === 0 ? {} : nested(depth - 1)] } };
}

const wildAttribute = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      vr: fc.constantFrom('PN', 'SQ', 'US', 'UV', 'FD', 'AT', 'DS', 'OB', 'UN'),
      Value: fc.jsonValue(),
      InlineBinary: fc.jsonValue(),
    },
    { requiredKeys: [] },
  ),
  fc.record({ vr: fc.constantFrom('PN', 'SQ', 'US', 'UV', 'FD', 'AT', 'DS'), Value: fc.array(fc.jsonValue()) }),
);
