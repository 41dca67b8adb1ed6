/** What the main header of a JPEG 2000 codestream says (ISO/IEC 15444-1 Annex A), High-Throughput ones included (15444-15). */
import { CannotDecode } from '../pixels/decoded-frame.ts';
import { boxesOf } from './boxes.ts';
import { codeBlocksOf } from './jpeg-2000-code-blocks.ts';

export interface Jpeg2000Stream {
  readonly codestream: Buffer;
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  /** Into which the image is cut. */
  readonly tiles: number;
  /** Of all components. */
  readonly codeBlocks: number;
  /** The most bits that a component has. */
  readonly precision: number;
  /** Block coding is that of 15444-15. */
  readonly highThroughput: boolean;
  /** The first three components are transformed together (RCT, ICT). */
  readonly componentTransformation: boolean;
  /** How often width and height may be halved: the picture is there in so many smaller resolutions. */
  readonly halvings: number;
}

const soc = 0xff4f;
const siz = 0xff51;
const cap = 0xff50;
const cod = 0xff52;
const coc = 0xff53;
const sot = 0xff90;
const jp2Signature = Buffer.from('0000000c6a5020200d0a870a', 'hex');

/** @throws CannotDecode when there is no SIZ marker segment, or it cannot be */
export function readJpeg2000Stream(bytes: Buffer): Jpeg2000Stream {
  const codestream = bytes.subarray(0, 12).equals(jp2Signature) ? withinBoxes(bytes) : bytes;
  if (codestream.length < 6 || codestream.readUInt16BE(0) !== soc || codestream.readUInt16BE(2) !== siz)
    throw new CannotDecode('not a JPEG 2000 codestream: no SOC and SIZ');
  const length = codestream.readUInt16BE(4);
  const segment = codestream.subarray(6, 4 + length);
  // Table A.9: capabilities, size and offset of the reference grid and of tiles, then each component in 3 bytes.
  const components = segment.length >= 36 ? segment.readUInt16BE(34) : 0;
  if (components === 0 || segment.length < 36 + 3 * components)
    throw new CannotDecode('the SIZ marker segment is damaged');
  let precision = 0;
  for (let at = 36; at < 36 + 3 * components; at += 3) {
    precision = Math.max(precision, ((segment[at] as number) & 0x7f) + 1);
    if (segment[at + 1] !== 1 || segment[at + 2] !== 1) throw new CannotDecode('components of different resolutions');
  }
  const image = {
    columns: segment.readUInt32BE(2) - segment.readUInt32BE(10),
    rows: segment.readUInt32BE(6) - segment.readUInt32BE(14),
  };
  const tile = {
    columns: Math.min(image.columns, segment.readUInt32BE(18)),
    rows: Math.min(image.rows, segment.readUInt32BE(22)),
  };
  return {
    codestream,
    ...image,
    components,
    tiles: tilesOf(segment),
    codeBlocks: codeBlocksOf(codestream, 4 + length, { image, tile, components }),
    precision,
    ...codingOf(codestream, 4 + length, { components, isAtOrigin: segment.readBigUInt64BE(10) === 0n }),
  };
}

/** B.3, equation B-5: how many tiles the reference grid has from the first tile's offset on. */
function tilesOf(segment: Buffer): number {
  const along = ([size, tile, offset]: readonly [number, number, number]): number =>
    Math.ceil((segment.readUInt32BE(size) - segment.readUInt32BE(offset)) / segment.readUInt32BE(tile));
  return along([2, 18, 26]) * along([6, 22, 30]);
}

/**
 * CAP (15444-15 A.2), COD and COC (15444-1 A.6.1, A.6.2) stand in the main header, before the first tile part.
 * @param isAtOrigin  the image has no offset: where it has one, halves are larger or smaller by a pixel
 */
function codingOf(
  codestream: Buffer,
  from: number,
  { components, isAtOrigin }: { readonly components: number; readonly isAtOrigin: boolean },
): Pick<Jpeg2000Stream, 'highThroughput' | 'componentTransformation' | 'halvings'> {
  let highThroughput = false;
  let componentTransformation = false;
  let halvings = isAtOrigin ? Infinity : 0;
  for (let at = from; at + 4 <= codestream.length; at += 2 + codestream.readUInt16BE(at + 2)) {
    const marker = codestream.readUInt16BE(at);
    if (marker === sot || marker < 0xff00) break;
    if (marker === cap) highThroughput = true;
    // After the length and Scod: progression order, two bytes of layers, then this (Table A.14).
    if (marker === cod) componentTransformation = codestream[at + 8] === 1;
    // Decomposition levels: behind that, and behind the component and Scoc (Tables A.15, A.22).
    if (marker === cod) halvings = Math.min(halvings, codestream[at + 9] ?? 0);
    if (marker === coc) halvings = Math.min(halvings, codestream[at + (components < 257 ? 6 : 7)] ?? 0);
  }
  return { highThroughput, componentTransformation, halvings: Number.isFinite(halvings) ? halvings : 0 };
}

/** Leniency: a JP2 file in the place of a codestream (PS3.5 8.2.4 wants the codestream alone); its box is taken out. */
function withinBoxes(bytes: Buffer): Buffer {
  for (const { type, content } of boxesOf(bytes)) if (type === 'jp2c') return content;
  throw new CannotDecode('a JP2 file without a codestream');
}
