/**
 * File meta information (PS3.10 Section 7.1): written by us on every object and every file we give out.
 * A stored object also carries private information (0002,0100)/(0002,0102): when and from whom it came, its length and
 * digest, which version it is. With it the index can be rebuilt from the objects alone.
 */
import { withoutPadding } from '../data/padding.ts';
import { uid } from '../data/uid.ts';

export const implementationClassUID = uid('2.25.302718491526370894218365094317265810475');
export const implementationVersionName = 'LIGHTBOX_0_1';
/** Names the owner of our private information (0002,0100). */
const privateInformationCreatorUID = uid('2.25.302718491526370894218365094317265810476');

/** The head of every stored object: preamble, prefix and file meta information, always this long. */
export const objectHeadBytes = 1024;

export interface FileMeta {
  readonly MediaStorageSOPClassUID: string;
  readonly MediaStorageSOPInstanceUID: string;
  readonly TransferSyntaxUID: string;
  readonly SourceApplicationEntityTitle?: string;
}

/** What the object knows beyond its instance. Lengths in bytes, times in ISO 8601, digest in hexadecimal. */
export interface ObjectInformation {
  readonly receivedAt: string;
  /** Microseconds that only ever grow while an archive runs, whatever happens to the clock: which came first. */
  readonly order: number;
  readonly door: string;
  readonly callingAETitle: string;
  readonly address: string;
  readonly defaultIssuer: string;
  /** Specific Character Set that its device uses without saying so, values joined by backslashes. */
  readonly characterSet?: string;
  readonly length: number;
  readonly digest: string;
  /** 1 for the first bytes that came under this SOP Instance UID, then 2, 3, … */
  readonly version: number;
  /** True for a version that became the current one when it came, by its device's policy. */
  readonly replaces: boolean;
  /** True for a version with the pixels of the one before it, in another lossless transfer syntax. */
  readonly samePixels?: boolean;
}

/** What all values of file meta information but the private one fit in, with room to spare: UIDs have at most 64 bytes. */
const fileHeadBytes = 1024;
const longHeader = 12;
const shortHeader = 8;
const zeroByte = 0;
const space = 0x20;

/** Writes one element header and returns where its value begins. */
function putHeader(into: Buffer, at: number, element: number, vr: string, length: number): number {
  into.writeUInt16LE(0x0002, at);
  into.writeUInt16LE(element, at + 2);
  into.write(vr, at + 4, 'latin1');
  if (vr === 'OB') {
    into.writeUInt32LE(length, at + 8);
    return at + longHeader;
  }
  into.writeUInt16LE(length, at + 6);
  return at + shortHeader;
}

/** Writes one element with a text value, padded to an even length, and returns where the next one begins. */
function putText(into: Buffer, at: number, element: number, vr: string, text: string, pad: number): number {
  const length = text.length + (text.length % 2);
  const from = putHeader(into, at, element, vr, length);
  into.write(text, from, 'latin1');
  if (length > text.length) into[from + text.length] = pad;
  return from + length;
}

/** Where the group's length (0002,0000) is written once it is known, and where what it counts begins. */
const groupLengthAt = 132;
const countedFrom = groupLengthAt + shortHeader + 4;

/** Preamble of zeros, prefix and the elements that every file has. @returns where the next element begins */
function putHead(into: Buffer, meta: FileMeta): number {
  into.write('DICM', 128, 'latin1');
  let at = putHeader(into, countedFrom, 0x0001, 'OB', 2);
  into[at + 1] = 1;
  at = putText(into, at + 2, 0x0002, 'UI', meta.MediaStorageSOPClassUID, zeroByte);
  at = putText(into, at, 0x0003, 'UI', meta.MediaStorageSOPInstanceUID, zeroByte);
  at = putText(into, at, 0x0010, 'UI', meta.TransferSyntaxUID, zeroByte);
  at = putText(into, at, 0x0012, 'UI', implementationClassUID, zeroByte);
  at = putText(into, at, 0x0013, 'SH', implementationVersionName, space);
  const source = meta.SourceApplicationEntityTitle;
  return source ? putText(into, at, 0x0016, 'AE', source, space) : at;
}

function putGroupLength(into: Buffer, end: number): void {
  into.writeUInt32LE(end - countedFrom, putHeader(into, groupLengthAt, 0x0000, 'UL', 4));
}

/** Preamble of zeros, prefix and file meta information of a file that we give out. */
export function fileHead(meta: FileMeta): Buffer {
  const head = Buffer.alloc(fileHeadBytes);
  const end = putHead(head, meta);
  putGroupLength(head, end);
  return head.subarray(0, end);
}

/** The same with private information, exactly `objectHeadBytes` long, for a stored object. */
export function objectHead(meta: FileMeta, information: ObjectInformation): Buffer {
  const head = Buffer.alloc(objectHeadBytes);
  let at = putHead(head, meta);
  at = putText(head, at, 0x0100, 'UI', privateInformationCreatorUID, zeroByte);
  const json = JSON.stringify(information);
  const room = objectHeadBytes - at - longHeader;
  const bytes = Buffer.byteLength(json);
  if (bytes > room) throw new RangeError(`${bytes} bytes of object information, room for ${room}`);
  at = putHeader(head, at, 0x0102, 'OB', room);
  head.fill(space, at + head.write(json, at));
  putGroupLength(head, objectHeadBytes);
  return head;
}

/** Reads a stored object's head; undefined when it was never finished or is not one of ours. */
export function readObjectHead(bytes: Buffer): { meta: FileMeta; information: ObjectInformation } | undefined {
  if (bytes.length < objectHeadBytes || bytes.toString('latin1', 128, 132) !== 'DICM') return undefined;
  const values = new Map<number, Buffer>();
  for (let at = 132; at + 12 <= objectHeadBytes;) {
    const long = bytes.toString('latin1', at + 4, at + 6) === 'OB';
    const length = long ? bytes.readUInt32LE(at + 8) : bytes.readUInt16LE(at + 6);
    const from = at + (long ? 12 : 8);
    values.set(bytes.readUInt16LE(at) * 0x10000 + bytes.readUInt16LE(at + 2), bytes.subarray(from, from + length));
    at = from + length;
  }
  const text = (tag: number): string => withoutPadding((values.get(tag) ?? Buffer.alloc(0)).toString('latin1'));
  if (text(0x00020100) !== privateInformationCreatorUID) return undefined;
  try {
    return {
      meta: {
        MediaStorageSOPClassUID: text(0x00020002),
        MediaStorageSOPInstanceUID: text(0x00020003),
        TransferSyntaxUID: text(0x00020010),
        SourceApplicationEntityTitle: text(0x00020016),
      },
      information: JSON.parse((values.get(0x00020102) ?? Buffer.alloc(0)).toString('utf8')) as ObjectInformation,
    };
  } catch {
    return undefined;
  }
}
