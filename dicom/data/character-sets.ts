/**
 * Text of a data set as Unicode and back (Specific Character Set, PS3.3 C.12.1.1.2; PS3.5 6.1). What the bytes are by
 * their declaration is decided here; that a declaration is wrong, in `mislabelled-text.ts`.
 */
import { ascii, decodeEach, decoderOf, definedTerms, romaji } from './character-set-table.ts';
import { decodeCodeExtensions, designatedAt, encodeCodeExtensions, undesignatedG1 } from './code-extensions.ts';
import type { CodeElement, DefinedTerm } from './character-set-table.ts';
import type { Designations } from './code-extensions.ts';

/** How the text of one data set (or item) is written: its defined terms, spelled as the standard does; '' for none. */
export type SpecificCharacterSet = readonly string[];

export const defaultCharacterSet: SpecificCharacterSet = [''];

/** The values of Specific Character Set; what names no character set counts as none. */
export function parseSpecificCharacterSet(value: string): SpecificCharacterSet {
  return value.split('\\').map(definedTerm);
}

/** Leniency: names that devices write for a defined term. */
const otherNames: Readonly<Record<string, string>> = {
  UTF8: 'ISO_IR 192',
  GB2312: 'GBK',
  CP936: 'GBK',
  LATIN1: 'ISO_IR 100',
  ISO88591: 'ISO_IR 100',
  CP1252: 'ISO_IR 100',
  WINDOWS1252: 'ISO_IR 100',
  SHIFTJIS: 'ISO_IR 13',
  SJIS: 'ISO_IR 13',
  EUCKR: 'ISO 2022 IR 149',
};

/** Leniency: a term is known however case, blanks, hyphens and underscores stand in it; unknown ones are as none. */
function definedTerm(written: string): string {
  const letters = written.toUpperCase().replace(/[^A-Z0-9]/g, '');
  const number = /^(ISO|ISO2022)IR0*([1-9]\d*)$/.exec(letters);
  const prefix = number?.[1] === 'ISO' ? 'ISO_IR ' : 'ISO 2022 IR ';
  const term = number ? prefix + (number[2] as string) : (otherNames[letters] ?? letters);
  if (definedTerms.has(term)) return term;
  // The multi-byte sets have no term without code extensions, but devices write one.
  const extended = term.replace(/^ISO_IR /, 'ISO 2022 IR ');
  return term !== 'ISO_IR 6' && definedTerms.has(extended) ? extended : '';
}

/** Terms read as their code elements. */
interface Repertoire extends Designations {
  readonly whole: DefinedTerm['whole'];
  /** The encoding of a text without escape sequences, where that is ASCII and one more set of single bytes. */
  readonly oneByte: string | undefined;
}

const escapeByte = 0x1b;

const repertoires = new Map<string, Repertoire>();
/** Declarations that are remembered; there are some thirty terms, and few ways in which they come together. */
const repertoireLimit = 200;

function repertoireOf(characterSet: SpecificCharacterSet): Repertoire {
  const key = characterSet.join('\\');
  let found = repertoires.get(key);
  if (!found) {
    found = makeRepertoire(characterSet);
    if (repertoires.size < repertoireLimit) repertoires.set(key, found);
  }
  return found;
}

function makeRepertoire(characterSet: SpecificCharacterSet): Repertoire {
  const terms = characterSet.map((term) => definedTerms.get(term) ?? {});
  const [first = {}] = terms;
  // A set of two bytes in G0 is never active at the beginning: control characters and delimiters are not in it.
  const G0 = first.G0?.bytesPerCharacter === 1 ? first.G0 : ascii;
  const elements = terms.flatMap((term) => [term.G0, term.G1].filter((element) => element !== undefined));
  const declared = [...new Set<CodeElement>([G0, ...elements])];
  const G1 = first.G1 ?? undesignatedG1(declared);
  const oneByte = G0 === ascii && G1.bytesPerCharacter === 1 ? G1.label : undefined;
  return { whole: first.whole, oneByte, G0, G1: first.G1, declared };
}

/** Bytes at which a value, a component or a component group ends (PS3.5 6.1.2.5.3), by VR. */
const delimiters: Readonly<Record<string, readonly number[]>> = { PN: [0x5c, 0x5e, 0x3d], LT: [], ST: [], UT: [] };
const valueDelimiter = [0x5c];

/**
 * Bytes of a text VR as a string. Never throws: what cannot be decoded becomes U+FFFD.
 * In the result a backslash is a delimiter (or, in ST, LT and UT, a character), never a byte of another character.
 */
export function decodeText(bytes: Buffer, characterSet: SpecificCharacterSet, vr = 'LO'): string {
  const isPlain = isAscii(bytes);
  if (isPlain && !characterSet[0]?.endsWith(' 13')) return bytes.toString('latin1');
  const repertoire = repertoireOf(characterSet);
  if (repertoire.whole && !isMislabelledIso2022(bytes)) {
    const text = decoderOf(repertoire.whole).decode(bytes);
    return repertoire.whole === 'utf-8' && isUndeclaredLatin(text) ? decoderOf('windows-1252').decode(bytes) : text;
  }
  if (repertoire.G0 === romaji && isShiftJis(bytes)) return decoderOf('shift_jis').decode(bytes);
  if (repertoire.oneByte !== undefined && !bytes.includes(escapeByte))
    return decoderOf(repertoire.oneByte).decode(bytes);
  return decodeCodeExtensions(bytes, repertoire, delimiters[vr] ?? valueDelimiter);
}

/** Whether the bytes mean the same in nearly every character set. */
export function isAscii(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte > 0x7e || byte === escapeByte) return false;
  }
  return true;
}

/** Whether the default repertoire (PS3.5 6.1.2.1) has all of a text. */
export function isDefaultRepertoire(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- the default repertoire has control characters
  return /^[\0-\x7e]*$/.test(text);
}

/** Leniency: UTF-8, GB18030 and GBK exclude code extensions, yet labels are changed where the text was not. */
function isMislabelledIso2022(bytes: Buffer): boolean {
  const at = bytes.indexOf(escapeByte);
  return at >= 0 && designatedAt(bytes, at + 1) !== undefined && bytes.every((byte) => byte < 0x80);
}

/** Leniency: text declared as UTF-8 without one valid character of it beyond ASCII is what Windows writes. */
function isUndeclaredLatin(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- all of ASCII
  return text.includes('\ufffd') && /^[\0-\x7f\ufffd]*$/.test(text);
}

/** Leniency: Shift_JIS under ISO_IR 13, of which it is an extension: its first bytes are in neither half of JIS X 0201. */
function isShiftJis(bytes: Buffer): boolean {
  return (
    !bytes.includes(escapeByte) &&
    bytes.some((byte) => (byte >= 0x81 && byte <= 0x9f) || (byte >= 0xe0 && byte <= 0xfc))
  );
}

/** Text in the character set; undefined where a character is not in it. Escape sequences as PS3.5 6.1.2.5.3 wants them. */
export function encodeText(text: string, characterSet: SpecificCharacterSet): Buffer | undefined {
  const repertoire = repertoireOf(characterSet);
  if (repertoire.whole === 'utf-8') return Buffer.from(text, 'utf8');
  if (repertoire.whole) return encodeChinese(text, repertoire.whole);
  const sets = characterSet.length === 1 && !characterSet[0]?.startsWith('ISO 2022');
  return encodeCodeExtensions(text, sets ? { ...repertoire, declared: [] } : repertoire);
}

const chineseCodes = new Map<string, ReadonlyMap<string, readonly number[]>>();

function encodeChinese(text: string, label: 'gbk' | 'gb18030'): Buffer | undefined {
  let codes = chineseCodes.get(label);
  if (!codes) chineseCodes.set(label, (codes = chineseCodesOf(label)));
  const bytes: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    const code =
      point < 0x80 ? [point] : (codes.get(character) ?? (label === 'gb18030' ? beyondBmp(point) : undefined));
    if (!code) return undefined;
    bytes.push(...code);
  }
  return Buffer.from(bytes);
}

/** Every code of two bytes and, in GB18030, of four within the Basic Multilingual Plane. */
function chineseCodesOf(label: 'gbk' | 'gb18030'): Map<string, readonly number[]> {
  const codes: number[][] = [];
  for (let first = 0x81; first <= 0xfe; first++)
    for (let second = 0x40; second <= 0xfe; second++) codes.push([first, second]);
  if (label === 'gb18030') for (let index = 0; index < 39_420; index++) codes.push(fourBytes(index));
  const found = new Map<string, readonly number[]>();
  for (const [index, character] of decodeEach(label, codes).entries())
    if (character > '\x7f' && character !== '\ufffd' && !found.has(character))
      found.set(character, codes[index] as number[]);
  return found;
}

/** GB18030 counts the planes beyond the first one through: 189,000 is U+10000. */
function beyondBmp(point: number): number[] | undefined {
  return point >= 0x10000 ? fourBytes(point - 0x10000 + 189_000) : undefined;
}

function fourBytes(index: number): number[] {
  return [
    0x81 + Math.floor(index / 12_600),
    0x30 + (Math.floor(index / 1260) % 10),
    0x81 + (Math.floor(index / 10) % 126),
    0x30 + (index % 10),
  ];
}
