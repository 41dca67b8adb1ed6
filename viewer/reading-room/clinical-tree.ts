// A clinical document (HL7 CDA R2) as readable text: the titles of its sections and what its author wrote in them. What is coded beside
// the text is for programs. Nothing of it becomes a part of the page but text.
import { withoutEnd } from '#dicom/data/padding.ts';
import { narrativeReader } from './narrative-lines.ts';
import { ReportRoom } from './report-room.ts';
import type { ReportItem, ReportTree } from './report-tree.ts';

/**
 * @param leftOut  said where a picture or sound stands, which is not shown
 * @returns undefined for what is no XML to its end, or has no section with words in it
 */
export function clinicalTree(bytes: Uint8Array, leftOut: string): ReportTree | undefined {
  const words = decoded(bytes);
  if (words === undefined) return undefined;
  const document = new DOMParser().parseFromString(words, 'application/xml');
  const { documentElement } = document;
  // Chromium keeps what stands before an error: a report cut short would read as a whole one.
  if (document.querySelector('parsererror') || documentElement.localName !== 'ClinicalDocument') return undefined;
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
  return { concept: titleOf(documentElement), value: undefined, items, isCut: room.isCut };
}

/**
 * By how it begins, else in what it says itself that it is written in, else UTF-8 (XML 1.0 Appendix F).
 * @returns undefined where it is not written in that: XML is damaged by one byte that is no character (4.3.3)
 */
function decoded(bytes: Uint8Array): string | undefined {
  try {
    const words = new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
    return withoutEnd(words, '\0\t\n\r '); // what pads it to an even length, and white space before that
  } catch {
    return undefined;
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
