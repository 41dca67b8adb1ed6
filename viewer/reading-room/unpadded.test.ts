import { expect, test } from 'vitest';
import { unpadded } from './unpadded.ts';

const instance = (type: string, lengthBytes?: number) => ({
  '00420012': { vr: 'LO', Value: [type] },
  ...(lengthBytes !== undefined && { '00420015': { vr: 'UL', Value: [lengthBytes] } }),
});

test.each([
  ['text without its length', '<a/>\0\0', instance('text/XML'), '<a/>\0'],
  ['text of an even length', '<a/>', instance('text/XML'), '<a/>'],
  ['text in UTF-16', '<\0a\0/\0>\0', instance('text/XML'), '<\0a\0/\0>\0'],
  ['a model in text', 'v 0 0 0\0', instance('model/obj'), 'v 0 0 0'],
  ['a model in bytes, which may end so', 'solid\0', instance('model/stl'), 'solid\0'],
  ['bytes with their length', 'solid\0', instance('model/stl', 5), 'solid'],
  ['bytes that end so, with their length', 'soli\0\0', instance('model/stl', 6), 'soli\0\0'],
  ['bytes with a length that cannot be', 'solid\0', instance('model/stl', 2), 'solid\0'],
])('the byte that pads %s is no part of it', (_, kept, of, document) => {
  expect(Buffer.from(unpadded(Buffer.from(kept), of)).toString()).toBe(document);
});
