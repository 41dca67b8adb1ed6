/** JPEG 2000 codestreams of a hundred bytes (ISO/IEC 15444-1 Annex A), as large as they say that they are. */

/** COD: five decompositions in code blocks of 64 × 64. */
export const usualCoding = 'ff52000c00000001000504040001';

/** A grey square of 16 bits in one tile without a single coefficient: a packet of one empty byte for each resolution of each layer. */
export function emptyJpeg2000(side: number, coding = usualCoding, tileHeader = ''): Buffer {
  const size = side.toString(16).padStart(8, '0');
  const siz = `ff5100290000${size}${size}${'0'.repeat(16)}${size}${size}${'0'.repeat(16)}00010f0101`;
  const qcd = `ff5c001340${'88'.repeat(16)}`;
  const part = (14 + tileHeader.length / 2 + 6).toString(16).padStart(8, '0');
  return Buffer.from(`ff4f${siz}${coding}${qcd}ff90000a0000${part}0001${tileHeader}ff93${'00'.repeat(6)}ffd9`, 'hex');
}
