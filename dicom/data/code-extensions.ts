/**
 * Code extension techniques (PS3.5 6.1.2.5, ISO 2022): escape sequences put code elements into G0 and G1, and the
 * beginning of each line, value, component and component group puts back what Value 1 of Specific Character Set says.
 */
import { ascii, characterTable, codeElements, windowsLatin } from './character-set-table.ts';
import type { CodeElement } from './character-set-table.ts';

/** What is active at the beginning of a text, and what else the data set declares. */
export interface Designations {
  readonly G0: CodeElement;
  readonly G1: CodeElement | undefined;
  /** All code elements that may be designated, those of Value 1 first. */
  readonly declared: readonly CodeElement[];
}

const escapeByte = 0x1b;
const unknown = '\ufffd';

/** @param delimiters bytes at which Value 1 becomes active again (PS3.5 6.1.2.5.3), besides the control characters */
export function decodeCodeExtensions(bytes: Buffer, initial: Designations, delimiters: readonly number[]): string {
  let { G0, G1 } = initial;
  const undesignated = undesignatedG1(initial.declared);
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at] as number;
    if (byte === escapeByte) {
      const element = designatedAt(bytes, at + 1);
      if (element?.into === 'G0') G0 = element;
      else if (element) G1 = element;
      else text += unknown;
      at += 1 + (element?.escape.length ?? 0);
      continue;
    }
    const active = byte < 0x80 ? G0 : (G1 ?? undesignated);
    if (byte < 0x20 || (active.bytesPerCharacter === 1 && delimiters.includes(byte))) {
      ({ G0, G1 } = initial);
      text += String.fromCharCode(byte);
      at += 1;
    } else if (active.bytesPerCharacter === 1) {
      text += characterTable(active).characters[byte & 0x7f] ?? unknown;
      at += 1;
    } else if (byte === 0x20) {
      text += ' ';
      at += 1;
    } else {
      const code = pairCode(byte, bytes[at + 1]);
      text += code === undefined ? unknown : (characterTable(active).characters[code] ?? unknown);
      at += code === undefined ? 1 : 2;
    }
  }
  return text;
}

/** Leniency: high bytes before any designation are of the first declared set that has some, or what Windows writes. */
export function undesignatedG1(declared: readonly CodeElement[]): CodeElement {
  return declared.find(({ into }) => into === 'G1') ?? windowsLatin;
}

/** The element whose escape sequence begins here (behind ESC). Leniency: it need not be declared. */
export function designatedAt(bytes: Buffer, at: number): CodeElement | undefined {
  return codeElements.find(({ escape }) => {
    for (let sign = 0; sign < escape.length; sign++) if (bytes[at + sign] !== escape.charCodeAt(sign)) return false;
    return true;
  });
}

/** Two bytes of a 94 × 94 set as its code, whichever half they are in; undefined where they are no pair. */
function pairCode(first: number, second: number | undefined): number | undefined {
  if (second === undefined || (first & 0x80) !== (second & 0x80)) return undefined;
  const row = (first & 0x7f) - 0x21;
  const cell = (second & 0x7f) - 0x21;
  return row >= 0 && row < 94 && cell >= 0 && cell < 94 ? row * 94 + cell : undefined;
}

/** The other way; undefined where a character is in none of the declared sets. */
export function encodeCodeExtensions(text: string, initial: Designations): Buffer | undefined {
  const bytes: number[] = [];
  let { G0, G1 } = initial;
  const designate = (element: CodeElement): void => {
    bytes.push(escapeByte, ...Buffer.from(element.escape, 'latin1'));
    if (element.into === 'G0') G0 = element;
    else G1 = element;
  };
  const restore = (): void => {
    if (G0 !== initial.G0) designate(initial.G0);
    if (initial.G1 && G1 !== initial.G1) designate(initial.G1);
    G1 = initial.G1;
  };
  for (const character of text) {
    if (character < ' ' || character === '\\' || character === '^' || character === '=') {
      restore();
      bytes.push(character.charCodeAt(0));
      continue;
    }
    const active = [G0, ...(G1 ? [G1] : [])];
    const element = [...active, ...initial.declared].find((candidate) => holds(candidate, character));
    if (!element) return undefined;
    if (!active.includes(element)) designate(element);
    bytes.push(...codeBytes(element, character));
  }
  restore();
  return Buffer.from(bytes);
}

function holds(element: CodeElement, character: string): boolean {
  if (element === ascii) return character < '\x7f';
  const code = characterTable(element).codes.get(character);
  // C1 controls are no characters of a single-byte set.
  return code !== undefined && (element.into === 'G0' || element.bytesPerCharacter === 2 || code >= 0x20);
}

function codeBytes(element: CodeElement, character: string): number[] {
  const code = characterTable(element).codes.get(character) as number;
  const half = element.into === 'G0' ? 0 : 0x80;
  if (element.bytesPerCharacter === 1) return [code | half];
  return [(Math.floor(code / 94) + 0x21) | half, ((code % 94) + 0x21) | half];
}
