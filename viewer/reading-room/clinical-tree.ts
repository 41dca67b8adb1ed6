// A clinical document (HL7 CDA R2) as readable text: the titles of its sections and what its author wrote in them. What is coded beside
// the text is for programs. Nothing of it becomes a part of the page but text.
import { withoutEnd } from '#dicom/data/padding.ts';
import { narrativeReader } from './narrative-lines.ts';
import { ReportRoom } from './report-room.ts';
import type { ReportItem, ReportTree } from './report-tree.ts';

/** Stands for what is no character of the encoding. */
const unreadable = '\ufffd';

export interface ClinicalTree extends ReportTree {
  /** in how many places something stands that is no character of its encoding */
  damagedPlaces: number;
}

/**
 * @param leftOut  said where a picture or sound stands, which is not shown
 * @returns undefined for what is no XML to its end, has no section with words in it, or is damaged in what says how these are read
 */
export function clinicalTree(bytes: Uint8Array, leftOut: string): ClinicalTree | undefined {
  const { words, damagedPlaces } = decoded(bytes);
  const document = new DOMParser().parseFromString(words, 'application/xml');
  const { documentElement } = document;
  // Chromium keeps what stands before an error: a report cut short would read as a whole one.
  if (document.querySelector('parsererror') || documentElement.localName !== 'ClinicalDocument') return undefined;
  if (damagedPlaces > 0 && isMarkupDamaged(document)) return undefined;
  const room = new ReportRoom();
  const linesOf = narrativeReader({ document, room, leftOut });
  const titleOf = (element: Element) =>
    childrenOf(element, 'title').map((title) => linesOf(title).join(' '))[0] || undefined;
  let hasWords = false;
  const sectionsIn = (element: Element, depth: number): ReportItem[] =>
    childrenOf(element, 'component').flatMap((component) => {
      if (room.take([component], depth).length === 0) return [];
      return [
        ...childrenOf(component, 'section').flatMap((section) => sectionOf(section, depth) ?? []),
        ...childrenOf(component, 'structuredBody').flatMap((body) => sectionsIn(body, depth + 1)),
      ];
    });
  const sectionOf = (section: Element, depth: number): ReportItem | undefined => {
    const concept = titleOf(section);
    const lines = room.take(childrenOf(section, 'text').flatMap(linesOf), depth);
    hasWords ||= lines.length > 0;
    const said = lines.map((value): ReportItem => ({ concept: undefined, value, items: [] }));
    const items = [...said, ...sectionsIn(section, depth + 1)];
    return concept || items.length > 0 ? { concept, value: undefined, items } : undefined;
  };
  const items = sectionsIn(documentElement, 0);
  if (!hasWords && !room.isCut) return undefined;
  return { concept: titleOf(documentElement), value: undefined, items, isCut: room.isCut, damagedPlaces };
}

/** Not its words, but what they are: a section would be missing, what was struck out be valid, a cell in the column of another one. */
function isMarkupDamaged(document: Document): boolean {
  const names = [...document.querySelectorAll('*')].map(({ localName }) => localName);
  // Beside these blocks stands what is for programs.
  const ofNarrative = [...document.querySelectorAll('title, title *, text, text *')].flatMap(({ attributes }) => [
    ...attributes,
  ]);
  return [...names, ...ofNarrative.flatMap(({ name, value }) => [name, value])].some((said) =>
    said.includes(unreadable),
  );
}

/**
 * By how it begins, else in what it says itself that it is written in, else UTF-8 (XML 1.0 Appendix F). To XML a byte that is no
 * character of that is the end (4.3.3). To a doctor at night a report with a mark in one word, and a warning above it, is more than
 * none: whoever wrote Latin letters into a document that claims to be UTF-8 has damaged letters with accents and signs
 * like ½, ² and ±, and no digit.
 */
function decoded(bytes: Uint8Array): { words: string; damagedPlaces: number } {
  const encoding = encodingOf(bytes);
  const padding = '\0\t\n\r '; // to an even length, and white space before that
  try {
    const words = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return { words: withoutEnd(words, padding), damagedPlaces: 0 };
  } catch {
    const words = withoutEnd(new TextDecoder(encoding).decode(bytes), padding);
    return { words, damagedPlaces: words.split(unreadable).length - 1 };
  }
}

function encodingOf(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return 'utf-16le';
  if ((first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)) return 'utf-16be';
  const head = String.fromCharCode(...bytes.subarray(0, 200));
  const said = known(/^[^>]*\sencoding\s*=\s*["']([\w.-]+)["']/.exec(head)?.[1] ?? '');
  // What says so in single bytes was written anew by somebody who did not look.
  return said.startsWith('utf-16') ? 'utf-8' : said;
}

function known(encoding: string): string {
  try {
    return new TextDecoder(encoding).encoding;
  } catch {
    return 'utf-8';
  }
}

const childrenOf = (element: Element, name: string) =>
  [...element.children].filter(({ localName }) => localName === name);
