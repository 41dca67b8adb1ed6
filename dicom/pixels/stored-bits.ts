/** Which bits of a pixel cell are the stored value (PS3.5 Section 8.1.1). The viewer reads them too. */

/** Leniency: Bits Stored and High Bit that cannot be are as if they were not there. */
export function storedBitsOf({
  bitsAllocated,
  bitsStored: stored,
  highBit: highest,
}: {
  readonly bitsAllocated: number;
  readonly bitsStored: number | undefined;
  readonly highBit: number | undefined;
}): { readonly bitsStored: number; readonly highBit: number } {
  const bitsStored = within(stored, 1, bitsAllocated) ?? bitsAllocated;
  return { bitsStored, highBit: within(highest, bitsStored - 1, bitsAllocated - 1) ?? bitsStored - 1 };
}

function within(value: number | undefined, from: number, to: number): number | undefined {
  return value !== undefined && value >= from && value <= to ? value : undefined;
}
