// A clinical document (HL7 CDA R2) as readable text: the titles of its sections and what its author wrote in them. What is coded beside
// the text is for programs. Nothing of it becomes a part of the page but text.
import type { ReportItem } from './report-tree.ts';

// Data from outside may be nested without end.
const deepest = 24;
const mostItems = 5_000;
/** Elements of a narrative block that hold lines rather than being one. */
const holders = new Set(['text', 'list', 'table', 'thead', 'tbody', 'tfoot', 'colgroup']);

/** @returns undefined for what is no XML, or has no section with words in it */
export function clinicalTree(bytes: Uint8Array): ReportItem | undefined {
  const { documentElement } = new DOMParser().parseFromString(decoded(bytes), 'application/xml');
  if (documentElement.localName !== 'ClinicalDocument') return undefined;
  let left = mostItems;
  const sectionsIn = (element: Element, depth: number): ReportItem[] =>
    depth > deepest
      ? []
      : childrenOf(element, 'component').flatMap((component) => [
          ...childrenOf(component, 'section').map((section) => sectionOf(section, depth)),
          ...childrenOf(component, 'structuredBody').flatMap((body) => sectionsIn(body, depth + 1)),
        ]);
  const sectionOf = (section: Element, depth: number): ReportItem => {
    const lines = childrenOf(section, 'text')
      .flatMap((block) => linesOf(block, depth))
      .slice(0, Math.max(0, left));
    left -= lines.length;
    const said = lines.map((value): ReportItem => ({ concept: undefined, value, items: [] }));
    return { concept: titleOf(section), value: undefined, items: [...said, ...sectionsIn(section, depth + 1)] };
  };
  const items = sectionsIn(documentElement, 0);
  return items.length > 0 ? { concept: titleOf(documentElement), value: undefined, items } : undefined;
}

/** In what it says itself that it is written in, else UTF-8. */
function decoded(bytes: Uint8Array): string {
  const head = String.fromCharCode(...bytes.subarray(0, 200));
  const [, encoding = 'utf-8'] = /^[^>]*\sencoding=["']([\w-]+)["']/.exec(head) ?? [];
  const words = decoderOf(encoding).decode(bytes);
  return words.replace(/[\0\s]+$/, ''); // what pads it to an even length
}

function decoderOf(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding);
  } catch {
    return new TextDecoder();
  }
}

const childrenOf = (element: Element, name: string) =>
  [...element.children].filter(({ localName }) => localName === name);
const wordsOf = (node: Node) => (node.textContent ?? '').replace(/\s+/g, ' ').trim();
const titleOf = (element: Element) => childrenOf(element, 'title').map(wordsOf)[0] || undefined;

function linesOf(block: Element, depth: number): string[] {
  if (depth > deepest) return [];
  let line = '';
  const lines: string[] = [];
  const end = () => {
    if (line.trim()) lines.push(line.trim());
    line = '';
  };
  for (const node of block.childNodes) {
    const kind = node instanceof Element ? node.localName : '';
    const isOfItsOwn = ['paragraph', 'item', 'tr', 'caption', 'br'].includes(kind) || holders.has(kind);
    if (isOfItsOwn) end();
    if (node instanceof Element && holders.has(kind)) lines.push(...linesOf(node, depth + 1));
    else if (node instanceof Element && kind === 'tr') lines.push([...node.children].map(wordsOf).join(' · '));
    else if (node instanceof Element && kind === 'item' && node.querySelector('list, table, paragraph'))
      lines.push(...linesOf(node, depth + 1));
    else line += ` ${wordsOf(node)}`;
    if (isOfItsOwn) end();
  }
  end();
  return lines;
}
