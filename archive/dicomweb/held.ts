/** Answers whose bytes are not known beforehand: a short one is held until it is whole, and has an ETag made of its bytes. */
import { hash } from 'node:crypto';
import { limits } from '#settings/limits.ts';

/** All of an answer and the digest of its bytes, or, of a longer one, its pieces. */
export type Held =
  { readonly bytes: Buffer; readonly digest: string } | { readonly pieces: AsyncGenerator<Uint8Array> };

/** Reads until it is known which. @throws what the pieces throw, until then */
export async function held(pieces: AsyncIterable<Uint8Array | string>): Promise<Held> {
  const iterator = pieces[Symbol.asyncIterator]();
  const begun: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { value, done } = await iterator.next();
    if (done) break;
    const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
    begun.push(bytes);
    length += bytes.length;
    if (length > limits.http.heldAnswerBytes) return { pieces: goneOnWith(begun, iterator) };
  }
  const bytes = Buffer.concat(begun);
  return { bytes, digest: hash('sha256', bytes, 'base64url') };
}

async function* goneOnWith(
  begun: Uint8Array[],
  rest: AsyncIterator<Uint8Array | string>,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* begun.splice(0);
    for (;;) {
      const { value, done } = await rest.next();
      if (done) return;
      yield typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
    }
  } finally {
    await rest.return?.();
  }
}
