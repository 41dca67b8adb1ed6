import { describe, expect, test } from 'vitest';
import { choose, parseMediaType } from './media-types.ts';
import type { Offer } from './media-types.ts';

const explicit = '1.2.840.10008.1.2.1';
const jpegLS = '1.2.840.10008.1.2.4.80';
const octets = 'application/octet-stream';
/** As for a frame that is stored in JPEG-LS. */
const frame = [
  { type: octets, answers: ['', explicit], is: 'decoded' },
  { type: 'image/jls', answers: ['', '*', jpegLS], is: 'stored' },
  { type: octets, answers: ['*', jpegLS], toAnybody: true, is: 'stored octets' },
];
const video = [{ type: octets, answers: ['*', '1.2.840.10008.1.2.4.102'], toAnybody: true, is: 'stored' }];

const chosen = (header: string | undefined, offers: readonly (Offer & { is: string })[] = frame, query = {}) =>
  choose({ header, query }, offers)?.offer.is;

describe('what a client gets', () => {
  test.each([
    ['nothing said', undefined, 'decoded'],
    ['anything', '*/*', 'decoded'],
    ['octets', octets, 'decoded'],
    ['octets in parts', `multipart/related; type="${octets}"`, 'decoded'],
    ['octets, the type without quotes', `multipart/related; type=${octets}`, 'decoded'],
    ['parts of any type', 'multipart/related', 'decoded'],
    ['octets in Explicit VR Little Endian', `${octets}; transfer-syntax=${explicit}`, 'decoded'],
    ['octets of any transfer syntax', `multipart/related; type="${octets}"; transfer-syntax=*`, 'stored octets'],
    ['octets in the stored syntax', `${octets}; transfer-syntax="${jpegLS}"`, 'stored octets'],
    ['its own media type', 'multipart/related; type="image/jls"', 'stored'],
    ['any image', 'image/*', 'stored'],
    ['its own media type in another syntax', `image/jls; transfer-syntax=1.2.840.10008.1.2.4.81`, undefined],
    ['another image', 'image/png', undefined],
    ['another kind of parts', 'multipart/form-data', undefined],
    ['what it likes best', `${octets};q=0.4, image/jls;q=0.9`, 'stored'],
    ['the first of two that it likes the same', `image/jls, ${octets}`, 'stored'],
    ['something, but this not at all', `*/*, ${octets};q=0`, 'stored'],
    ['the more exact range, not the larger q', `*/*;q=1, ${octets};q=0.1, image/jls;q=0.5`, 'stored'],
    ['no type at all', 'nonsense', undefined],
    ['upper case', `IMAGE/JLS`, 'stored'],
  ])('who accepts %s', (_name, header, expected) => expect(chosen(header)).toBe(expected));

  test('what cannot be given otherwise goes to who takes anything, as it is stored', () => {
    expect([undefined, '*/*', 'multipart/related', octets].map((header) => chosen(header, video))).toEqual([
      'stored',
      'stored',
      'stored',
      undefined,
    ]);
  });

  test('the accept parameter of the address comes before the header, where it can be served', () => {
    expect(chosen('image/jls', frame, { accept: octets })).toBe('decoded');
    expect(chosen('image/jls', frame, { accept: 'video/mp4' })).toBe('stored');
    expect(chosen('*/*', frame, { accept: octets, transferSyntax: jpegLS })).toBe('stored octets');
  });

  test('a plus sign that became a blank in the address is one', () => {
    const json = [{ type: 'application/dicom+json', answers: [''] }];
    expect(choose({ header: 'text/html', query: { accept: 'application/dicom json' } }, json)).toBeDefined();
  });

  test('parts are sent to who asked for parts', () => {
    expect(choose({ header: 'multipart/related; type="image/jls"' }, frame)?.multipart).toBe(true);
    expect(choose({ header: 'image/jls' }, frame)?.multipart).toBe(false);
  });
});

test('a parameter may hold separators in quotes', () => {
  expect(parseMediaType('Multipart/Related; type="a/b; c, d"; Boundary=x').parameters).toEqual(
    new Map([
      ['type', 'a/b; c, d'],
      ['boundary', 'x'],
    ]),
  );
});

test('an Accept header comes best first, without what is not wanted', () => {
  const offers = ['a/b', 'c/d', 'e/f', 'g/h'].map((type) => ({ type, answers: [''] }));
  expect(choose({ header: 'a/b;q=0.1, c/d, e/f;q=0, g/h;q=0.5' }, offers)?.offer.type).toBe('c/d');
  expect(choose({ header: 'e/f;q=0' }, offers)).toBeUndefined();
});

test('a thousand ranges are read as far as fifty', () => {
  const header = [...Array.from({ length: 1000 }, () => 'a/b'), 'c/d'].join();
  expect(choose({ header }, [{ type: 'c/d', answers: [''] }])).toBeUndefined();
});
