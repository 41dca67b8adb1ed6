/**
 * A data set as DICOM JSON (PS3.18 Annex F). Text comes out as UTF-8 whatever it was; the way back is
 * `from-dicom-json.ts`.
 */
import { binaryNumber, binarySizes, textValues, turned } from '../data/dataset.ts';
import type { Dataset, Element } from '../data/dataset.ts';
import { hexTag, tagOf } from '../data/dictionary.ts';
import { withoutEnd } from '../data/padding.ts';
import { parsePersonName } from '../data/person-name.ts';
import type { PersonName } from '../data/person-name.ts';
import { endOfTurn } from '../file/turn.ts';

export type JsonValue = string | number | null | PersonName | DicomJson;

export interface JsonAttribute {
  vr: string;
  Value?: JsonValue[];
  InlineBinary?: string;
  BulkDataURI?: string;
}

export type DicomJson = Record<string, JsonAttribute>;

/** Values of an attribute; [] where it is absent or empty. @param keyword  stands in our own source */
export function jsonValues(json: DicomJson, keyword: string): readonly JsonValue[] {
  return json[hexTag(tagOf(keyword))]?.Value ?? [];
}

/** The items of a sequence. */
export function jsonItems(json: DicomJson, keyword: string): readonly DicomJson[] {
  return jsonValues(json, keyword) as readonly DicomJson[];
}

/** VRs whose value is bytes (F.2.7). */
export const inlineBinaryVRs: ReadonlySet<string> = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'UN']);

const specificCharacterSet = 0x00080005;

export interface JsonOptions {
  /** True for a value that shall stand behind an address though it is in memory. */
  isBulk?(element: Element): boolean;
  /**
   * The address of a value that was not kept in memory, or is bulk; undefined to leave the value out.
   * @param path  where its data set is: sequence, item (from 1), sequence, item, …
   */
  bulkDataURI?(element: Element, path: readonly number[]): string | undefined;
}

/**
 * As text, with attributes in ascending order of their tags at every level (F.2.2), which `JSON.stringify` alone does not
 * give: names that look like whole numbers (`52009230`) come before all others in JavaScript.
 */
export function dicomJsonText(json: DicomJson): string {
  if (isInOrder(json)) return JSON.stringify(json);
  const attributes = Object.keys(json)
    .sort()
    .map((tag) => `"${tag}":${attributeText(json[tag] as JsonAttribute)}`);
  return `{${attributes.join()}}`;
}

function attributeText(attribute: JsonAttribute): string {
  if (attribute.vr !== 'SQ' || !attribute.Value) return JSON.stringify(attribute);
  return `{"vr":"SQ","Value":[${attribute.Value.map((item) => dicomJsonText(item as DicomJson)).join()}]}`;
}

/** Names that look like whole numbers stand first: out of order where another name follows. */
function isInOrder(json: DicomJson): boolean {
  let last = '';
  for (const tag in json) {
    if (tag < last) return false;
    last = tag;
    const { vr, Value } = json[tag] as JsonAttribute;
    if (vr === 'SQ' && Value && !Value.every((item) => isInOrder(item as DicomJson))) return false;
  }
  return true;
}

/** A data set in the DICOM JSON Model (PS3.18 Annex F): text in UTF-8 whatever it was stored in, empty values as attributes without any. */
export function toDicomJson(dataset: Dataset, options: JsonOptions = {}): DicomJson {
  return inItsCharacterSet(attributes(dataset, options, []), dataset);
}

/** The same in turns of the loop, for what may have some ten thousand items; of values that lie in memory. */
export async function toDicomJsonInTurns(dataset: Dataset): Promise<DicomJson> {
  return inItsCharacterSet(await attributesInTurns(dataset, []), dataset);
}

async function attributesInTurns(dataset: Dataset, path: readonly number[]): Promise<DicomJson> {
  const json: DicomJson = {};
  let made = 0;
  for (const tag of writtenTags(dataset, path)) {
    if (made++ % attributesAtOnce === 0) await endOfTurn();
    const element = dataset.elements.get(tag) as Element;
    if (element.items?.length) {
      const Value: DicomJson[] = [];
      for (const item of element.items) Value.push(await attributesInTurns(item, [...path, tag, Value.length + 1]));
      json[hexTag(tag)] = { vr: 'SQ', Value };
    } else json[hexTag(tag)] = attribute(dataset, element, {}, path);
  }
  return json;
}

/** So many take no millisecond. */
const attributesAtOnce = 64;

/** F.2.2 with PS3.5 6.1.2.3: what was in another set is now in the one of JSON. */
function inItsCharacterSet(json: DicomJson, { elements }: Dataset): DicomJson {
  if (elements.get(specificCharacterSet)?.bytes?.length)
    json[hexTag(specificCharacterSet)] = { vr: 'CS', Value: ['ISO_IR 192'] };
  return json;
}

function attributes(dataset: Dataset, options: JsonOptions, path: readonly number[]): DicomJson {
  const json: DicomJson = {};
  for (const tag of writtenTags(dataset, path))
    json[hexTag(tag)] = attribute(dataset, dataset.elements.get(tag) as Element, options, path);
  return json;
}

/** Group lengths have no place here (F.2.2), and the items' own character sets have none any more. */
function writtenTags({ elements }: Dataset, path: readonly number[]): number[] {
  return [...elements.keys()]
    .filter((tag) => (tag & 0xffff) !== 0 && !(tag === specificCharacterSet && path.length > 0))
    .sort((a, b) => a - b);
}

function attribute(dataset: Dataset, element: Element, options: JsonOptions, path: readonly number[]): JsonAttribute {
  const { vr, bytes, items, tag } = element;
  if (items) {
    if (items.length === 0) return { vr: 'SQ' };
    return { vr: 'SQ', Value: items.map((item, index) => attributes(item, options, [...path, tag, index + 1])) };
  }
  if (!bytes || options.isBulk?.(element)) {
    const BulkDataURI = element.length === 0 ? undefined : options.bulkDataURI?.(element, path);
    return BulkDataURI === undefined ? { vr } : { vr, BulkDataURI };
  }
  if (bytes.length === 0) return { vr };
  if (inlineBinaryVRs.has(vr))
    return { vr, InlineBinary: (dataset.bigEndian ? turned(vr, bytes) : bytes).toString('base64') };
  const Value = valuesOf(dataset, element, bytes);
  // F.2.5: an empty value has no Value; one among others is null.
  return Value.every((value) => value === null) ? { vr } : { vr, Value };
}

function valuesOf(dataset: Dataset, { vr, tag }: Element, bytes: Buffer): JsonValue[] {
  const { bigEndian } = dataset;
  const size = binarySizes[vr];
  const values: JsonValue[] = [];
  if (size !== undefined) {
    for (let at = 0; at + size <= bytes.length; at += size)
      values.push(jsonNumber(binaryNumber(vr, bytes, at, bigEndian)));
    return values;
  }
  if (vr === 'AT') {
    for (let at = 0; at + 4 <= bytes.length; at += 4)
      values.push(hexTag(tagNumber(bytes, at, bigEndian) * 0x10000 + tagNumber(bytes, at + 2, bigEndian)));
    return values;
  }
  return textValues(dataset, tag).map((value) => textToJson(vr, value));
}

function tagNumber(bytes: Buffer, at: number, bigEndian: boolean): number {
  return Number(binaryNumber('US', bytes, at, bigEndian));
}

function textToJson(vr: string, value: string): JsonValue {
  if (value === '') return null;
  if (vr === 'PN') {
    const name = parsePersonName(value);
    return Object.keys(name).length ? name : null;
  }
  return vr === 'DS' || vr === 'IS' ? decimalToJson(value) : value;
}

/** So many significant digits of a decimal come back from a double as they were. */
const exactDigits = 15;

/** F.2.3: DS and IS are numbers where a number says exactly what was written, else strings. */
function decimalToJson(text: string): number | string {
  const parts = /^[+-]?(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE][+-]?\d+)?$/.exec(text);
  if (!parts) return text;
  const digits = ((parts[1] ?? '') + (parts[2] ?? parts[3] ?? '')).replace(/^0+/, '');
  const number = Number(text);
  if (digits === '') return 0;
  // Near the ends of its range a double has fewer digits.
  const isNormal = Math.abs(number) > 1e-290 && Math.abs(number) < 1e290;
  return isNormal && withoutEnd(digits, '0').length <= exactDigits ? number : text;
}

/** JSON has no NaN and no infinities: they are strings, as are integers beyond 2^53 (F.2.3). */
function jsonNumber(value: number | bigint): number | string {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return value;
  return value > 0 ? 'inf' : '-inf';
}
