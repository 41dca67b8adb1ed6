/**
 * The Query/Retrieve service class (PS3.4 Annex C) as its requests need it: the SOP classes of the information models
 * (C.6), and identifiers.
 */
import { encodeText } from '../data/character-sets.ts';
import type { Dataset, Element } from '../data/dataset.ts';
import { newElement } from '../data/new-dataset.ts';
import { impliedVR, keywordOf } from '../data/dictionary.ts';
import { type Uid, uid } from '../data/uid.ts';

/** SOP classes of one information model. */
export interface QueryRetrieveModel {
  readonly find: Uid;
  readonly move: Uid;
  readonly get: Uid;
}

/** @param root number of the model below 1.2.840.10008.5.1.4.1.2 */
function model(root: number): QueryRetrieveModel {
  const sopClass = (service: number) => uid(`1.2.840.10008.5.1.4.1.2.${root}.${service}`);
  return { find: sopClass(1), move: sopClass(2), get: sopClass(3) };
}

export const patientRoot = model(1);
export const studyRoot = model(2);
/** Retired, and asked for all the same. */
export const patientStudyOnly = model(3);

/** Values of Query/Retrieve Level (0008,0052), from the top (C.6). */
export const queryRetrieveLevels = ['PATIENT', 'STUDY', 'SERIES', 'IMAGE'] as const;
export type QueryRetrieveLevel = (typeof queryRetrieveLevels)[number];

/** A key that cannot be written as its value representation wants it. */
export class BadKeyValue extends Error {
  override name = 'BadKeyValue';
}

const specificCharacterSet = 0x00080005;
const queryRetrieveLevel = 0x00080052;
const utf8 = ['ISO_IR 192'];

/**
 * The identifier of a C-FIND, C-MOVE or C-GET request (C.4.1.1.3.1, C.4.2.1.4).
 * @param keys values by tag, several joined by backslashes; an empty one matches everything and is asked back
 * @throws BadKeyValue
 */
export function queryIdentifier(level: QueryRetrieveLevel, keys: ReadonlyMap<number, string>): Dataset {
  const elements = new Map<number, Element>();
  const add = (tag: number, vr: string, value: string): void => {
    if (vr === 'SQ') {
      if (value !== '') throw new BadKeyValue(`${keywordOf(tag)} is a sequence: it can be asked for, not matched`);
      elements.set(tag, { tag, vr, bytes: undefined, items: [], length: 0 });
      return;
    }
    const bytes = vr === 'US' && value !== '' ? unsignedShort(tag, value) : (encodeText(value, utf8) as Buffer);
    elements.set(tag, newElement(tag, vr, bytes));
  };
  // Only where it is needed: a peer that knows one character set may stumble over every other one.
  if ([...keys.values()].some((value) => /[^\p{ASCII}]/u.test(value))) add(specificCharacterSet, 'CS', 'ISO_IR 192');
  add(queryRetrieveLevel, 'CS', level);
  for (const [tag, value] of keys) add(tag, impliedVR(tag), value);
  return { elements, characterSet: utf8, bigEndian: false };
}

function unsignedShort(tag: number, value: string): Buffer {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > 0xffff)
    throw new BadKeyValue(`${keywordOf(tag)} takes a whole number, 0 to 65535`);
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(number);
  return bytes;
}
