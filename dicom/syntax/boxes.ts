/** The boxes that a JPEG 2000 or JPEG XL file keeps its codestream in (ISO/IEC 15444-1 Annex I.4, 18181-2 Annex A). */
export interface Box {
  readonly type: string;
  /** What stands behind its length and type. */
  readonly content: Buffer;
}

/** One behind the other, up to the end or to one whose length cannot be. */
export function* boxesOf(bytes: Buffer): Generator<Box, void, void> {
  for (let at = 0; at + 8 <= bytes.length;) {
    const isLong = bytes.readUInt32BE(at) === 1 && at + 16 <= bytes.length;
    const header = isLong ? 16 : 8;
    // Zero is the length of the last one: it goes on up to the end.
    const length = isLong ? Number(bytes.readBigUInt64BE(at + 8)) : bytes.readUInt32BE(at) || bytes.length - at;
    yield { type: bytes.toString('latin1', at + 4, at + 8), content: bytes.subarray(at + header, at + length) };
    if (length < header) return;
    at += length;
  }
}
