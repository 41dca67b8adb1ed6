import { expect, test } from 'vitest';
import type { Dataset } from '#dicom/data/dataset.ts';
import { toDicomJson } from '#dicom/web/dicom-json.ts';
import { datasetOf } from '#tests/dataset-of.ts';
import { instanceJson, instanceXml } from './instance-metadata.ts';

const address = '/dicom-web/studies/1/series/2/instances/3';
const many = (items: number): Dataset =>
  datasetOf({
    SpecificCharacterSet: 'ISO_IR 100',
    Modality: 'MR',
    PerFrameFunctionalGroupsSequence: Array.from({ length: items }, (_, at) =>
      datasetOf({ SpecificCharacterSet: 'ISO_IR 100', InstanceNumber: String(at) }),
    ),
    Rows: 5,
  });

test('a data set with many items comes in many pieces, which together are what DICOM JSON says', () => {
  for (const items of [0, 1, 64, 85, 86, 500]) {
    const pieces = [...instanceJson({ dataset: many(items), address })];
    expect(pieces.length > 100).toBe(items > 85);
    expect(JSON.parse(pieces.join(''))).toEqual(toDicomJson(many(items)));
    const tags = [...pieces.join('').matchAll(/"([\dA-F]{8})":\{"vr":"(?!IS)/g)].map(([, tag]) => tag);
    expect(tags).toEqual(['00080005', '00080060', '00280010', '52009230']);
  }
});

test('a data set with many elements beside each other comes in many pieces, as JSON and as XML', () => {
  const elements = Array.from({ length: 20_000 }, (_, at) => {
    const bytes = Buffer.from(`value ${at}`);
    return { tag: 0x00091000 + at, vr: 'LO', bytes, items: undefined, length: bytes.length };
  });
  const dataset: Dataset = { ...datasetOf({}), elements: new Map(elements.map((each) => [each.tag, each])) };
  const pieces = [...instanceJson({ dataset, address })];
  expect(JSON.parse(pieces.join(''))).toEqual(toDicomJson(dataset));
  const lengths = (all: string[]) => all.map(({ length }) => length);
  expect(Math.max(...lengths(pieces))).toBeLessThan(64 * 1024);
  const xml = [...instanceXml({ dataset, address })];
  expect(xml.join('').match(/<DicomAttribute /g)).toHaveLength(elements.length);
  expect(Math.max(...lengths(xml))).toBeLessThan(512 * 1024);
});

test('sequences beside each other come in as many pieces as what is in them makes', () => {
  const items = Array.from({ length: 127 }, (_, at) => datasetOf({ InstanceNumber: String(at) }));
  const sequences = Array.from({ length: 255 }, (_, at) => {
    const tag = 0x00091000 + at;
    return [tag, { tag, vr: 'SQ', bytes: undefined, items, length: 0 }] as const;
  });
  const dataset: Dataset = { ...datasetOf({}), elements: new Map(sequences) };
  const pieces = [...instanceJson({ dataset, address })];
  expect(JSON.parse(pieces.join(''))).toEqual(toDicomJson(dataset));
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(64 * 1024);
});

test('a data set without anything is an empty object', () => {
  expect([...instanceJson({ dataset: datasetOf({}), address })].join('')).toBe('{}');
});

test('long binary values and every kind of Pixel Data stand behind addresses, other values where they are', () => {
  const dataset = datasetOf({
    SpectroscopyData: Buffer.alloc(200_000),
    EncapsulatedDocument: Buffer.alloc(1000),
    WaveformSequence: [datasetOf({ WaveformData: Buffer.alloc(200_000) })],
    FloatPixelData: Buffer.alloc(16),
  });
  const json = JSON.parse([...instanceJson({ dataset, address })].join('')) as Record<string, object>;
  expect(json).toMatchObject({
    '00420011': { InlineBinary: Buffer.alloc(1000).toString('base64') },
    '54000100': { Value: [{ '54001010': { BulkDataURI: `${address}/bulkdata/54000100/1/54001010` } }] },
    '56000020': { BulkDataURI: `${address}/bulkdata/56000020` },
    '7FE00008': { BulkDataURI: `${address}/bulkdata/7FE00008` },
  });
  expect([...instanceXml({ dataset, address })].join('')).toContain(`uri="${address}/bulkdata/54000100/1/54001010"`);
});
