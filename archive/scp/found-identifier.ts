/** A match as the identifier of a C-FIND response (PS3.4 C.4.1.1.3.2): the keys that were asked for, and what it says of itself. */
import { defaultCharacterSet, isDefaultRepertoire } from '#dicom/data/character-sets.ts';
import type { encodeText, SpecificCharacterSet } from '#dicom/data/character-sets.ts';
import type { Dataset, Element } from '#dicom/data/dataset.ts';
import { written, type Writing } from '#dicom/data/identifier-answer.ts';
import { newElement, newSequence } from '#dicom/data/new-dataset.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { itemsOf, resultColumn } from '#index/query.ts';
import type { FoundRow } from '#index/query.ts';
import type { Identifier, ReturnKey } from './identifier.ts';

export interface AnswerOptions {
  readonly identifier: Identifier;
  readonly retrieveAETitle: string;
  readonly writing: Writing;
  readonly syntax: TransferSyntax;
}

/**
 * @returns writes a row of the index as an identifier in the context's transfer syntax: the keys asked for, whatever the
 *   query's level says of itself, and the character set that all of them can be written in
 */
export function answerWriter({
  identifier: { queryLevel, returned },
  retrieveAETitle,
  writing,
  syntax,
}: AnswerOptions): (row: FoundRow) => Buffer {
  const always = [
    newElement(0x00080052, 'CS', Buffer.from(queryLevel.name)),
    newElement(0x00080054, 'AE', Buffer.from(retrieveAETitle)),
    newElement(0x00080056, 'CS', Buffer.from('ONLINE')),
  ];
  return (row) => {
    const { elements, characterSet: used } = written(writing, isAllDefault(returned, row), (...to) =>
      writeKeys(returned, row, ...to),
    );
    const all = new Map([...always.map((each) => [each.tag, each] as const), ...elements]);
    if (used !== defaultCharacterSet) all.set(0x00080005, newElement(0x00080005, 'CS', Buffer.from(used.join('\\'))));
    return serializeDataset({ elements: all, characterSet: used, bigEndian: false }, syntax);
  };
}

/** @returns undefined when a value cannot be written in this character set */
function writeKeys(
  keys: readonly ReturnKey[],
  row: FoundRow,
  characterSet: SpecificCharacterSet,
  encode: typeof encodeText,
): Dataset | undefined {
  const elements = new Map<number, Element>();
  for (const { tag, vr, attribute, items } of keys) {
    if (items) {
      const found = itemsOf(row, tag).map((item) => writeKeys(items, item, characterSet, encode));
      if (found.includes(undefined)) return undefined;
      elements.set(tag, newSequence(tag, found as Dataset[]));
    } else if (vr === 'SQ') {
      elements.set(tag, { tag, vr, bytes: undefined, items: [], length: 0 });
    } else {
      const bytes = vr === 'US' ? wholeNumber(row, attribute) : encode(textOf(row, attribute), characterSet);
      if (!bytes) return undefined;
      elements.set(tag, newElement(tag, vr, bytes));
    }
  }
  return { elements, characterSet, bigEndian: false };
}

function isAllDefault(keys: readonly ReturnKey[], row: FoundRow): boolean {
  return keys.every(({ tag, attribute, items }) =>
    items ? itemsOf(row, tag).every((item) => isAllDefault(items, item)) : isDefaultRepertoire(textOf(row, attribute)),
  );
}

/** A column as DICOM writes it, its values joined by backslashes. */
function textOf(row: FoundRow, attribute: ReturnKey['attribute']): string {
  const value = attribute && row[resultColumn(attribute)];
  if (value === null || value === undefined) return '';
  return Array.isArray(value) ? value.join('\\') : String(value);
}

function wholeNumber(row: FoundRow, attribute: ReturnKey['attribute']): Buffer {
  const value = attribute && row[resultColumn(attribute)];
  if (typeof value !== 'number') return Buffer.alloc(0);
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value & 0xffff);
  return bytes;
}
