/**
 * A data set as XML of the Native DICOM Model (PS3.19 Annex A.1), which WADO-RS gives as application/dicom+xml. Well
 * formed whatever the data set holds: what XML 1.0 cannot carry becomes U+FFFD.
 */
import { binaryNumber, binarySizes, textValues, turned } from '../data/dataset.ts';
import type { Dataset, Element } from '../data/dataset.ts';
import { hexTag, keywordOf } from '../data/dictionary.ts';
import { inlineBinaryVRs } from './dicom-json.ts';
import type { JsonOptions } from './dicom-json.ts';

const specificCharacterSet = 0x00080005;
const groups = ['Alphabetic', 'Ideographic', 'Phonetic'];
const components = ['FamilyName', 'GivenName', 'MiddleName', 'NamePrefix', 'NameSuffix'];

/** What is gathered before a piece is given: more than any but the longest data sets have. */
const pieceStrings = 4_096;

/**
 * @param instead  its attributes stand in place of those that the data set has
 * @returns a document in UTF-8, in pieces: a data set may be long, and others wait meanwhile
 */
export function* nativeModelXml(
  dataset: Dataset,
  options: JsonOptions = {},
  instead?: Dataset,
): Generator<string, void, void> {
  const out = [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    '<NativeDicomModel xml:space="preserve" xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">\n',
  ];
  yield* writeDataset(dataset, options, [], out, instead);
  out.push('</NativeDicomModel>\n');
  yield out.join('');
}

/** Gives what has gathered in `out` from time to time; the rest is left there. */
function* writeDataset(
  dataset: Dataset,
  options: JsonOptions,
  path: readonly number[],
  out: string[],
  instead?: Dataset,
): Generator<string, void, void> {
  const tags = new Set([...dataset.elements.keys(), ...(instead?.elements.keys() ?? [])]);
  for (const tag of [...tags].sort((a, b) => a - b)) {
    // Group lengths have no place here (A.1.1), and the items' own character sets have none any more.
    if ((tag & 0xffff) === 0 || (tag === specificCharacterSet && path.length > 0)) continue;
    const said = instead?.elements.has(tag) ? instead : dataset;
    const element = said.elements.get(tag) as Element;
    out.push(openingTag(said, element));
    if (element.items) yield* writeItems(element, options, path, out);
    else if (!element.bytes || options.isBulk?.(element)) writeBulk(element, options, path, out);
    else writeValues(said, element, element.bytes, path, out);
    out.push('</DicomAttribute>\n');
    if (out.length >= pieceStrings) yield out.splice(0).join('');
  }
}

/** Table A.1.5-2: a private attribute is named by its creator and its place in the block, wherever the block lies. */
function openingTag(dataset: Dataset, { tag, vr }: Element): string {
  const keyword = keywordOf(tag);
  const creator = creatorOf(dataset, tag);
  const number = creator === undefined ? tag : tag - (tag & 0xff00);
  const keywordAttribute = keyword === undefined ? '' : ` keyword="${keyword}"`;
  const creatorAttribute = creator === undefined ? '' : ` privateCreator="${escaped(creator)}"`;
  return `<DicomAttribute tag="${hexTag(number)}" vr="${vr}"${keywordAttribute}${creatorAttribute}>\n`;
}

function creatorOf(dataset: Dataset, tag: number): string | undefined {
  const group = Math.floor(tag / 0x10000);
  const block = (tag & 0xffff) >> 8;
  if (group % 2 === 0 || block === 0) return undefined;
  return textValues(dataset, group * 0x10000 + block)[0];
}

function* writeItems(
  { items = [], tag }: Element,
  options: JsonOptions,
  path: readonly number[],
  out: string[],
): Generator<string, void, void> {
  for (const [index, item] of items.entries()) {
    out.push(`<Item number="${index + 1}">\n`);
    yield* writeDataset(item, options, [...path, tag, index + 1], out);
    out.push('</Item>\n');
    // An item without elements has no other place to be given at.
    if (out.length >= pieceStrings) yield out.splice(0).join('');
  }
}

function writeBulk(element: Element, options: JsonOptions, path: readonly number[], out: string[]): void {
  const uri = element.length === 0 ? undefined : options.bulkDataURI?.(element, path);
  if (uri !== undefined) out.push(`<BulkData uri="${escaped(uri)}"/>\n`);
}

function writeValues(dataset: Dataset, element: Element, bytes: Buffer, path: readonly number[], out: string[]): void {
  const { vr, tag } = element;
  if (bytes.length === 0) return;
  if (inlineBinaryVRs.has(vr)) {
    const value = dataset.bigEndian ? turned(vr, bytes) : bytes;
    out.push(`<InlineBinary>${value.toString('base64')}</InlineBinary>\n`);
    return;
  }
  const isCharacterSet = tag === specificCharacterSet && path.length === 0;
  const values = isCharacterSet ? ['ISO_IR 192'] : texts(dataset, element, bytes);
  if (values.every((value) => value === '')) return;
  for (const [index, value] of values.entries()) {
    if (vr === 'PN') writeName(value, index + 1, out);
    else out.push(`<Value number="${index + 1}">${escaped(value)}</Value>\n`);
  }
}

function texts(dataset: Dataset, { vr, tag }: Element, bytes: Buffer): string[] {
  const size = vr === 'AT' ? 4 : binarySizes[vr];
  if (size === undefined) return textValues(dataset, tag);
  const values: string[] = [];
  for (let at = 0; at + size <= bytes.length; at += size) {
    const number = (from: number) => binaryNumber(vr, bytes, from, dataset.bigEndian);
    values.push(vr === 'AT' ? hexTag(Number(number(at)) * 0x10000 + Number(number(at + 2))) : String(number(at)));
  }
  return values;
}

function writeName(value: string, number: number, out: string[]): void {
  out.push(`<PersonName number="${number}">\n`);
  for (const [index, group] of value.split('=').slice(0, groups.length).entries()) {
    const parts = group.split('^');
    if (parts.every((part) => part === '')) continue;
    out.push(`<${groups[index]}>\n`);
    for (const [at, name] of components.entries()) {
      // What stands behind the fifth component belongs to it: nothing is lost.
      const part = at === components.length - 1 ? parts.slice(at).join('^') : (parts[at] ?? '');
      if (part !== '') out.push(`<${name}>${escaped(part)}</${name}>\n`);
    }
    out.push(`</${groups[index]}>\n`);
  }
  out.push('</PersonName>\n');
}

/** Line ends too: a parser would make a line feed of U+000D (XML 1.0 2.11), and blanks of all of them in an attribute. */
const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&apos;'],
  ['\r', '&#13;'],
  ['\n', '&#10;'],
  ['\t', '&#9;'],
]);

/** XML 1.0 2.2: no control character but these three, no half of a surrogate pair, not U+FFFE and U+FFFF. */
function escaped(text: string): string {
  return (
    text
      .replace(/[&<>"'\r\n\t]/g, (character) => entities.get(character) ?? character)
      // oxlint-disable-next-line no-control-regex -- these are what is sought
      .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd')
  );
}
