/**
 * Attribute matching of PS3.4 C.2.2.2 on data sets in memory, as `index/matching.ts` does it in SQL: single value, list of
 * UID, universal, wildcard, range, several values, sequence. Names without case, accents and đ; without a delimiter each
 * word must occur, in any order.
 */
import { numberValues, textValues } from './dataset.ts';
import type { Dataset, Element } from './dataset.ts';
import { keywordOf } from './dictionary.ts';
import { foldPersonName, nameGlobs, nameWords } from './person-name.ts';

/** A key whose value cannot be matched with. */
export class UnreadableKey extends Error {
  override name = 'UnreadableKey';
  readonly tag: number;

  constructor(tag: number, what: string) {
    super(`${keywordOf(tag) ?? 'a key'} ${what}`);
    this.tag = tag;
  }
}

/** A date and the time that goes with it: ranges of both are one range of moments (C.2.2.2.5.2, Table K.6-1). */
export type DateAndTime = readonly [date: number, time: number];

/** Specific Character Set, and what is no key: group lengths. */
const isKey = (tag: number): boolean => tag !== 0x00080005 && (tag & 0xffff) !== 0;

export interface MatchingOptions {
  /** Of the data set and of items within. */
  readonly combined?: readonly DateAndTime[];
  /** Of a name with components or groups, too, each word must occur, wherever (C.2.2.2.1.1). */
  readonly fuzzyNames?: boolean;
}

/**
 * Whether a data set has what an identifier asks for; attributes that it has not are empty.
 * @throws UnreadableKey
 */
export function matchesIdentifier(identifier: Dataset, found: Dataset, options: MatchingOptions = {}): boolean {
  const { combined = [] } = options;
  const together = new Set<number>();
  for (const [date, time] of combined) {
    const [days, hours] = [rangeOf(identifier, date, 'date'), rangeOf(identifier, time, 'time')];
    if (!days?.isRange || !hours?.isRange) continue;
    together.add(date).add(time);
    const at = momentOf(textValues(found, date)[0] ?? '', textValues(found, time)[0] ?? '');
    if (at === undefined) return false;
    if (days.from !== undefined && at < days.from + firstMoment(hours.from)) return false;
    if (days.to !== undefined && at > days.to + lastMoment(hours.to)) return false;
  }
  for (const key of identifier.elements.values())
    if (isKey(key.tag) && !together.has(key.tag) && !matchesKey(identifier, key, found, options)) return false;
  return true;
}

function matchesKey(identifier: Dataset, key: Element, found: Dataset, options: MatchingOptions): boolean {
  const { tag, items } = key;
  if (items) {
    const [item] = items;
    if (!item || isUniversal(item)) return true;
    const candidates = found.elements.get(tag)?.items ?? [];
    return candidates.some((candidate) => matchesIdentifier(item, candidate, options));
  }
  // The VR of what is found decides: a requestor of Implicit VR may know less than we do.
  const vr = found.elements.get(tag)?.vr ?? key.vr;
  const keys = vr === 'US' ? keyNumbers(identifier, tag).map(String) : valuesOf(identifier, tag, vr);
  const wanted = keys.filter((value) => !isAny(value));
  if (wanted.length === 0) return true;
  const values = valuesOf(found, tag, vr);
  switch (vr) {
    case 'DA':
      return matchesRange(values, rangeOf(identifier, tag, 'date') as Range, (value) => value.replaceAll('.', ''));
    case 'TM':
      return matchesTime(values, rangeOf(identifier, tag, 'time') as Range);
    case 'PN':
      return wanted.some((name) => values.some((value) => matchesName(value, name, options.fuzzyNames)));
    case 'UI':
    case 'US':
    case 'DS':
    case 'IS':
      return wanted.some((each) => values.includes(each));
    default:
      return wanted.some((pattern) => values.some((value) => matchesGlob(value, pattern)));
  }
}

/** A value of a key that everything matches. */
const isAny = (value: string): boolean => /^\**$/.test(value);

/** Nothing in it narrows anything down. */
export function isUniversal(identifier: Dataset): boolean {
  return [...identifier.elements.values()].every(
    ({ tag, items, bytes }) =>
      !isKey(tag) || (items ? items.every(isUniversal) : !bytes || /^[*\0 ]*$/.test(bytes.toString('latin1'))),
  );
}

/**
 * A key of VR US. Leniency: toolkits write one without a value as a zero (dcmjs does), and no attribute that is a key has that
 * as a value; a modality that asks for Pregnancy Status to be returned would find its worklist empty.
 */
export function keyNumbers(identifier: Dataset, tag: number): number[] {
  return numberValues(identifier, tag).filter((value) => value !== 0);
}

function valuesOf(dataset: Dataset, tag: number, vr: string): string[] {
  const isNumber = vr === 'US' || vr === 'DS' || vr === 'IS';
  return isNumber ? numberValues(dataset, tag).map(String) : textValues(dataset, tag);
}

/** `*` any sequence of characters, `?` any single one (C.2.2.2.4), in time linear in each: a key comes from a stranger. */
export function matchesGlob(text: string, pattern: string): boolean {
  const [characters, glob] = [[...text], [...pattern]];
  let [at, inGlob] = [0, 0];
  /** Where the last `*` stands, and how much of the text it has taken. */
  let [star, taken] = [-1, 0];
  while (at < characters.length) {
    if (glob[inGlob] === '*') {
      star = inGlob++;
      taken = at;
    } else if (inGlob < glob.length && (glob[inGlob] === '?' || glob[inGlob] === characters[at])) {
      at++;
      inGlob++;
    } else if (star >= 0) {
      inGlob = star + 1;
      at = ++taken;
    } else return false;
  }
  while (glob[inGlob] === '*') inGlob++;
  return inGlob === glob.length;
}

function matchesName(value: string, key: string, byWords = false): boolean {
  const [name, wanted] = [foldPersonName(value), foldPersonName(key)];
  if (byWords || !/[\^=]/.test(wanted)) {
    const words = nameWords(name);
    return nameWords(wanted)
      .split(' ')
      .filter((word) => /[^*]/.test(word))
      .every((word) =>
        matchesGlob(words, `${word.startsWith('*') ? '' : '* '}${word}${word.endsWith('*') ? '' : ' *'}`),
      );
  }
  const [groups, keys] = [name.split('='), wanted.split('=')];
  const isOf = (group: string, of: string): boolean => nameGlobs(of).some((glob) => matchesGlob(group, glob));
  if (keys.length === 1) return groups.some((group) => isOf(group, wanted));
  return keys.every((each, at) => each === '' || /^\*+$/.test(each) || isOf(groups[at] ?? '', each));
}

interface Range {
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** A value alone is not a range. */
  readonly isRange: boolean;
}

const ranges = {
  date: /^(\d{4}\.?\d{2}\.?\d{2})?(?: *(-) *)?(\d{4}\.?\d{2}\.?\d{2})?$/,
  time: /^(\d{2}(?::?\d{2}(?::?\d{2}(?:\.\d{1,6})?)?)?)?(?: *(-) *)?(\d{2}(?::?\d{2}(?::?\d{2}(?:\.\d{1,6})?)?)?)?$/,
};

/** @returns undefined for a key without value @throws UnreadableKey */
function rangeOf(identifier: Dataset, tag: number, kind: 'date' | 'time'): Range | undefined {
  const key = textValues(identifier, tag).find((value) => !isAny(value));
  if (key === undefined) return undefined;
  const found = ranges[kind].exec(key);
  const [, from, dash, to] = found ?? [];
  if (!found || (dash === undefined && to !== undefined) || (from === undefined && to === undefined))
    throw new UnreadableKey(tag, kind === 'date' ? 'is YYYYMMDD or a range of it' : 'is HHMMSS or a range of it');
  const plain = (text: string | undefined): string | undefined => text?.replaceAll(kind === 'date' ? '.' : ':', '');
  return { from: plain(from), to: plain(to), isRange: dash !== undefined };
}

function matchesRange(values: readonly string[], { from, to, isRange }: Range, plain: (value: string) => string) {
  return values.some((each) => {
    const value = plain(each);
    if (value === '') return false;
    if (!isRange) return value === from;
    return (from === undefined || value >= from) && (to === undefined || value <= to);
  });
}

function matchesTime(values: readonly string[], { from, to, isRange }: Range): boolean {
  return values.some((each) => {
    const value = timeOf(each);
    return value !== undefined && value >= firstMoment(from) && value <= lastMoment(isRange ? to : from);
  });
}

/** HHMMSS.FFFFFF, whatever precision it was written with. */
function timeOf(value: string): string | undefined {
  const plain = value.replaceAll(':', '');
  return plain === '' ? undefined : firstMoment(plain);
}

function momentOf(date: string, time: string): string | undefined {
  const clock = timeOf(time);
  return date === '' || clock === undefined ? undefined : date.replaceAll('.', '') + clock;
}

const firstMoment = (time: string | undefined): string =>
  time === undefined ? '000000.000000' : filled(time, '000000', '0');

/** The end of a range means all that begins with it. Open at its end: a leap second is in, too. */
const lastMoment = (time: string | undefined): string =>
  time === undefined ? '235960.999999' : filled(time, '235959', '9');

function filled(time: string, clockFill: string, fractionFill: string): string {
  const [clock = '', fraction = ''] = time.split('.');
  return `${clock}${clockFill.slice(clock.length)}.${fraction.padEnd(6, fractionFill)}`;
}
