/**
 * The 8-bit encodings of Vietnamese that the standard does not know and hospital software wrote for years: Windows code page
 * 1258, TCVN 5712:1993 VN3 (the ABC fonts) and VNI. What is written in them is labelled as something else, if at all.
 */
import { decoderOf } from './character-set-table.ts';
import { capitalised } from './vietnamese-syllables.ts';

export type VietnameseEncoding = 'CP1258' | 'TCVN3' | 'VNI';

/** A word in NFC; undefined where a byte stands for nothing in the encoding. */
export const vietnameseDecoders: Readonly<Record<VietnameseEncoding, (word: Buffer) => string | undefined>> = {
  CP1258: (word) => decoderOf('windows-1258').decode(word).normalize('NFC'),
  TCVN3: decodeTcvn3,
  VNI: decodeVni,
};

/** Bytes A1–FE of TCVN3; a dot where it has nothing. Only the letters without tone have capitals. */
const tcvn3 = 'ĂÂÊÔƠƯĐăâêôơưđ......àảãáạ.ằẳẵắ.......ặầẩẫấậè.ẻẽéẹềểễếệìỉ...ĩíịò.ỏõóọồổỗốộờởỡớợù.ủũúụừửữứựỳỷỹýỵ';
/** A small letter that has a capital of its own in TCVN3. */
const smallLetter = /[a-zăâêôơưđ]/;
const capitalLetters = /\p{Lu}/gu;

function decodeTcvn3(bytes: Buffer): string | undefined {
  let word = '';
  for (const byte of bytes) {
    const letter = byte < 0x80 ? String.fromCharCode(byte) : tcvn3[byte - 0xa1];
    if (letter === undefined || letter === '.') return undefined;
    word += letter;
  }
  const capitals = word.match(capitalLetters)?.length ?? 0;
  const isCapital = (capitals > 1 || (capitals === 1 && !/^\p{Lu}/u.test(word))) && !smallLetter.test(word);
  return isCapital ? word.toUpperCase() : word;
}

/** Text that was TCVN3, which has no toned capitals (a font shows them so), with those that its other letters ask for. */
export function restoreCapitals(text: string): string {
  if (!smallLetter.test(text) && /\p{Lu}{2}/u.test(text)) return text.toUpperCase();
  const words = text.match(/\p{L}+/gu) ?? [];
  const others = words.filter((word) => /^\p{Lu}/u.test(word) || smallLetter.test(word.slice(0, 1)));
  if (others.length === 0 || !others.every((word) => /^\p{Lu}/u.test(word))) return text;
  return text.replace(/\p{L}+/gu, capitalised);
}

/** VNI: marks that stand behind a, e, o, u, y, ô (for ơ) and ö (for ư). */
const vniTones: Readonly<Record<string, string>> = { ù: '\u0301', ø: '\u0300', û: '\u0309', õ: '\u0303', ï: '\u0323' };
/** Marks behind a, e, o that are a circumflex, a breve (a only), or either of them with a tone. */
const vniCircumflexes: Readonly<Record<string, string>> = {
  â: '\u0302',
  á: '\u0302\u0301',
  à: '\u0302\u0300',
  å: '\u0302\u0309',
  ã: '\u0302\u0303',
  ä: '\u0302\u0323',
};
const vniBreves: Readonly<Record<string, string>> = {
  ê: '\u0306',
  é: '\u0306\u0301',
  è: '\u0306\u0300',
  ú: '\u0306\u0309',
  ü: '\u0306\u0303',
  ë: '\u0306\u0323',
};
/** Letters of one byte, and what they stand for. */
const vniLetters = letters('ôöñíìæóòîÔÖÑÍÌÆÓÒÎ', 'ơưđíìỉĩịỵƠƯĐÍÌỈĨỊỴ');

function letters(written: string, meant: string): ReadonlyMap<string, string> {
  return new Map([...written].map((letter, at) => [letter, meant[at] as string]));
}

function decodeVni(bytes: Buffer): string | undefined {
  let text = '';
  const latin = bytes.toString('latin1');
  for (let at = 0; at < latin.length; at++) {
    const letter = latin[at] as string;
    const base = vniLetters.get(letter) ?? (letter < '\x80' ? letter : undefined);
    if (base === undefined) return undefined;
    const marks = vniMarks(letter, latin[at + 1] ?? '');
    text += base + marks;
    if (marks) at++;
  }
  return text.normalize('NFC');
}

function vniMarks(letter: string, next: string): string {
  const mark = next.toLowerCase();
  // Both are capitals or neither.
  if ((mark !== next) !== (letter.toLowerCase() !== letter)) return '';
  const base = letter.toLowerCase();
  if ('aeouyôö'.includes(base) && vniTones[mark]) return vniTones[mark];
  if ('aeo'.includes(base) && vniCircumflexes[mark]) return vniCircumflexes[mark];
  return (base === 'a' && vniBreves[mark]) || '';
}
