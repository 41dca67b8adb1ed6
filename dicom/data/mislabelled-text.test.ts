import { describe, expect, test } from 'vitest';
import { encodeText, parseSpecificCharacterSet } from './character-sets.ts';
import { europeanNames, europeanTexts } from './european-names.fixture.ts';
import { recogniseText } from './mislabelled-text.ts';
import type { RecognisedText } from './mislabelled-text.ts';
import { asCp1258, asTcvn3, asVni, examinations, vietnameseNames } from './vietnamese-names.fixture.ts';

function recognise(bytes: Buffer | string, declared: string): RecognisedText {
  const raw = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
  return recogniseText(raw, parseSpecificCharacterSet(declared), 'PN');
}

/** As hospitals' files have them: the bytes shown as Latin-1. */
const seen: readonly (readonly [written: string, encoding: RecognisedText['mislabelledAs'], meant: string])[] = [
  ['NguyÔn^V¨n An', 'TCVN3', 'Nguyễn^Văn An'],
  ['TrÇn ThÞ Hång', 'TCVN3', 'Trần Thị Hồng'],
  ['§Æng ThÞ HuÖ', 'TCVN3', 'Đặng Thị Huệ'],
  ['NGUYÔN^V¡N ¸NH', 'TCVN3', 'NGUYỄN^VĂN ÁNH'],
  ['Lª Ngäc ¸nh', 'TCVN3', 'Lê Ngọc Ánh'],
  ['BÖnh viÖn B¹ch Mai', 'TCVN3', 'Bệnh viện Bạch Mai'],
  ['Nguyeãn^Vaên An', 'VNI', 'Nguyễn^Văn An'],
  ['Traàn Thò Hoàng', 'VNI', 'Trần Thị Hồng'],
  ['Ñaëng Thò Hueä', 'VNI', 'Đặng Thị Huệ'],
  ['NGUYEÃN^VAÊN AÙNH', 'VNI', 'NGUYỄN^VĂN ÁNH'],
  ['NguyêÞn^Vãn An', 'CP1258', 'Nguyễn^Văn An'],
  ['Trâ\xccn Thiò Hô\xccng', 'CP1258', 'Trần Thị Hồng'],
  ['Ðãòng Thiò Huêò', 'CP1258', 'Đặng Thị Huệ'],
  ['Lê Vãn Nam', 'CP1258', 'Lê Văn Nam'],
  [Buffer.from('Nguyễn^Văn An', 'utf8').toString('latin1'), 'UTF-8', 'Nguyễn^Văn An'],
  [Buffer.from('Jérôme', 'utf8').toString('latin1'), 'UTF-8', 'Jérôme'],
];

describe('Vietnamese under a wrong label', () => {
  test.each(seen)('%s is %s: %s', (written, mislabelledAs, text) => {
    for (const declared of ['ISO_IR 100', '', 'ISO 2022 IR 100', 'nonsense'])
      expect(recognise(written, declared)).toEqual({ text, mislabelledAs });
  });

  test.each(seen.slice(0, -2))(
    '%s is recognised under the label of UTF-8 too, as bytes',
    (written, mislabelledAs, text) => {
      expect(recognise(written, 'ISO_IR 192')).toEqual({ text, mislabelledAs });
    },
  );

  test.each(seen)(
    '%s is recognised under a Japanese label too, whose sets have seven bits',
    (written, mislabelledAs, text) => {
      for (const declared of ['\\ISO 2022 IR 87', 'ISO 2022 IR 100\\ISO 2022 IR 87\\ISO 2022 IR 159'])
        expect(recognise(written, declared)).toEqual({ text, mislabelledAs });
    },
  );

  test('UTF-8 is recognised under a set of two bytes in which it is broken', () => {
    for (const declared of ['GB18030', 'GBK', '\\ISO 2022 IR 149'])
      expect(recognise(Buffer.from('Nguyễn Đặng^Thị Huệ', 'utf8'), declared)).toEqual({
        text: 'Nguyễn Đặng^Thị Huệ',
        mislabelledAs: 'UTF-8',
      });
  });

  test('old letters that were carried into UTF-8 one by one are recognised', () => {
    expect(recognise(Buffer.from('NguyÔn^V¨n An', 'utf8'), 'ISO_IR 192')).toEqual({
      text: 'Nguyễn^Văn An',
      mislabelledAs: 'TCVN3',
    });
  });

  const encodings = {
    'UTF-8': (text: string) => Buffer.from(text, 'utf8'),
    CP1258: (text: string) => asCp1258(text),
    'CP1258 with precomposed letters': (text: string) => asCp1258(text, true),
    TCVN3: asTcvn3,
    VNI: asVni,
  };
  const leastRecall = { 'UTF-8': 1, CP1258: 0.98, 'CP1258 with precomposed letters': 0.98, TCVN3: 0.97, VNI: 0.97 };
  const names = vietnameseNames(3000);

  test.each(Object.keys(encodings) as (keyof typeof encodings)[])(
    'of 3,000 names in %s nearly all are read right, and none wrong',
    (encoding) => {
      const beyondAscii = names.filter((name) => encodings[encoding](name).some((byte) => byte >= 0x80));
      for (const declared of ['ISO_IR 100', '']) {
        const found = beyondAscii.map((name) => ({ name, ...recognise(encodings[encoding](name), declared) }));
        expect(found.filter(({ name, text, mislabelledAs }) => mislabelledAs && text !== name)).toEqual([]);
        const right = found.filter(({ name, text }) => text === name).length;
        expect(right / beyondAscii.length).toBeGreaterThanOrEqual(leastRecall[encoding]);
      }
    },
  );

  test('what is examined and where is read right too', () => {
    for (const written of Object.values(encodings)) {
      const right = examinations.filter((text) => recognise(written(text), 'ISO_IR 100').text === text);
      expect(right.length).toBeGreaterThanOrEqual(examinations.length - 1);
    }
  });
});

describe('text that is what it says', () => {
  test.each(Object.keys(europeanNames))(
    '%s names stay as they are, every given name with every family name',
    (country) => {
      const { label, given, family } = europeanNames[country] as (typeof europeanNames)[string];
      const first = given.split(/\s+/).map((name) => name.replace('^', ' '));
      const last = family.split(/\s+/).map((name) => name.replace('^', ' '));
      const pairs = first.flatMap((a, at) =>
        last.flatMap((b) => [
          `${b}^${a}`,
          `${a} ${b}`,
          `${a} ${b}`.toUpperCase(),
          `${b}^${a}^${first[(at + 3) % first.length]}`,
        ]),
      );
      const changed = [...first, ...last, ...pairs].filter((name) => {
        const bytes = encodeText(name, [label]);
        if (!bytes) throw new Error(`${name} is not in ${label}`);
        const found = [recognise(bytes, label), recognise(Buffer.from(name, 'utf8'), 'ISO_IR 192')];
        const undeclared = label === 'ISO_IR 100' ? recognise(bytes, '').text : name;
        return undeclared !== name || found.some(({ text, mislabelledAs }) => text !== name || mislabelledAs);
      });
      expect(changed).toEqual([]);
    },
  );

  test.each(europeanTexts)('%s stays as it is', (text) => {
    expect(recognise(encodeText(text, ['ISO_IR 100']) as Buffer, 'ISO_IR 100')).toEqual({ text });
  });

  test('so does Vietnamese that Latin-1 can write, and Vietnamese in UTF-8, composed or not', () => {
    for (const text of ['Võ^Thành Tân', 'Bùi Vân Hà', 'LÊ HOÀNG', 'Hoàng Thúy Hòa'])
      expect(recognise(text, 'ISO_IR 100')).toEqual({ text });
    for (const text of ['Nguyễn^Văn An', 'Nguyễn^Văn An'.normalize('NFD')])
      expect(recognise(Buffer.from(text, 'utf8'), 'ISO_IR 192')).toEqual({ text });
  });

  test('so does text in sets of two bytes, although it may be valid UTF-8', () => {
    expect(recognise('\xc3\xa9', 'GB18030')).toEqual({ text: '茅' });
    expect(recognise('\xc3\xb1', 'ISO_IR 13')).toEqual({ text: 'ﾃｱ' });
    expect(recognise('\xc3\xb1', '\\ISO 2022 IR 149')).toEqual({ text: '챰' });
    expect(recognise('\x1b$B;3\x1b(B', '\\ISO 2022 IR 87')).toEqual({ text: '山' });
  });

  test('half-width katakana under a Japanese label that lacks them are no Armenian in UTF-8', () => {
    for (const katakana of ['\xc6\xbc^\xd5\xb2', '\xc6\xbc \xda\xb2', '\xc6\xbc^\xd5\xb7']) {
      for (const declared of ['\\ISO 2022 IR 87', '\\ISO 2022 IR 159', 'ISO 2022 IR 100\\ISO 2022 IR 87'])
        expect(recognise(katakana, declared).mislabelledAs).toBe(undefined);
      expect(recognise(katakana, '').mislabelledAs).toBe('UTF-8');
    }
  });
});
