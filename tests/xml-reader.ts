/** Reads XML 1.0 strictly, as far as the Native DICOM Model needs it: elements, attributes, text and references. */

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text, references resolved; without white space alone where it has children. */
  readonly text: string;
}

const references: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
/** XML 1.0 2.2. */
const isCharacter = (code: number): boolean =>
  code === 9 ||
  code === 10 ||
  code === 13 ||
  (code >= 0x20 && code <= 0xd7ff) ||
  (code >= 0xe000 && code <= 0xfffd) ||
  (code >= 0x10000 && code <= 0x10ffff);

/** @throws Error where the document is not well formed */
export function readXml(document: string): XmlElement {
  for (const character of document)
    if (!isCharacter(character.codePointAt(0) as number))
      throw new Error(`U+${(character.codePointAt(0) as number).toString(16)} is no character of XML`);
  const parts = /^<\?xml version="1\.0"(?: encoding="[^"]*")?\?>\s*([^]*)$/.exec(document);
  if (!parts) throw new Error('no XML declaration');
  const open: { name: string; attributes: Record<string, string>; children: XmlElement[]; text: string }[] = [];
  let root: XmlElement | undefined;
  for (const [token] of (parts[1] ?? '').matchAll(/<[^>]*>|[^<]+/g)) {
    if (!token.startsWith('<')) {
      const around = open.at(-1);
      if (around) around.text += resolved(token);
      else if (token.trim()) throw new Error(`text outside of the document: ${token}`);
    } else if (token.startsWith('</')) {
      const element = open.pop();
      if (!element || `</${element.name}>` !== token) throw new Error(`${token} ends ${element?.name}`);
      const whole = { ...element, text: element.children.length ? element.text.trim() : element.text };
      if (open.length) open.at(-1)?.children.push(whole);
      else root = whole;
    } else {
      if (root) throw new Error('a second document');
      const tag = /^<([A-Za-z][\w:.-]*)((?:\s+[A-Za-z][\w:.-]*="[^"<]*")*)\s*(\/?)>$/.exec(token);
      if (!tag) throw new Error(`not a tag: ${token}`);
      const attributes: Record<string, string> = {};
      for (const [, name = '', value = ''] of (tag[2] ?? '').matchAll(/([\w:.-]+)="([^"]*)"/g)) {
        if (name in attributes) throw new Error(`${name} twice`);
        attributes[name] = resolved(value);
      }
      const element = { name: tag[1] as string, attributes, children: [], text: '' };
      if (tag[3]) open.at(-1)?.children.push(element);
      else open.push(element);
    }
  }
  if (!root || open.length) throw new Error('the document does not end');
  return root;
}

function resolved(text: string): string {
  if (text.includes(']]>')) throw new Error(']]> in text');
  return text.replace(/\r\n?/g, '\n').replace(/&([^;]*;?)/g, (whole, name: string) => {
    const code = /^#(\d+);$/.exec(name)?.[1];
    const character = code === undefined ? references[name.slice(0, -1)] : String.fromCodePoint(Number(code));
    if (character === undefined || !name.endsWith(';') || !isCharacter(character.codePointAt(0) as number))
      throw new Error(`${whole} is no reference`);
    return character;
  });
}
