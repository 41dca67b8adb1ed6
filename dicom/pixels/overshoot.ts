/**
 * Leniency: what lossy compression gives out may lie beyond all that Bits Stored allows, by some units, where the stream has more bits
 * than that. Cut to Bits Stored (PS3.5 8.1.1) such a value would be dark instead of bright; it is the outermost there is.
 */

interface Bits {
  readonly bitsStored: number;
  readonly isSigned: boolean;
}

/**
 * @param cells  of a decoded frame, the value in the lowest bits
 * @returns      the same where none is beyond: hardly a frame has any, and to look is quick
 */
export function withinBitsStored(cells: Uint16Array, { bitsStored, isSigned }: Bits): Uint16Array {
  if (bitsStored >= 16) return cells;
  const largest = 2 ** (isSigned ? bitsStored - 1 : bitsStored) - 1;
  if (!isSigned) return isAnyAbove(cells, largest) ? cells.map((cell) => Math.min(cell, largest)) : cells;
  if (!isBeyondWithItsSign(cells, bitsStored)) return cells;
  return cells.map((cell) => Math.min(Math.max(asSigned(cell), -largest - 1), largest));
}

function isAnyAbove(cells: Uint16Array, largest: number): boolean {
  for (let at = 0; at < cells.length; at++) if ((cells[at] as number) > largest) return true;
  return false;
}

const asSigned = (cell: number): number => (cell << 16) >> 16;

/**
 * Whether some are beyond, and the bits above Bits Stored repeat the sign throughout. Where those are zeros, or something else is in
 * them, 2050 of 12 bits is how −2046 is written.
 */
function isBeyondWithItsSign(cells: Uint16Array, bitsStored: number): boolean {
  const largest = 2 ** (bitsStored - 1) - 1;
  let isBeyond = false;
  let repeatsSign = false;
  for (let at = 0; at < cells.length; at++) {
    const value = asSigned(cells[at] as number);
    const above = value >> bitsStored;
    if (above < -1 || above > 0) return false;
    if (above === -1) repeatsSign = true;
    if (value > largest || value < -largest - 1) isBeyond = true;
  }
  return isBeyond && repeatsSign;
}
