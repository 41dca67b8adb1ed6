/** Answers whose bytes are not known beforehand: a short one is held until it is whole, and has an ETag made of its bytes. */
import { hash } from 'node:crypto';
import { limits } from '#settings/limits.ts';

/** All of an answer and the digest of its bytes, or, of a longer one, its pieces. */
export type Held = { readonly bytes: Buffer; readonly digest: string } | { readonly pieces: AsyncIterable<Uint8Array> };

/** Reads until it is known which. @throws what the pieces throw, until then */
export async function held(pieces: AsyncIterable<Uint8Array | string>): Promise<Held> {
  const iterator = pieces[Symbol.asyncIterator]();
  const begun: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { value, done } = await iterator.next();
    if (done) break;
    const bytes = bytesOf(value);
    begun.push(bytes);
    length += bytes.length;
    if (length > limits.http.heldAnswerBytes) return { pieces: goneOnWith(begun, iterator) };
  }
  const bytes = Buffer.concat(begun);
  return { bytes, digest: hash('sha256', bytes, 'base64url') };
}

/** No generator: one that nobody has asked yet would not pass on that nobody wants it. */
function goneOnWith(begun: Uint8Array[], rest: AsyncIterator<Uint8Array | string>): AsyncIterableIterator<Uint8Array> {
  const all: AsyncIterableIterator<Uint8Array> = {
    next: async () => {
      const first = begun.shift();
      if (first) return { done: false, value: first };
      const { value, done } = await rest.next();
      return done ? { done, value: undefined } : { done: false, value: bytesOf(value) };
    },
    return: async () => {
      begun.length = 0;
      await rest.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => all,
  };
  return all;
}

function bytesOf(piece: Uint8Array | string): Uint8Array {
  return typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece;
}
