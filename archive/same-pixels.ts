/**
 * Whether two instances hold the same pixels in two transfer syntaxes. Known for uncompressed ones, whose bytes differ
 * at most in their order; anything else counts as different, which only means that a person is asked.
 */
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import type { PixelRow } from '#index/objects.ts';
import type { Storage } from '#storage/storage.ts';

const comparedAtOnceBytes = 1024 * 1024;

export async function samePixels(one: PixelRow, other: PixelRow, storage: Storage): Promise<boolean> {
  const [a, b] = [nativePixels(one), nativePixels(other)];
  if (!a || !b || a.length !== b.length || one.bits_allocated !== other.bits_allocated) return false;
  const unit = a.bigEndian === b.bigEndian ? 1 : (one.bits_allocated ?? 0) / 8;
  if (unit !== 1 && unit !== 2 && unit !== 4) return false;
  for (let at = 0; at < a.length; at += comparedAtOnceBytes) {
    const length = Math.min(comparedAtOnceBytes, a.length - at);
    if (length % unit !== 0) return false;
    const [left, right] = await Promise.all([
      storage.readRange(one.key, a.offset + at, length),
      storage.readRange(other.key, b.offset + at, length),
    ]);
    if (unit === 2) right.swap16();
    else if (unit === 4) right.swap32();
    if (!left.equals(right)) return false;
  }
  return true;
}

function nativePixels(row: PixelRow): { offset: number; length: number; bigEndian: boolean } | undefined {
  const syntax = transferSyntaxes.get(row.transfer_syntax);
  if (
    !syntax ||
    syntax.encapsulated ||
    syntax.deflated ||
    row.pixel_offset === null ||
    row.pixel_length === null ||
    row.pixel_length < 0
  )
    return undefined;
  return { offset: row.offset + row.pixel_offset, length: row.pixel_length, bigEndian: syntax.bigEndian };
}
