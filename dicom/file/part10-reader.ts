/**
 * Reads the beginning of a DICOM file (PS3.10 Section 7) from a stream: what its file meta information says, and the
 * data set behind it, still streaming. Lenient where files of the field are, as `leniencies.ts` lists.
 */
import { withoutPadding } from '../data/padding.ts';
import { BadDataset } from './bad-dataset.ts';
import { observedSyntax, telltaleBytes } from './observed-syntax.ts';
import { Prefix } from './prefix.ts';
import { explicitBigEndian, explicitLittleEndian, implicitLittleEndian } from '../syntax/native.ts';

export interface Part10 {
  /** As the file says, or as its first element shows where it does not, or is plainly wrong. */
  readonly transferSyntaxUID: string;
  readonly MediaStorageSOPClassUID: string | undefined;
  readonly MediaStorageSOPInstanceUID: string | undefined;
  readonly dataset: AsyncIterable<Uint8Array>;
}

/** A file meta group is a dozen short elements; private information may be larger. */
const metaBytesLimit = 1024 * 1024;
const preambleBytes = 128;

/** @throws BadDataset when this cannot be a DICOM file */
export async function openPart10(pieces: AsyncIterable<Uint8Array>): Promise<Part10> {
  const source = new Prefix(pieces);
  try {
    return await readMeta(source);
  } catch (error) {
    await source.cancel();
    throw error;
  }
}

async function readMeta(source: Prefix): Promise<Part10> {
  await source.need(preambleBytes + 6);
  const values = new Map<number, string>();
  let at = startOfMeta(source.bytes);
  for (;;) {
    await source.need(at + 12);
    const { bytes } = source;
    if (bytes.length < at + 8 || bytes.readUInt16LE(at) !== 0x0002) break;
    const { length, header } = metaHeader(bytes, at);
    if (at + header + length > metaBytesLimit)
      throw new BadDataset(0x00020000, at, `file meta information of more than ${metaBytesLimit} bytes`);
    await source.need(at + header + length);
    if (source.bytes.length < at + header + length)
      throw new BadDataset(0x00020000, at, 'the file ends inside its meta information');
    const value = withoutPadding(source.bytes.toString('latin1', at + header, at + header + length));
    values.set(bytes.readUInt16LE(at + 2), value);
    at += header + length;
  }
  if (source.bytes.length - at < 8) throw new BadDataset(0, at, 'there is no data set');
  await source.need(at + telltaleBytes);
  const head = source.bytes.subarray(at, at + telltaleBytes);
  return {
    transferSyntaxUID: observedSyntax(values.get(0x0010) || guessSyntax(head), head),
    MediaStorageSOPClassUID: values.get(0x0002) || undefined,
    MediaStorageSOPInstanceUID: values.get(0x0003) || undefined,
    dataset: source.rest(at),
  };
}

/** Explicit VR Little Endian (7.1); leniency: where no VR stands, the group was written in Implicit VR. */
function metaHeader(bytes: Buffer, at: number): { length: number; header: number } {
  const vr = bytes.toString('latin1', at + 4, at + 6);
  if (!/^[A-Z]{2}$/.test(vr)) return { length: bytes.readUInt32LE(at + 4), header: 8 };
  if (vr !== 'OB' && vr !== 'UN') return { length: bytes.readUInt16LE(at + 6), header: 8 };
  if (bytes.length < at + 12) throw new BadDataset(0x00020000, at, 'the file ends inside its meta information');
  return { length: bytes.readUInt32LE(at + 8), header: 12 };
}

/**
 * Leniency: the preamble may be missing, with or without the prefix, and so may all of the meta information. A bare data
 * set may have `DICM` at that place by chance, as a piece of a value.
 */
function startOfMeta(bytes: Buffer): number {
  const prefixed = bytes.toString('latin1', preambleBytes, preambleBytes + 4) === 'DICM';
  if (prefixed && bytes.length >= preambleBytes + 6 && bytes.readUInt16LE(preambleBytes + 4) === 0x0002)
    return preambleBytes + 4;
  if (bytes.toString('latin1', 0, 4) === 'DICM') return 4;
  const group = bytes.length >= 8 ? bytes.readUInt16LE(0) : 0;
  if (group === 0x0002 || group === 0x0008 || group === 0x0800) return 0;
  if (prefixed) return preambleBytes + 4;
  throw new BadDataset(0, 0, 'neither a DICOM file nor a data set');
}

/** Leniency: without a Transfer Syntax UID, the first element's header shows which of the three encodings it is in. */
function guessSyntax(bytes: Buffer): string {
  if (!/^[A-Z]{2}$/.test(bytes.toString('latin1', 4, 6))) return implicitLittleEndian.uid;
  return bytes.readUInt16LE(0) > 0xff ? explicitBigEndian.uid : explicitLittleEndian.uid;
}
