/**
 * File meta information (PS3.10 Section 7.1): written by us on every object and every file we give out.
 * A stored object also carries private information (0002,0100)/(0002,0102): when and from whom it came, its length and
 * digest, which version it is. With it the index can be rebuilt from the objects alone.
 */
import { uid } from '#dicom/data/uid.ts';

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
  readonly length: number;
  readonly digest: string;
  /** 1 for the first bytes that came under this SOP Instance UID, then 2, 3, … */
  readonly version: number;
  /** True for a version that became the current one when it came, by its device's policy. */
  readonly replaces: boolean;
  /** True for a version with the pixels of the one before it, in another lossless transfer syntax. */
  readonly samePixels?: boolean;
}

function element(tag: number, vr: string, value: Buffer): Buffer {
  const long = vr === 'OB' || vr === 'UN';
  const head = Buffer.alloc(long ? 12 : 8);
  head.writeUInt16LE(Math.floor(tag / 0x10000), 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.write(vr, 4, 'latin1');
  if (long) head.writeUInt32LE(value.length, 8);
  else head.writeUInt16LE(value.length, 6);
  return Buffer.concat([head, value]);
}

const padded = (text: string, pad: string): Buffer => Buffer.from(text.length % 2 ? text + pad : text, 'latin1');

function metaElements(meta: FileMeta): Buffer[] {
  const elements = [
    element(0x00020001, 'OB', Buffer.from([0, 1])),
    element(0x00020002, 'UI', padded(meta.MediaStorageSOPClassUID, '\0')),
    element(0x00020003, 'UI', padded(meta.MediaStorageSOPInstanceUID, '\0')),
    element(0x00020010, 'UI', padded(meta.TransferSyntaxUID, '\0')),
    element(0x00020012, 'UI', padded(implementationClassUID, '\0')),
    element(0x00020013, 'SH', padded(implementationVersionName, ' ')),
  ];
  if (meta.SourceApplicationEntityTitle) {
    elements.push(element(0x00020016, 'AE', padded(meta.SourceApplicationEntityTitle, ' ')));
  }
  return elements;
}

function head(elements: readonly Buffer[]): Buffer {
  const body = Buffer.concat(elements);
  const groupLength = Buffer.alloc(4);
  groupLength.writeUInt32LE(body.length);
  const start = Buffer.alloc(132);
  start.write('DICM', 128, 'latin1');
  return Buffer.concat([start, element(0x00020000, 'UL', groupLength), body]);
}

/** Preamble of zeros, prefix and file meta information of a file that we give out. */
export function fileHead(meta: FileMeta): Buffer {
  return head(metaElements(meta));
}

/** The same with private information, exactly `objectHeadBytes` long, for a stored object. */
export function objectHead(meta: FileMeta, information: ObjectInformation): Buffer {
  const elements = metaElements(meta);
  elements.push(element(0x00020100, 'UI', padded(privateInformationCreatorUID, '\0')));
  const room = objectHeadBytes - head(elements).length - 12;
  const json = Buffer.from(JSON.stringify(information), 'utf8');
  if (json.length > room) throw new RangeError(`${json.length} bytes of object information, room for ${room}`);
  elements.push(element(0x00020102, 'OB', Buffer.concat([json, Buffer.alloc(room - json.length, 0x20)])));
  return head(elements);
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
  const text = (tag: number): string => (values.get(tag) ?? Buffer.alloc(0)).toString('latin1').replace(/[\0 ]+$/, '');
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
