/** Text for whoever reads one character set only: what it has is kept, what it lacks comes as near as it can. */
import { encodeText, type SpecificCharacterSet } from './character-sets.ts';
import { foldLetters } from './person-name.ts';

/**
 * Text in a character set, whatever the text says: a letter that it lacks stands without its accents (`Ễ` as `E`, `đ` as `d`),
 * and where that is no letter of it either, a question mark.
 */
export function encodeNearest(text: string, characterSet: SpecificCharacterSet): Buffer {
  const whole = encodeText(text, characterSet);
  if (whole) return whole;
  const nearest = [...text.normalize('NFC')].map((character) => nearestTo(character, characterSet)).join('');
  return encodeText(nearest, characterSet) ?? Buffer.alloc(0);
}

function nearestTo(character: string, characterSet: SpecificCharacterSet): string {
  if (encodeText(character, characterSet)) return character;
  if (/\p{M}/u.test(character)) return '';
  const folded = foldLetters(character);
  const base = character === character.toLowerCase() ? folded : folded.toUpperCase();
  return encodeText(base, characterSet) ? base : '?';
}
