import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { ReceiveBuffers } from './receive-buffers.ts';

const KiB = 1024;

/** As the kernel does: writes up to `count` bytes of `value` into the room that there is. */
function read(buffers: ReceiveBuffers, count: number, value: number): Buffer {
  const room = buffers.next();
  const taken = Math.min(count, room.length);
  room.fill(value, 0, taken);
  return buffers.received(taken);
}

describe('the buffers of a connection', () => {
  test('keep every piece as it was until it is given back, in whatever order and size pieces come and go', () => {
    const step = fc.record({
      buffers: fc.nat(2),
      count: fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 300_000 })),
      parts: fc.integer({ min: 1, max: 3 }),
      givesBack: fc.nat(4),
      which: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const all = [new ReceiveBuffers(), new ReceiveBuffers(), new ReceiveBuffers()];
        const held: { buffers: ReceiveBuffers; piece: Buffer; value: number }[] = [];
        const giveBack = (which: number) => {
          const [one] = held.splice(which % held.length, 1);
          expect(one!.piece.equals(Buffer.alloc(one!.piece.length, one!.value))).toBe(true);
          one!.buffers.giveBack(one!.piece);
        };
        for (const [index, { buffers: which, count, parts, givesBack, which: first }] of steps.entries()) {
          const buffers = all[which]!;
          const value = index % 251;
          const bytes = read(buffers, count, value);
          const length = Math.ceil(bytes.length / parts);
          for (let at = 0; at < bytes.length; at += length) {
            const piece = bytes.subarray(at, at + length);
            buffers.hold(piece);
            held.push({ buffers, piece, value });
          }
          for (let each = 0; each < givesBack && held.length > 0; each++) giveBack(first + each);
        }
        for (const buffers of all) buffers.close();
        while (held.length > 0) giveBack(0);
      }),
      { numRuns: 200 },
    );
  });

  test('are one and the same for a reader that keeps up, and two for one that is a read behind', () => {
    const buffers = new ReceiveBuffers();
    read(buffers, Infinity, 1);
    const used = new Set<ArrayBufferLike>();
    for (let each = 0; each < 100; each++) {
      const piece = read(buffers, 200_000, each);
      expect(piece.length).toBe(200_000);
      buffers.hold(piece);
      buffers.giveBack(piece);
      used.add(piece.buffer);
    }
    expect(used.size).toBe(1);
    let before: Buffer | undefined;
    for (let each = 0; each < 100; each++) {
      const piece = read(buffers, 200_000, each);
      buffers.hold(piece);
      if (before) buffers.giveBack(before);
      used.add(piece.buffer);
      before = piece;
    }
    expect(used.size).toBe(2);
  });

  test('are small until a read fills one', () => {
    const buffers = new ReceiveBuffers();
    expect(buffers.next().length).toBe(16 * KiB);
    read(buffers, 1000, 1);
    expect(buffers.next().length).toBe(16 * KiB);
    read(buffers, Infinity, 1);
    expect(buffers.next().length).toBe(256 * KiB);
  });

  test('cost a slow reader of small pieces hardly more than those pieces', () => {
    const buffers = new ReceiveBuffers();
    read(buffers, Infinity, 1);
    const used = new Map<ArrayBufferLike, number>();
    let bytes = 0;
    for (const count of [100, 150_000, 60_000, 10, 256 * KiB, ...Array<number>(1000).fill(1460)]) {
      const piece = read(buffers, count, 1);
      buffers.hold(piece);
      bytes += piece.length;
      used.set(piece.buffer, piece.buffer.byteLength);
    }
    const memory = [...used.values()].reduce((sum, length) => sum + length, 0);
    expect(memory).toBeLessThan((bytes * 4) / 3 + 256 * KiB);
  });

  test('that were closed serve another connection once nobody reads what came in them', () => {
    const first = new ReceiveBuffers();
    read(first, Infinity, 1);
    const piece = read(first, 1000, 7);
    first.hold(piece);
    first.close();
    const second = new ReceiveBuffers();
    read(second, Infinity, 1);
    expect(second.next().buffer).not.toBe(piece.buffer);
    second.close();
    expect(piece.equals(Buffer.alloc(1000, 7))).toBe(true);
    first.giveBack(piece);
    const third = new ReceiveBuffers();
    read(third, Infinity, 1);
    expect(third.next().buffer).toBe(piece.buffer);
  });
});
