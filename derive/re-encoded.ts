/** Data sets in another encoding while their bytes pass by: inflated, or between the uncompressed ones (PS3.5 Annex A). */
import { DatasetInflater } from '#dicom/file/dataset-inflater.ts';
import type { Encoding } from '#dicom/file/element-header.ts';
import { ReEncoder } from '#dicom/file/re-encode.ts';
import { limits } from '#settings/limits.ts';

const deflatedBiteBytes = 4096;

/** A deflated data set in Explicit VR Little Endian (PS3.5 A.5). @throws BadDataset when it grows beyond its limit */
export async function* inflated(deflated: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = [];
  const inflater = new DatasetInflater((piece) => void ready.push(piece), limits.dataset.inflatedBytes);
  try {
    for await (const piece of deflated) {
      // Small bites: a few bytes may deflate to a thousand times as many.
      for (let at = 0; at < piece.length; at += deflatedBiteBytes) {
        await inflater.write(piece.subarray(at, at + deflatedBiteBytes));
        yield* ready;
        ready = [];
      }
    }
    await inflater.end();
    yield* ready;
  } finally {
    inflater.destroy();
  }
}

/** From one of the three uncompressed encodings into a little endian one. @throws BadDataset */
export async function* reEncoded(
  pieces: AsyncIterable<Uint8Array>,
  from: Encoding,
  to: { readonly explicitVR: boolean },
): AsyncGenerator<Uint8Array> {
  const encoder = new ReEncoder(from, to.explicitVR, limits.dataset);
  for await (const piece of pieces) yield* encoder.write(piece);
  encoder.end();
}

/** `length` bytes from byte `offset` on, or as many as there are. */
export async function* partOf(
  pieces: AsyncIterable<Uint8Array>,
  offset: number,
  length: number,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  const end = offset + length;
  for await (const piece of pieces) {
    const from = Math.max(offset - at, 0);
    const to = Math.min(end - at, piece.length);
    if (to > from) yield piece.subarray(from, to);
    at += piece.length;
    if (at >= end) return;
  }
}
