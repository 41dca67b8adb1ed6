import { expect, test } from 'vitest';
import { decodeText } from './character-sets.ts';
import { encodeNearest } from './nearest-text.ts';

const ascii = ['ISO 2022 IR 6'];
const latin1 = ['ISO_IR 100'];

test('a Vietnamese name for a device of ASCII stands without accents, upper and lower case as they were', () => {
  expect(encodeNearest('ĐẶNG^Thị Huệ', ascii).toString('latin1')).toBe('DANG^Thi Hue');
  expect(encodeNearest('Nguyễn^Văn Ước=阮', ascii).toString('latin1')).toBe('Nguyen^Van Uoc=?');
});

test('only the letters that the character set lacks lose their accents', () => {
  const bytes = encodeNearest('TRẦN^BÉ HÀ', latin1);
  expect(decodeText(bytes, latin1, 'PN')).toBe('TRAN^BÉ HÀ');
});

test('a decomposed name comes out as the composed one does', () => {
  for (const characterSet of [ascii, latin1])
    expect(encodeNearest('ĐẶNG^THỊ HUỆ'.normalize('NFD'), characterSet)).toEqual(
      encodeNearest('ĐẶNG^THỊ HUỆ', characterSet),
    );
});

test('letters of two, and marks of nothing, come out as what is read', () => {
  expect(encodeNearest('Æther ß \u0301x', ascii).toString('latin1')).toBe('AEther ss x');
});

test('what the character set has whole is not touched', () => {
  expect(encodeNearest('Nguyễn^Văn Ánh', ['ISO_IR 192'])).toEqual(Buffer.from('Nguyễn^Văn Ánh'));
});
