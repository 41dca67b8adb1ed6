/** Damages DICOM files as disks, networks, hurried programmers and enemies do; the same random numbers, the same damage. */

type Random = () => number;
type Damage = (file: Buffer, other: Buffer, random: Random) => Buffer;

const somewhere = (bytes: Buffer, random: Random): number => Math.floor(random() * bytes.length);
/** A header is likelier to be hit near the beginning. */
const early = (bytes: Buffer, random: Random): number => Math.floor(random() ** 3 * bytes.length);
const extremes = [0, 1, 2, 7, 8, 0x7fff, 0x8000, 0xfffe, 0xffff];
const longExtremes = [0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];
const vrs = ['SQ', 'UN', 'OB', 'OW', 'UI', 'US', 'LO', 'UT', 'PN', 'DS', '\0\0', 'zz'];
/** Item, delimiters, Pixel Data and others whose meaning changes what follows, in Little Endian. */
const tags = ['feff00e0', 'feff0de0', 'feffdde0', 'e07f1000', 'e07f0800', '08000500', '00000000', '28000800'];

const damages: readonly Damage[] = [
  function cutOff(file, _, random) {
    return file.subarray(0, somewhere(file, random));
  },
  function bits(file, _, random) {
    for (let left = 1 + random() * 20; left > 0; left--) {
      const at = early(file, random);
      file[at] = (file[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    }
    return file;
  },
  function shortExtreme(file, _, random) {
    const at = early(file.subarray(0, Math.max(0, file.length - 2)), random);
    if (at + 2 <= file.length) file.writeUInt16LE(extremes[Math.floor(random() * extremes.length)] ?? 0, at);
    return file;
  },
  function longExtreme(file, _, random) {
    const at = early(file.subarray(0, Math.max(0, file.length - 4)), random);
    const value = longExtremes[Math.floor(random() * longExtremes.length)] ?? 0;
    if (at + 4 <= file.length) file.writeUInt32LE(value, at);
    return file;
  },
  function otherVR(file, _, random) {
    const vr = vrs[Math.floor(random() * vrs.length)] as string;
    const at = elementAt(file, random) + 4;
    if (at < file.length) file.write(vr, at, 'latin1');
    return file;
  },
  function otherTag(file, _, random) {
    file.write(tags[Math.floor(random() * tags.length)] as string, elementAt(file, random), 'hex');
    return file;
  },
  function lost(file, _, random) {
    const from = somewhere(file, random);
    return Buffer.concat([file.subarray(0, from), file.subarray(from + 1 + Math.floor(random() ** 4 * 5_000))]);
  },
  function twice(file, _, random) {
    const from = somewhere(file, random);
    const piece = file.subarray(from, from + 1 + Math.floor(random() ** 4 * 5_000));
    return Buffer.concat([file.subarray(0, from), piece, file.subarray(from)]);
  },
  function spliced(file, other, random) {
    return Buffer.concat([file.subarray(0, somewhere(file, random)), other.subarray(somewhere(other, random))]);
  },
  function nested(file, _, random) {
    const at = elementAt(file, random);
    // (0008,1140) SQ of undefined length, and an item of undefined length in it.
    const sequence = Buffer.from('0800401153510000fffffffffeff00e0ffffffff', 'hex');
    const depth = Math.floor(random() ** 2 * 200);
    return Buffer.concat([file.subarray(0, at), ...Array.from({ length: depth }, () => sequence), file.subarray(at)]);
  },
  function noise(file, _, random) {
    const from = somewhere(file, random);
    const to = Math.min(file.length, from + Math.floor(random() * 200));
    for (let at = from; at < to; at++) file[at] = Math.floor(random() * 256);
    return file;
  },
];

/** Where, as far as one can tell by two capital letters, an element begins. */
function elementAt(file: Buffer, random: Random): number {
  const from = early(file, random);
  for (let at = from; at + 8 < Math.min(file.length, from + 4_096); at++) {
    const [a, b] = [file[at + 4] ?? 0, file[at + 5] ?? 0];
    if (a >= 65 && a <= 90 && b >= 65 && b <= 90) return at;
  }
  return from;
}

/** @returns a damaged copy of `file`; pieces of `other` may be in it */
export function mutated(file: Buffer, other: Buffer, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(file);
  for (let left = 1 + Math.floor(random() * 3); left > 0; left--) {
    const damage = damages[Math.floor(random() * damages.length)] as Damage;
    bytes = damage(bytes, other, random);
  }
  return bytes;
}
