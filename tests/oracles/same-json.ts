/**
 * Compares DICOM JSON of ours with another toolkit's by meaning. Where they differ, the list says which section of the
 * standard decides for ours; what is not in the list is a fault.
 */
import type { DicomJson, JsonAttribute, JsonValue } from '#dicom/web/dicom-json.ts';

interface Difference {
  readonly what: string;
  readonly section: string;
  readonly is: (ours: JsonAttribute, theirs: JsonAttribute, at: string) => boolean;
}

const numbersOf = ({ Value = [] }: JsonAttribute): number[] => Value.map(Number);
const pairs = (ours: JsonAttribute, theirs: JsonAttribute, same: (a: number, b: number) => boolean): boolean => {
  const [a, b] = [numbersOf(ours), numbersOf(theirs)];
  return ours.vr === theirs.vr && a.length === b.length && a.every((each, index) => same(each, b[index] as number));
};

export const differences: readonly Difference[] = [
  {
    what: 'a single float in nine digits, where ours has the value exactly',
    section: 'PS3.5 6.2, FL is IEEE 754 binary32',
    is: (ours, theirs) => ours.vr === 'FL' && pairs(ours, theirs, (a, b) => Math.fround(a) === Math.fround(b)),
  },
  {
    what: 'a double with another last digit, where ours reads back as the same double',
    section: 'PS3.5 6.2, FD is IEEE 754 binary64',
    is: (ours, theirs) => ours.vr === 'FD' && pairs(ours, theirs, (a, b) => Math.abs(a - b) <= 2 ** -51 * Math.abs(a)),
  },
  {
    what: 'UN, where ours knows the VR from the dictionary',
    section: 'PS3.5 6.2.2 Note 2',
    is: (ours, theirs) => theirs.vr === 'UN' && ours.vr !== 'UN',
  },
  {
    what: 'a private attribute of Implicit VR whose creator has not published it, which pydicom guesses',
    section: 'PS3.5 6.2.2',
    is: (ours, theirs, at) => ours.vr === 'UN' && theirs.vr !== 'UN' && /[13579BDF][0-9A-F]{4}$/.test(at),
  },
  {
    what: 'text of an item with a character set that dcm2json cannot decode, which it gives as bytes',
    section: 'PS3.3 C.12.1.1.2',
    is: (ours, theirs) => {
      const [a, b] = [JSON.stringify(ours), JSON.stringify(theirs)];
      return ours.vr === theirs.vr && /\\u001b|\ufffd/.test(b) && !/\\u001b|\ufffd/.test(a);
    },
  },
  {
    what: 'UN of odd length with a byte more',
    section: 'PS3.5 7.1.1: the file is wrong, ours gives what is in it',
    is: (ours, theirs) => {
      const [a, b] = [ours, theirs].map(({ InlineBinary = '' }) => Buffer.from(InlineBinary, 'base64').toString('hex'));
      return ours.vr === theirs.vr && (a?.length ?? 0) % 4 === 2 && b === `${a}00`;
    },
  },
];

/** How often each listed difference was met, and those that are not listed. */
export interface Compared {
  readonly listed: Map<string, number>;
  readonly unlisted: string[];
}

export function compare(ours: DicomJson, theirs: DicomJson, at: string, compared: Compared): void {
  for (const tag of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    // Group lengths are not for JSON (PS3.18 F.2.2); (0002,xxxx) is not of the data set; text is UTF-8 now.
    if (tag.endsWith('0000') || tag.startsWith('0002') || tag === '00080005') continue;
    const [a, b] = [ours[tag], theirs[tag]];
    if (!a || !b) compared.unlisted.push(`${at}${tag} ${a ? `${a.vr} is ours alone` : `${b?.vr} is missing`}`);
    else compareAttribute(a, b, `${at}${tag}`, compared);
  }
}

function compareAttribute(ours: JsonAttribute, theirs: JsonAttribute, at: string, compared: Compared): void {
  if (ours.vr === 'SQ' && theirs.vr === 'SQ') {
    const [a, b] = [ours.Value ?? [], theirs.Value ?? []] as [DicomJson[], DicomJson[]];
    if (a.length !== b.length) compared.unlisted.push(`${at} has ${a.length} items, theirs ${b.length}`);
    else for (const [index, item] of a.entries()) compare(item, b[index] ?? {}, `${at}[${index}].`, compared);
    return;
  }
  if (ours.vr === theirs.vr && meaning(ours) === meaning(theirs)) return;
  const known = differences.find(({ is }) => is(ours, theirs, at));
  if (known) compared.listed.set(known.what, (compared.listed.get(known.what) ?? 0) + 1);
  else
    compared.unlisted.push(`${at} ${ours.vr} ${meaning(ours)}, theirs ${theirs.vr} ${meaning(theirs)}`.slice(0, 300));
}

const numeric = new Set(['DS', 'IS', 'US', 'SS', 'UL', 'SL', 'UV', 'SV', 'FL', 'FD']);

/** Numbers whether written as such or as strings (F.2.3); trailing empty values and name components left out. */
function meaning({ vr, Value = [], InlineBinary }: JsonAttribute): string {
  if (InlineBinary) return InlineBinary;
  const values = Value.map((value) => valueMeaning(vr, value));
  while (values.length && values.at(-1) === null) values.pop();
  return JSON.stringify(values);
}

function valueMeaning(vr: string, value: JsonValue): unknown {
  if (value === null || value === '') return null;
  if (numeric.has(vr)) return typeof value === 'string' && Number.isNaN(Number(value)) ? value : Number(value);
  if (typeof value !== 'object') return value;
  // PS3.5 6.2.1.1: trailing null components and their delimiters say nothing.
  const groups = Object.entries(value as Record<string, string>).map(([name, text]) => [
    name,
    text.replace(/[\^ ]+$/, ''),
  ]);
  const full = groups.filter(([, text]) => text !== '').sort();
  return full.length ? Object.fromEntries(full) : null;
}
