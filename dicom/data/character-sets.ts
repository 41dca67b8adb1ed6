/**
 * Text of a data set as Unicode (PS3.3 C.12.1.1.2). Single-byte sets, UTF-8, GB18030 and GBK are whole;
 * of code extensions (ISO 2022) the escape sequences are honoured for the sets that they name.
 */

/** Defined terms of (0008,0005) without code extensions, and the WHATWG label that decodes each. */
const labels: Record<string, string> = {
  '': 'utf-8',
  'ISO_IR 6': 'utf-8',
  'ISO_IR 100': 'iso-8859-1',
  'ISO_IR 101': 'iso-8859-2',
  'ISO_IR 109': 'iso-8859-3',
  'ISO_IR 110': 'iso-8859-4',
  'ISO_IR 144': 'iso-8859-5',
  'ISO_IR 127': 'iso-8859-6',
  'ISO_IR 126': 'iso-8859-7',
  'ISO_IR 138': 'iso-8859-8',
  'ISO_IR 148': 'iso-8859-9',
  'ISO_IR 203': 'iso-8859-15',
  'ISO_IR 166': 'windows-874',
  'ISO_IR 13': 'shift_jis',
  'ISO_IR 192': 'utf-8',
  GB18030: 'gb18030',
  GBK: 'gbk',
};

const decoders = new Map<string, TextDecoder>();
function decoder(label: string): TextDecoder {
  let found = decoders.get(label);
  if (!found) decoders.set(label, (found = new TextDecoder(label)));
  return found;
}
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** How the text of one data set (or item) is written: the values of its Specific Character Set. */
export type SpecificCharacterSet = readonly string[];

export const defaultCharacterSet: SpecificCharacterSet = [''];

export function parseSpecificCharacterSet(value: string): SpecificCharacterSet {
  const terms = value.split('\\').map((term) =>
    term
      .trim()
      .toUpperCase()
      .replace(/^ISO[ _]IR[ _]/, 'ISO_IR '),
  );
  return terms.length ? terms : defaultCharacterSet;
}

/** Bytes of a text VR as a string. Never throws: what cannot be decoded becomes U+FFFD. */
export function decodeText(bytes: Buffer, characterSet: SpecificCharacterSet): string {
  if (isAscii(bytes)) return bytes.toString('latin1');
  const first = characterSet[0] ?? '';
  if (bytes.includes(0x1b)) return decodeExtended(bytes, characterSet);
  const label = labels[first] ?? labels[first.replace(/^ISO 2022 IR /, 'ISO_IR ')] ?? 'utf-8';
  if (label !== 'gb18030' && label !== 'gbk' && label !== 'shift_jis') {
    // UTF-8 under a single-byte label, or under none, is the commonest fault: valid multi-byte UTF-8 is hardly ever anything else.
    try {
      return strictUtf8.decode(bytes);
    } catch {
      if (label === 'utf-8') return decoder('windows-1252').decode(bytes);
    }
  }
  return decoder(label).decode(bytes);
}

function isAscii(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte > 0x7e || byte === 0x1b) return false;
  }
  return true;
}

/** Escape sequences of PS3.3 Tables C.12-3 and C.12-4: which set they put into G0 or G1, and what decodes it. */
const escapes: readonly { sequence: string; label: string; prefix?: string; high: boolean }[] = [
  { sequence: '(B', label: 'iso-8859-1', high: false },
  { sequence: '(J', label: 'shift_jis', high: false },
  { sequence: ')I', label: 'shift_jis', high: false },
  { sequence: '-A', label: 'iso-8859-1', high: false },
  { sequence: '-B', label: 'iso-8859-2', high: false },
  { sequence: '-C', label: 'iso-8859-3', high: false },
  { sequence: '-D', label: 'iso-8859-4', high: false },
  { sequence: '-L', label: 'iso-8859-5', high: false },
  { sequence: '-G', label: 'iso-8859-6', high: false },
  { sequence: '-F', label: 'iso-8859-7', high: false },
  { sequence: '-H', label: 'iso-8859-8', high: false },
  { sequence: '-M', label: 'iso-8859-9', high: false },
  { sequence: '-b', label: 'iso-8859-15', high: false },
  { sequence: '-T', label: 'windows-874', high: false },
  { sequence: '$B', label: 'euc-jp', high: true },
  { sequence: '$(D', label: 'euc-jp', prefix: '\x8f', high: true },
  { sequence: '$)C', label: 'euc-kr', high: false },
  { sequence: '$)A', label: 'gbk', high: false },
];

function decodeExtended(bytes: Buffer, characterSet: SpecificCharacterSet): string {
  const first = (characterSet[0] ?? '').replace(/^ISO 2022 IR /, 'ISO_IR ');
  let text = '';
  for (const [number, piece] of bytes.toString('latin1').split('\x1b').entries()) {
    if (number === 0) {
      text += decoder(labels[first] ?? 'iso-8859-1').decode(Buffer.from(piece, 'latin1'));
      continue;
    }
    const escape = escapes.find(({ sequence }) => piece.startsWith(sequence));
    if (!escape) {
      text += piece;
      continue;
    }
    const rest = Buffer.from(piece.slice(escape.sequence.length), 'latin1');
    text += decoder(escape.label).decode(escape.high ? raised(rest, escape.prefix ?? '') : rest);
  }
  return text;
}

/** A 94×94 set in G0 as the same characters in G1, which is how the EUC encodings hold them. */
function raised(bytes: Buffer, prefix: string): Buffer {
  const out: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte < 0x21 || byte > 0x7e) {
      out.push(byte);
      continue;
    }
    if (prefix) out.push(prefix.charCodeAt(0));
    out.push(byte | 0x80, (bytes[++at] ?? 0x21) | 0x80);
  }
  return Buffer.from(out);
}
