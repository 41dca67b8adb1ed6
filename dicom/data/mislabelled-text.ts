/**
 * Text whose Specific Character Set is wrong: UTF-8 under a single-byte label or none, and Vietnamese in encodings that no
 * label can name. Recognised for what is shown and searched; the bytes stay as they are. Precision comes first: text that
 * may be what it says is left alone (docs/decisions/0014-mislabelled-vietnamese.md has the rules and their figures).
 */
import { isUtf8 } from 'node:buffer';
import { decoderOf, definedTerms } from './character-set-table.ts';
import { decodeText, isAscii } from './character-sets.ts';
import type { SpecificCharacterSet } from './character-sets.ts';
import { restoreCapitals, vietnameseDecoders } from './vietnamese-encodings.ts';
import type { VietnameseEncoding } from './vietnamese-encodings.ts';
import { isFamilyName, isVietnameseSyllable } from './vietnamese-syllables.ts';

export interface RecognisedText {
  readonly text: string;
  /** What the bytes are, where the label says something else. */
  readonly mislabelledAs?: 'UTF-8' | VietnameseEncoding;
}

/** Labels under which Vietnamese is found: none, and those of the Latin alphabets. */
const latinLabels = new Set(['', '6', '100', '101', '109', '110', '148', '203']);
/** Longest text that is looked at for it, in bytes. Longer ones are no names, and to read each word takes its time. */
const recognisedBytes = 8 * 1024;

/** Decodes as declared unless the text is evidently something else. Never throws. */
export function recogniseText(bytes: Buffer, declared: SpecificCharacterSet, vr?: string): RecognisedText {
  const text = decodeText(bytes, declared, vr);
  if (isAscii(bytes) || bytes.includes(0x1b)) return { text };
  const [first = ''] = declared;
  const label = first.replace(/^ISO(?:_IR| 2022 IR) /, '');
  if (label === '192') return recogniseUnderUtf8(bytes, text);
  // Two bytes a character, or Shift_JIS: hardly a text is not valid in them, so what is valid is believed.
  const isWide = label === '13' || declared.some(hasTwoBytesBeyondAscii);
  if (isUtf8(bytes)) {
    const utf8 = decoderOf('utf-8').decode(bytes);
    const isBroken = isWide ? text.includes('\ufffd') : looksBroken(bytes, text);
    const isUndeclared = first === '' && !isWide;
    // Under a Japanese label katakana of one byte may stand without their own.
    const isUtf8Text = likelyText.test(utf8) ? isUndeclared || isBroken : isUndeclared && !declared.some(isJapanese);
    if (isUtf8Text) return { text: utf8, mislabelledAs: 'UTF-8' };
  }
  if (isWide) return { text };
  const found = latinLabels.has(label) ? findVietnamese(bytes, (word) => decodeText(word, declared)) : undefined;
  return found ?? { text };
}

/** JIS X 0208 and JIS X 0212 stand in G0: a byte beyond ASCII is never theirs, so they say nothing of it. */
function hasTwoBytesBeyondAscii(term: string): boolean {
  const { whole, G1 } = definedTerms.get(term) ?? {};
  return whole !== undefined || G1?.bytesPerCharacter === 2;
}

function isJapanese(term: string): boolean {
  return definedTerms.get(term)?.G0?.bytesPerCharacter === 2;
}

/** Bytes that are no UTF-8, or text of an old encoding that was carried into UTF-8 letter by letter. */
function recogniseUnderUtf8(bytes: Buffer, text: string): RecognisedText {
  if (!isUtf8(bytes)) return findVietnamese(bytes, asLatin1) ?? { text };
  // oxlint-disable-next-line no-control-regex -- all of Latin-1
  if (!/^[\0-\xff]*$/.test(text)) return { text };
  return findVietnamese(Buffer.from(text, 'latin1'), asLatin1) ?? { text };
}

function asLatin1(word: Buffer): string {
  return word.toString('latin1');
}

/** Letters and signs of living languages only: two bytes that happen to be UTF-8 are mostly something else. */
const likelyText =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class -- all of ASCII, and marks by themselves
  /^[\0-\x7f\xa0-\u024f\u0300-\u0345\u0386-\u03ce\u0400-\u045f\u0490-\u0493\u05b0-\u05ea\u060c-\u0669\u0e01-\u0e5b\u1e00-\u1eff\u2010-\u203a\u20ab\u20ac\u2103\u2116\u2122\u2190-\u2193\u2200-\u22ff\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff00-\uffef]*$/;

/** As its label says, the text has control characters, signs within words or capitals behind small letters. */
function looksBroken(bytes: Buffer, text: string): boolean {
  const hasControl = bytes.some((byte, at) => byte >= 0x80 && byte < 0xa0 && (bytes[at - 1] ?? 0) >= 0x80);
  // oxlint-disable-next-line no-control-regex -- all of ASCII
  return hasControl || /(?=[^\0-\x7f])\p{L}(?:[ªºµ]|[^\0-\x7f\p{L}\p{M}])|\p{Ll}(?=[^\0-\x7f])\p{Lu}/u.test(text);
}

/** A run of letters as bytes, and whether any is beyond ASCII. */
interface WordBytes {
  readonly from: number;
  readonly bytes: Buffer;
  readonly isAscii: boolean;
}

/** The same as it is declared. */
interface Word extends WordBytes {
  readonly declared: string;
}

/** How a text reads in one encoding, word by word. */
interface Reading {
  readonly encoding: VietnameseEncoding;
  readonly words: readonly string[];
}

function findVietnamese(bytes: Buffer, declaredAs: (word: Buffer) => string): RecognisedText | undefined {
  if (bytes.length > recognisedBytes) return undefined;
  const parts = wordsIn(bytes);
  const readings = encodings.map((encoding) => readAs(encoding, parts)).filter((reading) => reading !== undefined);
  if (readings.length === 0) return undefined;
  const words = parts.map((word) => ({ ...word, declared: declaredAs(word.bytes).normalize('NFC') }));
  const scored = readings.map((reading) => ({ ...reading, score: evidence(words, reading.words) }));
  const [best, second] = scored.sort((a, b) => b.score - a.score);
  if (!best || best.score === 0 || best.score === second?.score) return undefined;
  const text = withWords(bytes, words, best.words);
  return { text: best.encoding === 'TCVN3' ? restoreCapitals(text) : text, mislabelledAs: best.encoding };
}

const encodings = Object.keys(vietnameseDecoders) as VietnameseEncoding[];

function wordsIn(bytes: Buffer): WordBytes[] {
  const runs = bytes.toString('latin1').matchAll(/[A-Za-z\x80-\x9f\xa1-\xff]+/g);
  return [...runs].map(({ 0: { length }, index: from }) => {
    const word = bytes.subarray(from, from + length);
    return { from, bytes: word, isAscii: isAscii(word) };
  });
}

function withWords(bytes: Buffer, words: readonly WordBytes[], read: readonly string[]): string {
  let text = '';
  let at = 0;
  for (const [index, { from, bytes: word }] of words.entries()) {
    text += bytes.toString('latin1', at, from) + (read[index] ?? '');
    at = from + word.length;
  }
  return text + bytes.toString('latin1', at);
}

/** The text in an encoding, where each word beyond ASCII is a syllable. */
function readAs(encoding: VietnameseEncoding, words: readonly WordBytes[]): Reading | undefined {
  const read: string[] = [];
  for (const { bytes, isAscii: isPlain } of words) {
    const text = isPlain ? bytes.toString('latin1') : vietnameseDecoders[encoding](bytes);
    if (text === undefined || (!isPlain && !isVietnameseSyllable(text))) return undefined;
    read.push(text);
  }
  return { encoding, words: read };
}

/** How much speaks for a reading; 0 where it is not evident. */
function evidence(words: readonly Word[], read: readonly string[]): number {
  const changed = words.filter(({ declared }, at) => declared !== read[at]);
  if (changed.length === 0) return 0;
  const family = Math.max(...[0, read.length - 1].map((at) => familyEvidence(words[at]?.declared, read[at] ?? '')));
  return isEvident(words, read, changed, family) ? changed.length + family : 0;
}

/** How sure a reading is: from how broken the text is as declared, how much of it changes, and whose name it becomes. */
function isEvident(words: readonly Word[], read: readonly string[], changed: readonly Word[], family: number): boolean {
  const high = words.filter((word) => !word.isAscii);
  const isWhollyVietnamese =
    words.length > 1 && words.every((word) => !word.isAscii || isVietnamesePart(word.declared));
  if (high.every(({ declared }) => isVietnameseSyllable(declared)))
    return isWhollyVietnamese && family > 0 && isMiddleName(changed, read);
  switch (Math.max(...high.map(({ declared }) => brokennessOf(declared)))) {
    case 2:
      return isWhollyVietnamese || changed.length > 1 || family > 0;
    case 1:
      return isWhollyVietnamese && (changed.length > 1 || family > 0);
    default:
      return isWhollyVietnamese && isFarFromDeclared(changed, family);
  }
}

/**
 * Văn, which half of all men have as a middle name, is Vãn in Latin-1: a syllable too, but no name. Without this, a man
 * whose other names are the same in both would be taken for Latin-1.
 */
function isMiddleName(changed: readonly Word[], read: readonly string[]): boolean {
  return (
    changed.every(({ declared }) => /^vãn$/i.test(declared)) && read.slice(1, -1).some((word) => /^văn$/i.test(word))
  );
}

/** For words that could be of another language: a long family name, or several words and hardly any Vietnamese as declared. */
function isFarFromDeclared(changed: readonly Word[], family: number): boolean {
  const meant = changed.filter(({ declared }) => isVietnameseSyllable(declared)).length;
  return family > 2 || (family > 0 && changed.length - meant > 1) || (meant === 0 && changed.length > 3);
}

/** A word of ASCII that may stand in a Vietnamese text: a syllable without marks, an initial, an abbreviation. */
function isVietnamesePart(word: string): boolean {
  return word.length === 1 || /^[B-DF-HJ-NP-TV-XZ]+$/.test(word) || isVietnameseSyllable(word);
}

/** 3: a family name in this reading only; 2: a short one; 1: one that stood there before, and is of no other country; 0: none. */
function familyEvidence(declared: string | undefined, read: string): 0 | 1 | 2 | 3 {
  if (!isFamilyName(read)) return 0;
  if (declared !== read) return read.length > 3 ? 3 : 2;
  return read.length > 3 || !/^[a-z]+$/i.test(read) ? 1 : 0;
}

/** Letters side by side that are a vowel and its mark in CP1258 and VNI, and that other languages do not have so. */
const strangePairs =
  /^thiò$|[aãâeêoôõyý][ìòþ]|[iu](?:þ|[ìò](?=[a-z]))|ýõ|a[âàáåã]|e[âåãä]|o[âåä]|[uy][ùûõø]|[ôö][ùûõøï]|öô|[ae]û|[aeo]õ/iu;

/**
 * How little a word can be what it is declared as: 2 with a sign between two letters, a capital out of place or a pair of
 * letters that no language has; 1 with a sign beside a letter, or a small letter among capitals; 0 for a word like any.
 */
function brokennessOf(word: string): 0 | 1 | 2 {
  // The signs that count as letters; abbreviations of names end with some.
  const signs = word.replace(/^[DMN]ª$|º$/, '').replace(/[ªºµ\xad]/g, '\xa4');
  const isCapitalOutOfPlace = /\p{Ll}(?=[^A-Z])\p{Lu}|^[A-Z](?=[^A-Z])\p{Lu}\p{Ll}/u.test(signs);
  if (/\p{L}[^\p{L}\p{M}]+\p{L}/u.test(signs) || isCapitalOutOfPlace || strangePairs.test(word)) return 2;
  const isSmallAmongCapitals = /[A-Z].*[A-Z]/.test(word) && /(?=[^a-z])\p{Ll}/u.test(word) && !/[a-z]/.test(word);
  return /[^\p{L}\p{M}]/u.test(signs) || isSmallAmongCapitals || word.startsWith('Ð') ? 1 : 0;
}
