// The lines of narrative blocks (CDA R2 4.3.5): what their author wrote, as a page shows it, in words alone.
import { inColumns } from '../beside.ts';
import { inItsLine, withoutHeaps } from '../in-its-line.ts';
import { numbersOf } from './list-numbers.ts';
import type { ReportRoom } from './report-room.ts';
import { TableColumns } from './table-columns.ts';

/** Elements whose words go on in the line that they stand in. All others, also of no narrative block, have lines of their own. */
const inWords = new Set(
  'content linkHtml sub sup footnote footnoteRef renderMultiMedia a b em i span strong u'.split(' '),
);
const raised: Readonly<Record<string, string>> = { '+': '⁺', '-': '⁻', '−': '⁻' };
const lowered: Readonly<Record<string, string>> = { '+': '₊', '-': '₋', '−': '₋' };
const digitsRaised = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const digitsLowered = '₀₁₂₃₄₅₆₇₈₉';
/** Where a note would stand: that it does must not be lost with its words. */
const leftOutForRoom = '…';
/** A hand writes no deeper; what comes from outside may. */
const deepest = 200;

interface Narratives {
  document: Document;
  room: ReportRoom;
  /** what is said where a picture or sound stands, which is not shown */
  leftOut: string;
}

/** @returns what reads the lines of one block of the document */
export function narrativeReader({ document, room, leftOut }: Narratives): (block: Element) => string[] {
  const columns = new TableColumns(room);
  let notes: Map<string | null, Element> | undefined;
  const notesRead = new Map<Element, string>();

  const linesIn = (element: Element, depth: number): string[] => {
    const lines = [''];
    let itemMark = '';
    const add = (words: string): void => {
      const isMarked = itemMark !== '' && /\S/.test(words);
      lines.push(lines.pop()! + (isMarked ? itemMark : '') + words);
      if (isMarked) itemMark = '';
    };
    const walk = (node: Node, level: number): void => {
      // Not comments, which are for whoever made the document.
      if (node instanceof Text) add(inItsLine(node.data));
      if (!(node instanceof Element) || isStruckOut(node)) return;
      if (level > deepest) return void (room.isCut = true);
      const isOfItsOwn = !inWords.has(node.localName);
      if (isOfItsOwn) lines.push('');
      const said = inOneLine(node, level);
      if (said === undefined) walkInto(node, level);
      else add(said);
      if (isOfItsOwn) lines.push('');
    };
    const walkInto = (element: Element, level: number): void => {
      const nextMark = element.localName === 'list' ? numbersOf(element) : undefined;
      for (const child of inOrder(element)) {
        const isNumbered = nextMark && child instanceof Element && child.localName === 'item';
        if (isNumbered) itemMark += nextMark();
        walk(child, level + 1);
        if (isNumbered) itemMark = '';
      }
    };
    walkInto(element, depth - 1);
    // Marks may be piled up on a letter by one element after another.
    return lines.map((line) => withoutHeaps(line.replace(/\s+/g, ' ').trim())).filter(Boolean);
  };

  /** Of what is not simply what stands in it. */
  const inOneLine = (element: Element, level: number): string | undefined => {
    const words = (between: string) => linesIn(element, level + 1).join(between);
    switch (element.localName) {
      case 'sup':
        return outOfLine(words(' '), raised, digitsRaised, '^');
      case 'sub':
        return outOfLine(words(' '), lowered, digitsLowered, '_');
      case 'footnote':
        return aside(words('; '));
      case 'footnoteRef':
        return aside(wordsOfNote(element, level));
      case 'renderMultiMedia':
        return ` ${[leftOut, words('; ')].filter(Boolean).join(' ')} `;
      case 'tr':
        return hasWordsBesideCells(element) ? undefined : rowOf(element, level);
      default:
        return undefined;
    }
  };

  const rowOf = (row: Element, level: number): string => {
    const cells = columns.of(row);
    const said = cells.map((cell) => (cell && !isStruckOut(cell) ? linesIn(cell, level + 1).join('; ') : ''));
    return said.some(Boolean) ? inColumns(said) : '';
  };

  /** One note may be pointed at from many places, also of other sections (4.3.5.5). */
  const wordsOfNote = (reference: Element, level: number): string => {
    notes ??= new Map(
      [...document.getElementsByTagNameNS('*', 'footnote')]
        .filter((note) => !isInStruckOut(note))
        .map((note) => [note.getAttribute('ID'), note]),
    );
    const note = notes.get(reference.getAttribute('IDREF') ?? '');
    if (!note) return '';
    let words = notesRead.get(note);
    if (words === undefined) {
      notesRead.set(note, ''); // all that it says of itself
      words = linesIn(note, level + 1).join('; ');
      notesRead.set(note, words);
    }
    return room.takeNote(words) ? words : leftOutForRoom;
  };

  return (block) => linesIn(block, 0);
}

// What was struck out is not valid any more (4.3.5.1).
const isStruckOut = (element: Element) => element.getAttribute('revised') === 'delete';
const isInStruckOut = (element: Element) => element.closest('[revised="delete"]') !== null;

const aside = (words: string) => (words ? ` (${words})` : '');

/** As a page shows them: the foot of a table is written before its rows. */
function inOrder(element: Element): Iterable<Node> {
  if (element.localName !== 'table') return element.childNodes;
  const isFoot = (node: Node) => node instanceof Element && node.localName === 'tfoot';
  const all = [...element.childNodes];
  return [...all.filter((node) => !isFoot(node)), ...all.filter(isFoot)];
}

const hasWordsBesideCells = (row: Element) =>
  [...row.childNodes].some((node) => node instanceof Text && /\S/.test(node.data));

/** 10⁹, H₂O; what has no sign of its own as 4^th, v_max, never as if it stood in the line. */
function outOfLine(words: string, signs: Readonly<Record<string, string>>, digits: string, mark: string): string {
  const written = [...words].map((sign) => signs[sign] ?? (/\d/.test(sign) ? digits[Number(sign)] : undefined));
  if (written.every((sign) => sign !== undefined)) return written.join('');
  return `${mark}${words}`;
}
