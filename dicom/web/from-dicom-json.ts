/**
 * DICOM JSON (PS3.18 Annex F) as a data set in memory: text in UTF-8, numbers Little Endian. What stands there must be
 * what its VR allows; how it is spelled may vary where versions of the standard have varied (numbers as strings, names as
 * one string).
 */
import { characterVRs, unitBytes } from '../data/dataset.ts';
import type { Dataset, Element } from '../data/dataset.ts';
import { newElement, newSequence } from '../data/new-dataset.ts';
import { withoutEnd } from '../data/padding.ts';
import { valueRepresentations } from '../file/element-header.ts';

export class BadDicomJson extends Error {
  override name = 'BadDicomJson';
}

export interface FromJsonOptions {
  /** Sequences within sequences. */
  readonly sequenceDepth: number;
  /** What a BulkDataURI leads to; undefined, and the value is not in memory. */
  bulkData?(uri: string, tag: number): Buffer | undefined;
}

type Json = Readonly<Record<string, unknown>>;

const utf8 = ['ISO_IR 192'];
const specificCharacterSet = 0x00080005;
const known = new Set(valueRepresentations);
const integerRanges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  US: [0n, 0xffffn],
  SS: [-0x8000n, 0x7fffn],
  UL: [0n, 0xffffffffn],
  SL: [-0x80000000n, 0x7fffffffn],
  UV: [0n, 0xffffffffffffffffn],
  SV: [-0x8000000000000000n, 0x7fffffffffffffffn],
};
/** The longest decimal string (PS3.5 6.2). */
const decimalCharacters = 16;

/** @throws BadDicomJson, naming the attribute */
export function fromDicomJson(json: unknown, options: FromJsonOptions): Dataset {
  const dataset = datasetOf(json, options, '', 0);
  const elements = new Map(dataset.elements);
  // PS3.3 C.12.1.1.2: wanted as soon as there is more than ASCII. JSON itself is UTF-8, whatever it says.
  if (elements.has(specificCharacterSet) || !isAscii(dataset))
    elements.set(specificCharacterSet, newElement(specificCharacterSet, 'CS', Buffer.from('ISO_IR 192')));
  return { ...dataset, elements };
}

function datasetOf(json: unknown, options: FromJsonOptions, at: string, depth: number): Dataset {
  if (depth > options.sequenceDepth)
    throw new BadDicomJson(`${at}: sequences nested deeper than ${options.sequenceDepth}`);
  const elements = new Map<number, Element>();
  for (const [name, attribute] of Object.entries(objectAt(json, at))) {
    const path = `${at}${name}`;
    if (!/^[0-9A-Fa-f]{8}$/.test(name)) throw new BadDicomJson(`${path}: not eight hexadecimal digits`);
    const tag = Number.parseInt(name, 16);
    // Group lengths are not for JSON (F.2.2), and a character set of an item's own is none.
    if ((tag & 0xffff) === 0 || (tag === specificCharacterSet && depth > 0)) continue;
    elements.set(tag, elementOf(tag, objectAt(attribute, path), options, path, depth));
  }
  return { elements, characterSet: utf8, bigEndian: false };
}

function elementOf(tag: number, json: Json, options: FromJsonOptions, path: string, depth: number): Element {
  const { vr, Value, InlineBinary, BulkDataURI } = json;
  if (typeof vr !== 'string' || !known.has(vr)) throw new BadDicomJson(`${path}: no VR`);
  if ([Value, InlineBinary, BulkDataURI].filter((each) => each !== undefined).length > 1)
    throw new BadDicomJson(`${path}: more than one of Value, InlineBinary and BulkDataURI`);
  if (Value !== undefined && !Array.isArray(Value)) throw new BadDicomJson(`${path}: Value is no array`);
  const values: readonly unknown[] = Value ?? [];
  if (vr === 'SQ') {
    // A null item is an empty one (F.2.5).
    const items = values.map((item, index) => datasetOf(item ?? {}, options, `${path}[${index}].`, depth + 1));
    return newSequence(tag, items);
  }
  if (typeof InlineBinary === 'string') return newElement(tag, vr, Buffer.from(InlineBinary, 'base64'));
  if (typeof BulkDataURI === 'string') {
    const bytes = options.bulkData?.(BulkDataURI, tag);
    return bytes ? newElement(tag, vr, bytes) : { tag, vr, bytes: undefined, items: undefined, length: -1 };
  }
  if (InlineBinary !== undefined || BulkDataURI !== undefined) throw new BadDicomJson(`${path}: not a string`);
  return newElement(tag, vr, bytesOf(vr, values, path));
}

function bytesOf(vr: string, values: readonly unknown[], path: string): Buffer {
  if (values.length === 0) return Buffer.alloc(0);
  if (vr === 'AT' || unitBytes[vr] !== undefined) {
    if (vr.startsWith('O')) throw new BadDicomJson(`${path}: ${vr} has a Value`);
    return Buffer.concat(values.filter((value) => value !== null).map((value) => binary(vr, value, path)));
  }
  if (vr === 'OB' || vr === 'UN') throw new BadDicomJson(`${path}: ${vr} has a Value`);
  const text = values.map((value) => textOf(vr, value, path)).join('\\');
  if (characterVRs.has(vr)) return Buffer.from(text, 'utf8');
  // The default repertoire (PS3.5 6.1.2.1); bytes beyond it that a device wrote come back as they were.
  if (Buffer.from(text, 'latin1').toString('latin1') !== text)
    throw new BadDicomJson(`${path}: a character that ${vr} cannot have`);
  return Buffer.from(text, 'latin1');
}

function binary(vr: string, value: unknown, path: string): Buffer {
  const bytes = Buffer.alloc(vr === 'AT' ? 4 : (unitBytes[vr] as number));
  if (vr === 'AT') {
    if (typeof value !== 'string' || !/^[0-9A-Fa-f]{8}$/.test(value)) throw new BadDicomJson(`${path}: not a tag`);
    bytes.writeUInt16LE(Number.parseInt(value.slice(0, 4), 16));
    bytes.writeUInt16LE(Number.parseInt(value.slice(4), 16), 2);
  } else if (vr === 'FL' || vr === 'FD') {
    if (vr === 'FL') bytes.writeFloatLE(floatOf(value, path));
    else bytes.writeDoubleLE(floatOf(value, path));
  } else {
    const [least, most] = integerRanges[vr] as readonly [bigint, bigint];
    const number = integerOf(value, path);
    if (number < least || number > most) throw new BadDicomJson(`${path}: ${number} is beyond ${vr}`);
    // Two's complement of as many bytes as the VR has.
    bytes.set(bigintBytes(number).subarray(0, bytes.length));
  }
  return bytes;
}

function bigintBytes(number: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, number));
  return bytes;
}

function integerOf(value: unknown, path: string): bigint {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^[+-]?\d{1,20}$/.test(value)) return BigInt(value.replace('+', ''));
  throw new BadDicomJson(`${path}: not an integer`);
}

/** F.2.3 has no such numbers in JSON. */
const words = new Map([
  ['NaN', NaN],
  ['inf', Infinity],
  ['-inf', -Infinity],
]);

function floatOf(value: unknown, path: string): number {
  if (typeof value === 'number') return value;
  const number = typeof value === 'string' ? (words.get(value) ?? (value.trim() === '' ? NaN : Number(value))) : NaN;
  if (Number.isNaN(number) && value !== 'NaN') throw new BadDicomJson(`${path}: not a number`);
  return number;
}

function textOf(vr: string, value: unknown, path: string): string {
  if (value === null) return '';
  if (vr === 'PN' && typeof value === 'object') return nameOf(objectAt(value, path), path);
  if (typeof value === 'number' && (vr === 'DS' || vr === 'IS')) return decimalOf(value);
  if (typeof value === 'string') return value;
  throw new BadDicomJson(`${path}: a value that ${vr} cannot have`);
}

function nameOf(name: Json, path: string): string {
  const groups = [name['Alphabetic'], name['Ideographic'], name['Phonetic']].map((group) => group ?? '');
  if (groups.some((group) => typeof group !== 'string')) throw new BadDicomJson(`${path}: not a name`);
  return withoutEnd(groups.join('='), '=');
}

/** As many digits as a decimal string has room for. */
function decimalOf(number: number): string {
  let text = String(number);
  for (let digits = 17; text.length > decimalCharacters && digits > 0; digits--)
    text = String(Number(number.toPrecision(digits)));
  return text;
}

function objectAt(json: unknown, path: string): Json {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Json;
  throw new BadDicomJson(`${path || 'the data set'}: not an object`);
}

function isAscii({ elements }: Dataset): boolean {
  for (const { bytes, items, vr } of elements.values()) {
    if (items && !items.every(isAscii)) return false;
    if (bytes && unitBytes[vr] === undefined && vr !== 'OB' && vr !== 'UN' && bytes.some((byte) => byte > 0x7f))
      return false;
  }
  return true;
}
