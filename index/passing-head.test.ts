import { expect, test } from 'vitest';
import { uid } from '#dicom/data/uid.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { limits } from '#settings/limits.ts';
import { smallInstance } from '#tests/dataset-bytes.ts';
import { InstanceReader } from './instance-reader.ts';
import { PassingHead } from './passing-head.ts';
import { headBytes } from './waiting-heads.ts';

const syntax = transferSyntaxes.get(uid('1.2.840.10008.1.2.1'))!;

function headOf(dataset: Buffer, pieceBytes: number): Buffer | undefined {
  const reader = new InstanceReader(syntax, limits.dataset);
  const head = new PassingHead();
  for (let at = 0; at < dataset.length; at += pieceBytes) {
    // As the door does it: the memory of a piece is used again for the next one.
    const piece = Buffer.from(dataset.subarray(at, at + pieceBytes));
    void reader.write(piece);
    head.add(piece, reader.pixelOffset);
    piece.fill(0);
  }
  return head.bytes;
}

test('a head ends where the value of Pixel Data begins, in whatever pieces it came', () => {
  const dataset = smallInstance();
  const pixels = 256;
  for (const pieceBytes of [1, 7, 100, dataset.length])
    expect(headOf(dataset, pieceBytes)?.equals(dataset.subarray(0, -pixels))).toBe(true);
});

test('without Pixel Data it is all of the data set', () => {
  const dataset = smallInstance().subarray(0, -(256 + 12));
  expect(headOf(dataset, 50)?.equals(dataset)).toBe(true);
});

test('one that is long is left to its object', () => {
  const head = new PassingHead();
  head.add(Buffer.alloc(headBytes), undefined);
  expect(head.bytes?.length).toBe(headBytes);
  head.add(Buffer.alloc(1), undefined);
  expect(head.bytes).toBeUndefined();
  head.add(Buffer.alloc(1), undefined);
  expect(head.bytes).toBeUndefined();
});
