/**
 * Which fragments begin a frame, by what they begin with: for encapsulated Pixel Data whose offset table is empty or
 * wrong (PS3.5 Annex A.4 lets a frame have several fragments, so their number alone does not tell).
 */
import type { TransferSyntax } from '../syntax/transfer-syntax.ts';

/** As many first bytes of a fragment as `beginsFrame` looks at. */
export const startBytes = 12;

type Begins = (bytes: Buffer) => boolean;

const starts =
  (...signatures: readonly string[]): Begins =>
  (bytes) =>
    signatures.some((signature) => bytes.toString('hex', 0, signature.length / 2) === signature);

/** By the media type of a frame, which the transfer syntaxes of one codec have in common. */
const signatures: Readonly<Record<string, Begins>> = {
  // SOI and the next marker's first byte (ISO/IEC 10918-1 B.1.1, 14495-1 C.1.1).
  'image/jpeg': starts('ffd8ff'),
  'image/jls': starts('ffd8ff'),
  // SOC and SIZ (ISO/IEC 15444-1 A.4.1), or a JP2 file's first box, which does not belong in DICOM and is met there.
  'image/jp2': starts('ff4fff51', '0000000c6a502020'),
  'image/jpx': starts('ff4fff51', '0000000c6a502020'),
  'image/jphc': starts('ff4fff51', '0000000c6a502020'),
  // A codestream or a container (ISO/IEC 18181-2).
  'image/jxl': starts('ff0a', '0000000c4a584c20'),
  // 1 to 15 segments, of which the first always follows the header of 64 bytes (G.5).
  'image/dicom-rle': (bytes) =>
    bytes.length >= 8 && bytes.readUInt32LE(0) >= 1 && bytes.readUInt32LE(0) <= 15 && bytes.readUInt32LE(4) === 64,
};

/** Whether a fragment with these first bytes begins a frame; undefined where the syntax has no mark to tell by. */
export function beginsFrame({ mediaType }: TransferSyntax, firstBytes: Buffer): boolean | undefined {
  return signatures[mediaType]?.(firstBytes);
}

/**
 * Fragments per frame by where frames begin. @param begins for each fragment, in order
 * @returns undefined when the first fragment begins no frame: then the marks mean something else here
 */
export function countsBetween(begins: readonly boolean[]): number[] | undefined {
  if (!begins[0]) return undefined;
  const counts: number[] = [];
  for (const begin of begins) {
    if (begin) counts.push(1);
    else counts[counts.length - 1] = (counts[counts.length - 1] as number) + 1;
  }
  return counts;
}
