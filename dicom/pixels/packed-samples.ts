/** Samples side by side, not each in bytes of its own (PS3.5 Section 8.1.1): of 1, 12 or any other number of bits. The viewer reads them too. */

/** Bytes of the cell that a sample of so many bits is put into. */
export const cellBytes = (bits: number): 1 | 2 | 4 | 8 => (bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : 8);

/**
 * @param packed  the first sample in the lowest bits of the first byte
 * @returns       `count` cells of `cellBytes(bits)` each, in little endian
 */
export function unpackedCells(packed: Uint8Array, count: number, bits: number): Uint8Array<ArrayBuffer> {
  const size = cellBytes(bits);
  const cells = new Uint8Array(count * size);
  if (bits === 1) {
    for (let i = 0; i < count; i++) cells[i] = ((packed[i >>> 3] as number) >>> (i & 7)) & 1;
    return cells;
  }
  for (let i = 0, bit = 0; i < count; i++) {
    for (let done = 0; done < bits;) {
      const at = bit & 7;
      const take = Math.min(8 - at, 8 - (done & 7), bits - done);
      const value = ((packed[bit >>> 3] as number) >>> at) & ((1 << take) - 1);
      const to = i * size + (done >>> 3);
      cells[to] = (cells[to] as number) | (value << (done & 7));
      done += take;
      bit += take;
    }
  }
  return cells;
}
