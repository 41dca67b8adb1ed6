/**
 * Writes a data set in Explicit VR Little Endian (PS3.5 Annex A.2) and makes a DICOM file of it (PS3.10): for the
 * instances that we compute ourselves, whose attributes all have one VR in the dictionary.
 */
import { impliedVR, isUnsignedOrSigned, tagOf } from '#dicom/data/dictionary.ts';
import { fileHead } from '#dicom/file/file-meta.ts';

/** Values by keyword. Several values of one attribute are a list; items of a sequence are a list of attributes. */
export interface Attributes {
  readonly [keyword: string]: Value;
}
type Value = string | number | Uint8Array | readonly string[] | readonly number[] | readonly Attributes[];

const ExplicitVRLittleEndian = '1.2.840.10008.1.2.1';

/** VRs whose header has two reserved bytes and a length of four (PS3.5 Table 7.1-1), as far as they are written here. */
const longHeaders = new Set(['OB', 'OW', 'SQ', 'UN', 'UT']);
const numbers: Readonly<Record<string, { bytes: number; write(to: Buffer, value: number, at: number): void }>> = {
  US: { bytes: 2, write: (to, value, at) => to.writeUInt16LE(value, at) },
  SS: { bytes: 2, write: (to, value, at) => to.writeInt16LE(value, at) },
  UL: { bytes: 4, write: (to, value, at) => to.writeUInt32LE(value, at) },
  // A tag as a number: group, then element (PS3.5 Table 6.2-1).
  AT: {
    bytes: 4,
    write: (to, value, at) => {
      to.writeUInt16LE(value >>> 16, at);
      to.writeUInt16LE(value & 0xffff, at + 2);
    },
  },
  FD: { bytes: 8, write: (to, value, at) => to.writeDoubleLE(value, at) },
};

/** @param attributes a whole composite instance, SOPClassUID and SOPInstanceUID included */
export function dicomFile(attributes: Attributes): Buffer {
  const head = fileHead({
    MediaStorageSOPClassUID: String(attributes['SOPClassUID']),
    MediaStorageSOPInstanceUID: String(attributes['SOPInstanceUID']),
    TransferSyntaxUID: ExplicitVRLittleEndian,
  });
  return Buffer.concat([head, serialize(attributes)]);
}

/** Elements in order of their tags (PS3.5 Section 7.1); text in UTF-8, so Specific Character Set has to say ISO_IR 192. */
function serialize(attributes: Attributes): Buffer {
  const elements = Object.entries(attributes).map(([keyword, value]) => ({ tag: tagOf(keyword), value }));
  elements.sort((a, b) => a.tag - b.tag);
  const signed = attributes['PixelRepresentation'] === 1;
  return Buffer.concat(elements.flatMap(({ tag, value }) => element(tag, vrOf(tag, signed), value)));
}

function vrOf(tag: number, signed: boolean): string {
  return signed && isUnsignedOrSigned(tag) ? 'SS' : impliedVR(tag);
}

function element(tag: number, vr: string, value: Value): Buffer[] {
  const bytes = valueBytes(vr, value);
  const head = Buffer.alloc(longHeaders.has(vr) ? 12 : 8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.write(vr, 4, 'latin1');
  if (longHeaders.has(vr)) head.writeUInt32LE(bytes.length, 8);
  else head.writeUInt16LE(bytes.length, 6);
  return [head, bytes];
}

function valueBytes(vr: string, value: Value): Buffer {
  if (value instanceof Uint8Array) return even(Buffer.from(value.buffer, value.byteOffset, value.byteLength), 0);
  const values = (Array.isArray(value) ? value : [value]) as readonly (string | number | Attributes)[];
  if (vr === 'SQ') return Buffer.concat(values.flatMap((attributes) => item(attributes as Attributes)));
  const number = numbers[vr];
  if (number) {
    const bytes = Buffer.alloc(values.length * number.bytes);
    values.forEach((each, index) => number.write(bytes, each as number, index * number.bytes));
    return bytes;
  }
  // PS3.5 6.2: text is padded with a blank, a UID with a null.
  return even(Buffer.from(values.map(text).join('\\'), 'utf8'), vr === 'UI' ? 0 : 0x20);
}

/** A decimal string has at most 16 characters (PS3.5 Table 6.2-1, DS). */
function text(value: string | number | Attributes): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(9))) : String(value);
}

function item(attributes: Attributes): Buffer[] {
  const bytes = serialize(attributes);
  const head = Buffer.alloc(8);
  head.writeUInt16LE(0xfffe, 0);
  head.writeUInt16LE(0xe000, 2);
  head.writeUInt32LE(bytes.length, 4);
  return [head, bytes];
}

function even(bytes: Buffer, pad: number): Buffer {
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from([pad])]);
}
