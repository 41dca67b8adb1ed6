/** DICOM JSON (PS3.18 Annex F), from a data set in memory. Text comes out as UTF-8 whatever it was. */
import { binaryNumber, binarySizes, textValues } from '#dicom/data/dataset.ts';
import type { Dataset, Element } from '#dicom/data/dataset.ts';
import { hexTag } from '#dicom/data/dictionary.ts';
import { parsePersonName } from '#dicom/data/person-name.ts';
import type { PersonName } from '#dicom/data/person-name.ts';

export type JsonValue = string | number | null | PersonName | DicomJson;

export interface JsonAttribute {
  vr: string;
  Value?: JsonValue[];
  InlineBinary?: string;
  BulkDataURI?: string;
}

export type DicomJson = Record<string, JsonAttribute>;

const binaryVRs = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'UN']);
/** Bytes per unit, whose order JSON fixes as little endian (F.2.7). */
const units: Record<string, number> = { OD: 8, OF: 4, OL: 4, OV: 8, OW: 2 };

/** Group lengths and the character set of the source say nothing about the JSON (F.2.2, F.2.5). */
const leftOut = (tag: number): boolean => (tag & 0xffff) === 0 || tag === 0x00080005;

export interface JsonOptions {
  /** The address of a value that was not kept in memory; undefined to leave the value out. */
  bulkDataURI?(element: Element): string | undefined;
}

export function toDicomJson(dataset: Dataset, options: JsonOptions = {}): DicomJson {
  const json: DicomJson = {};
  for (const tag of [...dataset.elements.keys()].sort((a, b) => a - b)) {
    if (leftOut(tag)) continue;
    const element = dataset.elements.get(tag) as Element;
    json[hexTag(tag)] = attribute(dataset, element, options);
  }
  return json;
}

function attribute(dataset: Dataset, element: Element, options: JsonOptions): JsonAttribute {
  const { vr, bytes, items, tag } = element;
  if (items) return items.length ? { vr: 'SQ', Value: items.map((item) => toDicomJson(item, options)) } : { vr: 'SQ' };
  if (!bytes) {
    const BulkDataURI = element.length === 0 ? undefined : options.bulkDataURI?.(element);
    return BulkDataURI === undefined ? { vr } : { vr, BulkDataURI };
  }
  if (bytes.length === 0) return { vr };
  if (binaryVRs.has(vr))
    return { vr, InlineBinary: littleEndian(bytes, dataset.bigEndian ? (units[vr] ?? 1) : 1).toString('base64') };
  const size = binarySizes[vr];
  if (size !== undefined) {
    const Value: JsonValue[] = [];
    for (let at = 0; at + size <= bytes.length; at += size)
      Value.push(jsonNumber(binaryNumber(vr, bytes, at, dataset.bigEndian)));
    return { vr, Value };
  }
  if (vr === 'AT') {
    const Value: string[] = [];
    for (let at = 0; at + 4 <= bytes.length; at += 4) {
      const group = dataset.bigEndian ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at);
      const number = dataset.bigEndian ? bytes.readUInt16BE(at + 2) : bytes.readUInt16LE(at + 2);
      Value.push(hexTag(group * 0x10000 + number));
    }
    return { vr, Value };
  }
  const values = textValues(dataset, tag);
  if (values.every((value) => value === '')) return { vr };
  return { vr, Value: values.map((value) => textToJson(vr, value)) };
}

function textToJson(vr: string, value: string): JsonValue {
  if (value === '') return null;
  if (vr === 'PN') return parsePersonName(value);
  // F.2.3: DS and IS are numbers where they are numbers, strings where only a string keeps what was written.
  if ((vr === 'DS' || vr === 'IS') && /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(value)) return Number(value);
  return value;
}

/** JSON has no NaN and no infinities: they are strings, as are integers beyond 2^53. */
function jsonNumber(value: number | bigint): number | string {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return value;
  return value > 0 ? 'inf' : '-inf';
}

function littleEndian(bytes: Buffer, unit: number): Buffer {
  if (unit === 1) return bytes;
  const turned = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % unit)));
  if (unit === 2) return turned.swap16();
  if (unit === 4) return turned.swap32();
  return turned.swap64();
}
