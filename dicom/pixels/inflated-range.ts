/** A run of bytes of a deflated data set (PS3.5 Annex A.5), inflated from its beginning and thrown away until there. */
import { pipeline, Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { CannotDecode } from '#dicom/pixels/decoded-frame.ts';
import type { ByteRange } from '#dicom/pixels/frame-table.ts';

/**
 * Inflating itself runs on Node's thread pool; one piece is in memory at a time, and the range.
 * @param deflated      the data set as it is stored
 * @param inflatedBytes the most that may be inflated on the way
 * @throws CannotDecode when the stream is damaged, ends before the range does, or grows too large
 */
export async function inflatedRange(
  deflated: AsyncIterable<Uint8Array>,
  { offset, length }: ByteRange,
  inflatedBytes: number,
): Promise<Buffer> {
  if (offset + length > inflatedBytes) throw new CannotDecode(`the frame lies beyond ${inflatedBytes} inflated bytes`);
  const range = Buffer.allocUnsafeSlow(length);
  let at = 0;
  try {
    for await (const piece of pipeline(
      Readable.from(copies(deflated), { objectMode: false }),
      createInflateRaw(),
      () => {},
    )) {
      const bytes = piece as Buffer;
      if (at + bytes.length > offset) bytes.copy(range, Math.max(0, at - offset), Math.max(0, offset - at));
      at += bytes.length;
      if (at >= offset + length) return range;
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('Z_')) throw error;
    throw new CannotDecode(`the deflated stream is damaged (${message})`);
  }
  throw new CannotDecode(`the data set ends after ${at} inflated bytes, before the frame does`);
}

/** A stream asks for the next piece while it still holds the last one, whose memory may be used again by then. */
async function* copies(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  for await (const piece of pieces) yield Buffer.from(piece);
}
