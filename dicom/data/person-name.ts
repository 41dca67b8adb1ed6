/**
 * Person names (PN, PS3.5 Section 6.2): up to three component groups joined by `=`, components joined by `^`.
 * Folding makes of a name what a person types who searches for it: no accents, no case, đ as d.
 */
import { withoutEnd } from './padding.ts';

/** A name in DICOM JSON (PS3.18 F.2.2). */
export interface PersonName {
  Alphabetic?: string;
  Ideographic?: string;
  Phonetic?: string;
}

/** The component groups of one name, components still joined by `^`; a group that is empty is left out. */
export function parsePersonName(value: string): PersonName {
  const [alphabetic = '', ideographic = '', phonetic = ''] = value.split('=');
  return {
    ...(alphabetic && { Alphabetic: alphabetic }),
    ...(ideographic && { Ideographic: ideographic }),
    ...(phonetic && { Phonetic: phonetic }),
  };
}

/** Letters that do not decompose, although a search takes them for their neighbour. */
const alike: Record<string, string> = { đ: 'd', ð: 'd', ø: 'o', ł: 'l', ß: 'ss', æ: 'ae', œ: 'oe', ı: 'i', þ: 'th' };

/** Text without case and accents: `Đặng Thị Huệ` becomes `dang thi hue`. Only Latin letters lose their marks. */
export function foldLetters(text: string): string {
  return text
    .normalize('NFD')
    .toLowerCase()
    .replace(/([a-zđðøłßæœıþ])\p{M}+/gu, '$1')
    .normalize('NFC')
    .replace(/[đðøłßæœıþ]/g, (letter) => alike[letter] ?? letter);
}

/** A name folded, trailing empty components gone (`A^B^^` is `A^B`), groups and components kept apart. */
export function foldPersonName(value: string): string {
  return withoutEnd(
    foldLetters(value)
      .split('=')
      .map((group) =>
        withoutEnd(
          group
            .split('^')
            .map((component) => component.trim().replace(/\s+/g, ' '))
            .join('^'),
          '^',
        ),
      )
      .join('='),
    '=',
  );
}

/** The words of a folded name between blanks, as the index holds them: ` nguyen van anh `, or a blank alone. */
export function nameWords(folded: string): string {
  const words = folded.split(/[\s^=,]+/).filter(Boolean);
  return words.length ? ` ${words.join(' ')} ` : ' ';
}

/**
 * A component group of a key (folded) as the patterns that a name matches one of. Trailing empty components carry no
 * meaning (PS3.5 6.2.1), so `A^*` finds the name `A` as well, which is `A^`: the pattern as far as the components before
 * the wildcard go, and the pattern without them.
 */
export function nameGlobs(group: string): string[] {
  const tail = group.slice(withoutEnd(group, '^*').length);
  const star = tail.indexOf('*');
  if (!tail.includes('^') || star < 0) return [group];
  const base = group.slice(0, group.length - tail.length);
  return star === 0 ? [`${base}*`] : [`${base}${tail.slice(0, star)}*`, base];
}
