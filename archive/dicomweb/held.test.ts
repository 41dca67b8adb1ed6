/** Answers that are held until they are whole, or too long for that. */
import { expect, test } from 'vitest';
import { limits } from '#settings/limits.ts';
import { held } from './held.ts';

/** One piece more than is held, and whether somebody has closed what they are read from. */
function long() {
  const source = { closed: false };
  async function* pieces(): AsyncGenerator<Uint8Array | string, void, void> {
    try {
      yield 'đầu';
      yield Buffer.alloc(limits.http.heldAnswerBytes, 1);
      yield 'cuối';
    } finally {
      source.closed = true;
    }
  }
  return { source, pieces: pieces() };
}

async function piecesOf(all: AsyncIterable<Uint8Array | string>): Promise<AsyncIterable<Uint8Array>> {
  const answer = await held(all);
  if (!('pieces' in answer)) throw new Error('it was held whole');
  return answer.pieces;
}

test('a long answer comes whole and in order', async () => {
  const { source, pieces } = long();
  const read: Uint8Array[] = [];
  for await (const piece of await piecesOf(pieces)) read.push(piece);
  const expected = [Buffer.from('đầu'), Buffer.alloc(limits.http.heldAnswerBytes, 1), Buffer.from('cuối')];
  expect(Buffer.concat(read).equals(Buffer.concat(expected))).toBe(true);
  expect(source.closed).toBe(true);
});

test('what a long answer is read from is closed, though nobody has asked for the first piece', async () => {
  const { source, pieces } = long();
  const answer = await piecesOf(pieces);
  expect(source.closed).toBe(false);
  await answer[Symbol.asyncIterator]().return?.();
  expect(source.closed).toBe(true);
});
