// The lines of a narrative block (CDA R2 4.3.5): what its author wrote, as a page shows it, in words alone.

/** Elements that begin and end a line, whatever they stand in. */
const linesOfTheirOwn = new Set(
  'text paragraph list item table thead tbody tfoot tr th td caption br colgroup col'.split(' '),
);
const raised: Readonly<Record<string, string>> = { '+': '⁺', '-': '⁻', '−': '⁻' };
const lowered: Readonly<Record<string, string>> = { '+': '₊', '-': '₋', '−': '₋' };
const digitsRaised = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const digitsLowered = '₀₁₂₃₄₅₆₇₈₉';
/** A hand writes no deeper; what comes from outside may. */
const deepest = 200;

interface Narrative {
  lines: string[];
  /** there is more inside than was read */
  isCut: boolean;
}

export function narrativeOf(block: Element): Narrative {
  let isCut = false;
  const linesIn = (element: Element, depth: number): string[] => {
    const lines = [''];
    const walk = (node: Node, level: number): void => {
      // Not comments, which are for whoever made the document.
      if (node instanceof Text) lines.push(lines.pop()! + node.data);
      // What was struck out is not valid any more (4.3.5.1).
      if (!(node instanceof Element) || node.getAttribute('revised') === 'delete') return;
      if (level > deepest) return void (isCut = true);
      const kind = node.localName;
      const isOfItsOwn = linesOfTheirOwn.has(kind);
      if (isOfItsOwn) lines.push('');
      const said = inOneLine(node, level);
      if (said === undefined) for (const child of node.childNodes) walk(child, level + 1);
      else lines.push(lines.pop()! + said);
      if (isOfItsOwn) lines.push('');
    };
    for (const child of element.childNodes) walk(child, depth);
    return lines.map((line) => line.replace(/\s+/g, ' ').trim()).filter(Boolean);
  };
  /** Of what is not simply what stands in it. */
  const inOneLine = (element: Element, level: number): string | undefined => {
    const kind = element.localName;
    const words = () => linesIn(element, level + 1).join(' ');
    if (kind === 'sup') return outOfLine(words(), raised, digitsRaised, '^');
    if (kind === 'sub') return outOfLine(words(), lowered, digitsLowered, '_');
    if (kind !== 'tr') return undefined;
    const cells = [...element.children].filter((cell) => cell.getAttribute('revised') !== 'delete');
    const said = cells.map((cell) => linesIn(cell, level + 1).join('; '));
    return said.some(Boolean) ? said.join(' · ') : '';
  };
  return { lines: linesIn(block, 0), isCut };
}

/** 10⁹, H₂O; what has no sign of its own as 4^th, v_max, never as if it stood in the line. */
function outOfLine(words: string, signs: Readonly<Record<string, string>>, digits: string, mark: string): string {
  const written = [...words].map((sign) => signs[sign] ?? (/\d/.test(sign) ? digits[Number(sign)] : undefined));
  if (written.every((sign) => sign !== undefined)) return written.join('');
  return `${mark}${words}`;
}
