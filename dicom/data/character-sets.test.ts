import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeText, encodeText, parseSpecificCharacterSet } from './character-sets.ts';
import { textValues } from './dataset.ts';
import type { Dataset } from './dataset.ts';

/** Bytes as the standard prints them: `ESC` for 1B, other characters by their code. */
function printed(text: string): Buffer {
  return Buffer.from(text.replaceAll('ESC', '\x1b'), 'latin1');
}

function decode(bytes: Buffer, declared: string, vr?: string): string {
  return decodeText(bytes, parseSpecificCharacterSet(declared), vr);
}

function encode(text: string, declared: string): Buffer | undefined {
  return encodeText(text, parseSpecificCharacterSet(declared));
}

/** Values of an element that stands alone in its data set. */
function values(bytes: Buffer, declared: string, vr: string): string[] {
  const dataset: Dataset = {
    elements: new Map([[1, { tag: 1, vr, bytes, items: undefined, length: bytes.length }]]),
    characterSet: parseSpecificCharacterSet(declared),
    bigEndian: false,
  };
  return textValues(dataset, 1);
}

/** The examples of PS3.5, which are given with their bytes. */
const examples: readonly (readonly [section: string, declared: string, bytes: Buffer, text: string])[] = [
  [
    'H.3.1',
    '\\ISO 2022 IR 87',
    printed('Yamada^Tarou=ESC$B;3EDESC(B^ESC$BB@O:ESC(B=ESC$B$d$^$@ESC(B^ESC$B$?$m$&ESC(B'),
    'Yamada^Tarou=山田^太郎=やまだ^たろう',
  ],
  [
    'H.3.2',
    'ISO 2022 IR 13\\ISO 2022 IR 87',
    printed('\xd4\xcf\xc0\xde^\xc0\xdb\xb3=ESC$B;3EDESC(J^ESC$BB@O:ESC(J=ESC$B$d$^$@ESC(J^ESC$B$?$m$&ESC(J'),
    'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう',
  ],
  [
    'I.2',
    '\\ISO 2022 IR 149',
    printed('Hong^Gildong=ESC$)C\xfb\xf3^ESC$)C\xd1\xce\xd4\xd7=ESC$)C\xc8\xab^ESC$)C\xb1\xe6\xb5\xbf'),
    'Hong^Gildong=洪^吉洞=홍^길동',
  ],
  ['J.3', 'ISO_IR 192', Buffer.from('Wang^XiaoDong=王^小東=', 'utf8'), 'Wang^XiaoDong=王^小東='],
  ['J.4', 'GB18030', printed('Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab='), 'Wang^XiaoDong=王^小东='],
  [
    'K.2',
    '\\ISO 2022 IR 58',
    printed('Zhang^XiaoDong=ESC$)A\xd5\xc5^ESC$)A\xd0\xa1\xb6\xab='),
    'Zhang^XiaoDong=张^小东=',
  ],
];

describe('the examples of the standard (PS3.5 Annexes H to K)', () => {
  test.each(examples)('%s under %s decodes to the name that is printed there', (_, declared, bytes, text) => {
    expect(decode(bytes, declared, 'PN')).toBe(text);
  });

  test.each(examples)('%s under %s is written with the bytes that are printed there', (_, declared, bytes, text) => {
    expect(encode(text, declared)?.toString('latin1')).toBe(bytes.toString('latin1'));
  });

  test('I.3: a text of several lines designates its set anew on each line', () => {
    const line = 'ESC$)CThe line includes \xb1\xe6\xb5\xbf.';
    expect(decode(printed(`${line}\r\n${line}\r\nThe 3rd line.`), '\\ISO 2022 IR 149', 'LT')).toBe(
      'The line includes 길동.\r\nThe line includes 길동.\r\nThe 3rd line.',
    );
  });
});

/** Each single-byte set with the bytes that another implementation (Python's codecs) writes. */
const singleByte: readonly (readonly [number: number, escape: string, text: string, hex: string])[] = [
  [100, '-A', 'Jérôme Æß', '4ae972f46d6520c6df'],
  [101, '-B', 'Łódź Č', 'a3f364bc20c8'],
  [109, '-C', 'Ġorġ Ħ', 'd56f72f520a1'],
  [110, '-D', 'Bērziņš', '42ba727a69f1b9'],
  [144, '-L', 'Люксембург', 'bbeedae1d5dcd1e3e0d3'],
  [127, '-G', 'قباني', 'e2c8c7e6ea'],
  [126, '-F', 'Διονυσιος', 'c4e9efedf5f3e9eff2'],
  [138, '-H', 'שרון', 'f9f8e5ef'],
  [148, '-M', 'Yıldız Şahin', '59fd6c64fd7a20de6168696e'],
  [203, '-b', 'Œuvre €', 'bc7576726520a4'],
  [166, '-T', 'สมชาย ใจดี', 'cac1aad2c220e3a8b4d5'],
  [13, ')I', 'ﾔﾏﾀﾞ', 'd4cfc0de'],
];

describe('single-byte sets', () => {
  test.each(singleByte)(
    'ISO_IR %i (ESC %s) holds %s, without code extensions and as their first set',
    (number, _, text, hex) => {
      for (const declared of [`ISO_IR ${number}`, `ISO 2022 IR ${number}`, `ISO 2022 IR ${number}\\ISO 2022 IR 87`]) {
        expect(decode(Buffer.from(hex, 'hex'), declared)).toBe(text);
        expect(encode(text, declared)?.toString('hex')).toBe(hex);
      }
    },
  );

  test('each of them may be designated within a text of the default repertoire', () => {
    for (const [number, escape, text, hex] of singleByte) {
      const bytes = Buffer.concat([printed(`A ESC${escape}`), Buffer.from(hex, 'hex')]);
      expect(decode(bytes, `\\ISO 2022 IR ${number}`)).toBe(`A ${text}`);
    }
  });

  test('two of them take turns in one text, and the first is active again behind a delimiter', () => {
    const declared = 'ISO 2022 IR 100\\ISO 2022 IR 126';
    const bytes = printed('J\xe9r\xf4me ESC-F\xc4\xe9\xef^J\xe9r\xf4me');
    expect(decode(bytes, declared, 'PN')).toBe('Jérôme Διο^Jérôme');
    expect(encode('Jérôme Διο^Jérôme', declared)?.toString('latin1')).toBe(
      printed('J\xe9r\xf4me ESC-F\xc4\xe9\xefESC-A^J\xe9r\xf4me').toString('latin1'),
    );
  });

  test('a text in JIS X 0201 has a yen sign and an overline where ASCII has others, but a backslash still ends a value', () => {
    expect(decode(printed('\\100~'), 'ISO_IR 13', 'ST')).toBe('¥100‾');
    expect(values(printed('\xb1\\\xb2'), 'ISO_IR 13', 'LO')).toEqual(['ｱ', 'ｲ']);
  });
});

describe('sets of two bytes', () => {
  test('JIS X 0212 is read and written', () => {
    expect(decode(printed('ESC$(D0!ESC(B'), '\\ISO 2022 IR 159')).toBe('丂');
    expect(encode('丂', '\\ISO 2022 IR 87\\ISO 2022 IR 159')?.toString('latin1')).toBe('\x1b$(D0!\x1b(B');
  });

  test('what vendors put into empty rows of JIS X 0208 is read, and not written', () => {
    expect(decode(printed('ESC$B|b66ESC(B'), '\\ISO 2022 IR 87')).toBe('髙橋');
    expect(encode('髙橋', '\\ISO 2022 IR 87')).toBe(undefined);
    // This one is in JIS X 0212, too.
    expect(encode('鏞', '\\ISO 2022 IR 87\\ISO 2022 IR 159')?.toString('latin1')).toBe('\x1b$(DeI\x1b(B');
  });

  test('what GBK has in cells where GB 2312 has nothing is read, and not written', () => {
    // The last one is of private use.
    const strange = [...decode(printed('ESC$)A\xa2\xa1\xa2\xe3\xa6\xe0\xa8\xbf\xa8\xc0\xd7\xfa'), '\\ISO 2022 IR 58')];
    expect(strange.slice(0, 5)).toEqual(['ⅰ', '€', '︵', 'ǹ', 'ɡ']);
    expect(strange).toHaveLength(6);
    for (const one of strange) expect(encode(one, '\\ISO 2022 IR 58')).toBe(undefined);
    // Its 7,445 characters are.
    const written = Array.from({ length: 94 * 94 }, (_, at) => [0xa1 + Math.floor(at / 94), 0xa1 + (at % 94)])
      .map((pair) => new TextDecoder('gbk').decode(Uint8Array.from(pair)))
      .filter((one) => encode(one, '\\ISO 2022 IR 58'));
    expect(written).toHaveLength(7445);
  });

  test('a backslash, a caret or an equals sign within a character of two bytes divides nothing', () => {
    expect(values(printed('ESC$B0\\ESC(B\\ESC$B;3ESC(B'), '\\ISO 2022 IR 87', 'LO')).toEqual(['移', '山']);
    expect(values(printed('\x81\\\x81^\\\x81='), 'GBK', 'LO')).toEqual(['乗乛', '\ufffd=']);
    expect(values(printed('\x81\\\\A'), 'GB18030', 'LO')).toEqual(['乗', 'A']);
    expect(values(printed('\x83\\\x83\x7d\\A'), 'ISO_IR 13', 'LO')).toEqual(['ソマ', 'A']);
  });

  test('GB18030 has every character, GBK those of its plane, and what it lacks cannot be written in it', () => {
    const text = '王^小东 ɐ💩 ü';
    expect(decode(encode(text, 'GB18030') as Buffer, 'GB18030')).toBe(text);
    expect(decode(encode('王ü', 'GBK') as Buffer, 'GBK')).toBe('王ü');
    expect(encode('💩', 'GBK')).toBeUndefined();
  });

  test('characters of two bytes without an escape sequence are read by the one set that is declared', () => {
    expect(decode(printed('\xb1\xe8\xc8\xf1\xc1\xdf'), '\\ISO 2022 IR 149', 'PN')).toBe('김희중');
    expect(decode(printed('ESC$)C\xb1\xe8^\xc8\xf1\xc1\xdf'), '\\ISO 2022 IR 149', 'PN')).toBe('김^희중');
  });
});

describe('values', () => {
  test('a backslash divides values except in the VRs of one text', () => {
    expect(values(Buffer.from('é \\ à ', 'utf8'), 'ISO_IR 192', 'LO')).toEqual(['é', 'à']);
    expect(values(Buffer.from('é \\ à ', 'utf8'), 'ISO_IR 192', 'LT')).toEqual(['é \\ à']);
  });

  test('what cannot be decoded becomes U+FFFD', () => {
    expect(decode(printed('\xc3\xa9 \xe1\xbb'), 'ISO_IR 192')).toBe('é \ufffd');
    expect(decode(printed('\xfe'), 'ISO_IR 109')).toBe('ŝ');
    expect(decode(printed('\xc3'), 'ISO_IR 109')).toBe('\ufffd');
    expect(decode(printed('A ESC$Z B'), '\\ISO 2022 IR 87')).toBe('A \ufffd$Z B');
    expect(decode(printed('ESC$B;'), '\\ISO 2022 IR 87')).toBe('\ufffd');
  });

  test('any bytes decode under any declaration', () => {
    const terms = [
      '',
      'ISO_IR 100',
      'ISO_IR 13',
      'ISO 2022 IR 87',
      'ISO 2022 IR 149',
      'GB18030',
      'ISO_IR 192',
      'nonsense',
    ];
    const bytes = fc.array(fc.oneof(fc.constantFrom(0x1b, 0x24, 0x42, 0x29, 0x43, 0x5c), fc.nat(255)), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(bytes, fc.array(fc.constantFrom(...terms), { minLength: 1, maxLength: 3 }), (raw, declared) => {
        const text = decode(Buffer.from(raw), declared.join('\\'), 'PN');
        expect(text.isWellFormed()).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('what is written in a set reads back', () => {
    const sets = ['ISO_IR 192', 'GB18030', '\\ISO 2022 IR 87\\ISO 2022 IR 149', 'ISO 2022 IR 100\\ISO 2022 IR 126'];
    const text = fc.string({ unit: fc.constantFrom(...'Aé^=\\ ñΔ山길やｱ王\r\n.'), maxLength: 20 });
    fc.assert(
      fc.property(text, fc.constantFrom(...sets), (written, declared) => {
        const bytes = encode(written, declared);
        if (bytes) expect(decode(bytes, declared, 'PN')).toBe(written);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('declarations', () => {
  test.each([
    'ISO IR 100',
    'ISO-IR 100',
    'ISO_IR_100',
    'iso_ir 100 ',
    ' ISO_IR 100',
    'ISO_IR100',
    'ISO 8859-1',
    'latin1',
  ])('%o is taken for ISO_IR 100', (written) => {
    expect(parseSpecificCharacterSet(written)).toEqual(['ISO_IR 100']);
  });

  test.each(['UTF8', 'utf-8', 'ISO_IR 192 ', 'ISO IR 192'])('%o is taken for ISO_IR 192', (written) => {
    expect(parseSpecificCharacterSet(written)).toEqual(['ISO_IR 192']);
  });

  test('several terms are kept in their order, ISO_IR 6 and unknown ones as none', () => {
    expect(parseSpecificCharacterSet('ISO 2022 IR 6\\iso2022 ir 87\\ISO_IR 149')).toEqual([
      'ISO 2022 IR 6',
      'ISO 2022 IR 87',
      'ISO 2022 IR 149',
    ]);
    expect(parseSpecificCharacterSet('ISO_IR 6')).toEqual(['']);
    expect(parseSpecificCharacterSet('charset')).toEqual(['']);
    expect(parseSpecificCharacterSet(`ISO_IR ${'0'.repeat(1_000_000)}X`)).toEqual(['']);
    expect(parseSpecificCharacterSet('')).toEqual(['']);
  });

  test('undeclared bytes beyond ASCII are read as Windows writes them', () => {
    expect(decode(printed('M\xfcller'), '')).toBe('Müller');
    expect(decode(printed('M\xfcller'), 'ISO_IR 192')).toBe('Müller');
  });

  test('escape sequences are honoured under a label that excludes them, where the text is plainly ISO 2022', () => {
    expect(decode(printed('ESC$B;3EDESC(B'), 'ISO_IR 192')).toBe('山田');
    expect(decode(printed('ESC$B;3EDESC(B'), 'ISO_IR 100')).toBe('山田');
  });
});
