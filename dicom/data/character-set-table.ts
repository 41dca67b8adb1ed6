/**
 * The defined terms of Specific Character Set (PS3.3 C.12.1.1.2, Tables C.12-2 to C.12-5): for each, the code elements that
 * it puts into G0 and G1 (ISO 2022), or the encoding that holds whole texts.
 */

/** A set of characters that G0 (bytes 21–7E) or G1 (A1–FE, single-byte ones A0–FF) may hold. */
export interface CodeElement {
  /** What designates it, behind ESC. */
  readonly escape: string;
  readonly into: 'G0' | 'G1';
  readonly bytesPerCharacter: 1 | 2;
  /** The WHATWG encoding in which its characters stand with their high bits set. */
  readonly label: string;
  /** What stands before each of its characters in that encoding. */
  readonly prefix?: number;
  /**
   * Where the set has nothing and that encoding may have others' characters, which are read and never written: from one to another, each
   * its row times a hundred and its cell, counted from 1.
   */
  readonly others?: readonly (readonly [from: number, to: number])[];
}

export interface DefinedTerm {
  readonly G0?: CodeElement;
  readonly G1?: CodeElement;
  /** The encoding of the whole text, where the term excludes code extensions. */
  readonly whole?: 'utf-8' | 'gb18030' | 'gbk';
}

export const ascii: CodeElement = { escape: '(B', into: 'G0', bytesPerCharacter: 1, label: 'us-ascii' };
/** JIS X 0201 Romaji: ASCII but for the yen sign at 5C and the overline at 7E. */
export const romaji: CodeElement = { escape: '(J', into: 'G0', bytesPerCharacter: 1, label: 'jis-roman' };
/** What Windows programs write where no character set, or an unknown one, is declared. */
export const windowsLatin: CodeElement = single('-A', 'windows-1252');

function single(escape: string, label: string): CodeElement {
  return { escape, into: 'G1', bytesPerCharacter: 1, label };
}

/** Single-byte sets by their number of registration (ISO_IR): Tables C.12-2 and C.12-3. */
const singleByte: Readonly<Record<string, DefinedTerm>> = {
  '13': { G0: romaji, G1: single(')I', 'shift_jis') },
  '100': { G0: ascii, G1: windowsLatin },
  '101': { G0: ascii, G1: single('-B', 'iso-8859-2') },
  '109': { G0: ascii, G1: single('-C', 'iso-8859-3') },
  '110': { G0: ascii, G1: single('-D', 'iso-8859-4') },
  '126': { G0: ascii, G1: single('-F', 'iso-8859-7') },
  '127': { G0: ascii, G1: single('-G', 'iso-8859-6') },
  '138': { G0: ascii, G1: single('-H', 'iso-8859-8') },
  '144': { G0: ascii, G1: single('-L', 'iso-8859-5') },
  '148': { G0: ascii, G1: single('-M', 'iso-8859-9') },
  '166': { G0: ascii, G1: single('-T', 'windows-874') },
  '203': { G0: ascii, G1: single('-b', 'iso-8859-15') },
};

/** All that GB 2312 left empty; GBK has its own there, and cells of private use. */
const beyondGB2312: CodeElement['others'] = [
  [201, 216],
  [267, 268],
  [279, 280],
  [293, 294],
  [484, 494],
  [587, 594],
  [625, 632],
  [657, 694],
  [734, 748],
  [782, 794],
  [827, 836],
  [874, 903],
  [980, 1594],
  [5590, 5594],
  [8801, 9494],
];

/** Sets of 94 × 94 characters: Table C.12-4. */
const doubleByte: Readonly<Record<string, DefinedTerm>> = {
  // Those of NEC: JIS X 0208 ends with row 84, and has nothing in row 13.
  '87': {
    G0: {
      escape: '$B',
      into: 'G0',
      bytesPerCharacter: 2,
      label: 'euc-jp',
      others: [
        [1301, 1394],
        [8901, 9294],
      ],
    },
  },
  '159': { G0: { escape: '$(D', into: 'G0', bytesPerCharacter: 2, label: 'euc-jp', prefix: 0x8f } },
  '149': { G1: { escape: '$)C', into: 'G1', bytesPerCharacter: 2, label: 'euc-kr' } },
  '58': { G1: { escape: '$)A', into: 'G1', bytesPerCharacter: 2, label: 'gbk', others: beyondGB2312 } },
};

function under(prefix: string, terms: Readonly<Record<string, DefinedTerm>>): [string, DefinedTerm][] {
  return Object.entries(terms).map(([number, term]) => [prefix + number, term]);
}

export const definedTerms: ReadonlyMap<string, DefinedTerm> = new Map<string, DefinedTerm>([
  ['', { G0: ascii }],
  ['ISO 2022 IR 6', { G0: ascii }],
  ...under('ISO_IR ', singleByte),
  ...under('ISO 2022 IR ', singleByte),
  ...under('ISO 2022 IR ', doubleByte),
  // Table C.12-5
  ['ISO_IR 192', { whole: 'utf-8' }],
  ['GB18030', { whole: 'gb18030' }],
  ['GBK', { whole: 'gbk' }],
]);

/** Every code element that an escape sequence designates. */
export const codeElements: readonly CodeElement[] = [
  ascii,
  ...[...Object.values(singleByte), ...Object.values(doubleByte)].flatMap(({ G0, G1 }) =>
    [G0, G1].filter((element) => element !== undefined && element !== ascii),
  ),
] as CodeElement[];

const decoders = new Map<string, TextDecoder>();

export function decoderOf(label: string): TextDecoder {
  let found = decoders.get(label);
  if (!found) decoders.set(label, (found = new TextDecoder(label)));
  return found;
}

/** The characters of a code element: what a code stands for, and which code stands for a character. */
export interface CharacterTable {
  readonly characters: readonly string[];
  readonly codes: ReadonlyMap<string, number>;
}

const tables = new Map<CodeElement, CharacterTable>();

/**
 * A code is the byte with its high bit gone; of two bytes, (first − 21H) × 94 + (second − 21H).
 * Made at first use: the largest takes some milliseconds.
 */
export function characterTable(element: CodeElement): CharacterTable {
  let found = tables.get(element);
  if (!found) tables.set(element, (found = makeTable(element)));
  return found;
}

function makeTable(element: CodeElement): CharacterTable {
  const characters = element.bytesPerCharacter === 1 ? singleByteCharacters(element) : doubleByteCharacters(element);
  const codes = new Map<string, number>();
  for (const [code, character] of characters.entries()) {
    const cell = (Math.floor(code / 94) + 1) * 100 + (code % 94) + 1;
    const isOthers = element.others?.some(([from, to]) => cell >= from && cell <= to);
    if (character !== '\ufffd' && !codes.has(character) && !isOthers) codes.set(character, code);
  }
  return { characters, codes };
}

function singleByteCharacters({ into, label }: CodeElement): string[] {
  const codes = Array.from({ length: 128 }, (_, code) => code);
  if (into === 'G1') return codes.map((code) => decoderOf(label).decode(Uint8Array.of(code | 0x80)));
  const characters = codes.map((code) => String.fromCharCode(code));
  if (label === romaji.label) {
    characters[0x5c] = '¥';
    characters[0x7e] = '‾';
  }
  return characters;
}

function doubleByteCharacters({ label, prefix }: CodeElement): string[] {
  const lead = prefix === undefined ? [] : [prefix];
  const pairs: number[][] = [];
  for (let first = 0xa1; first <= 0xfe; first++)
    for (let second = 0xa1; second <= 0xfe; second++) pairs.push([...lead, first, second]);
  return decodeEach(label, pairs);
}

/** Decodes codes one by one; what is no single character becomes U+FFFD. A line feed is part of no code, so each ends there. */
export function decodeEach(label: string, codes: readonly (readonly number[])[]): string[] {
  const lines = decoderOf(label)
    .decode(Uint8Array.from(codes.flatMap((code) => [...code, 0x0a])))
    .split('\n');
  return codes.map((_, index) => {
    const character = lines[index] ?? '';
    return [...character].length === 1 ? character : '\ufffd';
  });
}
