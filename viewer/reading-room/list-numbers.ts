// How the items of an ordered list are numbered, by the styleCode of the list (CDA R2 4.3.5.8 and .11): what is said of "b" elsewhere is
// found at "b".

const roman: readonly (readonly [number, string])[] = [
  [1000, 'm'],
  [900, 'cm'],
  [500, 'd'],
  [400, 'cd'],
  [100, 'c'],
  [90, 'xc'],
  [50, 'l'],
  [40, 'xl'],
  [10, 'x'],
  [9, 'ix'],
  [5, 'v'],
  [4, 'iv'],
  [1, 'i'],
];
/** Beyond it there are no letters for it. */
const mostInRoman = 3_999;

/** @returns what gives the mark of the next item each time; undefined for a list without an order */
export function numbersOf(list: Element): (() => string) | undefined {
  if (list.getAttribute('listType') !== 'ordered') return undefined;
  const write = writtenAs(list.getAttribute('styleCode') ?? '');
  let number = 0;
  return () => `${write((number += 1))}. `;
}

function writtenAs(styleCode: string): (number: number) => string {
  if (styleCode.includes('LittleAlpha')) return inLetters;
  if (styleCode.includes('BigAlpha')) return (number) => inLetters(number).toUpperCase();
  if (styleCode.includes('LittleRoman')) return inRoman;
  if (styleCode.includes('BigRoman')) return (number) => inRoman(number).toUpperCase();
  return String;
}

/** a … z, aa … az, ba … */
function inLetters(number: number): string {
  const before = Math.floor((number - 1) / 26);
  return (before > 0 ? inLetters(before) : '') + String.fromCharCode(0x61 + ((number - 1) % 26));
}

function inRoman(number: number): string {
  if (number > mostInRoman) return String(number);
  let [left, written] = [number, ''];
  for (const [worth, letters] of roman) {
    for (; left >= worth; left -= worth) written += letters;
  }
  return written;
}
