/**
 * The header of one data element (PS3.5 Section 7.1): tag, value representation and length, as they lie in the bytes.
 * Looked at for each element that passes by, so nothing here makes a string or an object.
 */

/** How the elements of a data set are written: the three uncompressed encodings of PS3.5 Annex A. */
export interface Encoding {
  readonly explicitVR: boolean;
  readonly bigEndian: boolean;
}

/** How one header is laid out. Without letters it has no VR, and a length of four bytes in their place (7.1.3). */
export interface HeaderForm {
  readonly letters: string | undefined;
  /** 12: two reserved bytes and a length of four; 8: a length of two, or of four where there is no VR. */
  readonly bytes: 8 | 12;
}

/** The 34 value representations (PS3.5 Table 6.2-1). */
export const valueRepresentations =
  'AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV'.split(' ');

/** VRs whose explicit header has two reserved bytes and a length of four (PS3.5 Table 7.1-1). */
export const longHeaderVRs: ReadonlySet<string> = new Set('OB OD OF OL OV OW SQ SV UC UN UR UT UV'.split(' '));

export const withoutVR: HeaderForm = { letters: undefined, bytes: 8 };

/** By the number that the two letters make. */
const forms: (HeaderForm | undefined)[] = Array.from({ length: 0x5b5b });
for (const letters of valueRepresentations)
  forms[letters.charCodeAt(0) * 0x100 + letters.charCodeAt(1)] = {
    letters,
    bytes: longHeaderVRs.has(letters) ? 12 : 8,
  };

/** The form of the header at `at` by its VR; undefined where none of the 34 stands. */
export function formAt(bytes: Buffer, at: number): HeaderForm | undefined {
  return forms[((bytes[at + 4] as number) << 8) | (bytes[at + 5] as number)];
}

export function shortAt(bytes: Buffer, at: number, bigEndian: boolean): number {
  const first = bytes[at] as number;
  const second = bytes[at + 1] as number;
  return bigEndian ? (first << 8) | second : (second << 8) | first;
}

export function longAt(bytes: Buffer, at: number, bigEndian: boolean): number {
  return bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
}

/** A tag as group × 65536 + element. */
export function tagAt(bytes: Buffer, at: number, bigEndian: boolean): number {
  return shortAt(bytes, at, bigEndian) * 0x10000 + shortAt(bytes, at + 2, bigEndian);
}

const undefinedLength = 0xffffffff;

/**
 * The header of an element to be written. @param length even, -1 when undefined; what no short header can say is the
 * caller's to write as UN (PS3.5 6.2.2)
 */
export function elementHeader(tag: number, vr: string, length: number, explicitVR = true, bigEndian = false): Buffer {
  const long = explicitVR && longHeaderVRs.has(vr);
  const header = Buffer.alloc(long ? 12 : 8);
  const group = Math.floor(tag / 0x10000);
  if (bigEndian) header.writeUInt32BE(tag);
  else header.writeUInt32LE((tag & 0xffff) * 0x10000 + group);
  if (explicitVR) header.write(vr, 4, 'latin1');
  if (explicitVR && !long) {
    if (bigEndian) header.writeUInt16BE(length, 6);
    else header.writeUInt16LE(length, 6);
  } else {
    const value = length < 0 ? undefinedLength : length;
    if (bigEndian) header.writeUInt32BE(value, long ? 8 : 4);
    else header.writeUInt32LE(value, long ? 8 : 4);
  }
  return header;
}

/** An item's header, and the delimiters of an item and of a sequence (PS3.5 7.5), which never have a VR. */
export function itemHeader(length: number, bigEndian = false): Buffer {
  return elementHeader(0xfffee000, '', length, false, bigEndian);
}
export const itemOfUndefinedLength: Buffer = itemHeader(-1);
export const itemDelimiter: Buffer = elementHeader(0xfffee00d, '', 0, false);
export const sequenceDelimiter: Buffer = elementHeader(0xfffee0dd, '', 0, false);
