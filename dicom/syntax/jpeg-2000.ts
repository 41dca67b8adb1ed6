/** Decodes JPEG 2000 and High-Throughput JPEG 2000 frames (PS3.5 8.2.4, 8.2.16) by OpenJPEG and OpenJPH in WebAssembly. */
import { CannotDecode, type DecodedFrame } from '../pixels/decoded-frame.ts';
import type { ImagePixel } from '../pixels/image-pixel.ts';
import { type Jpeg2000Stream, readJpeg2000Stream } from './jpeg-2000-stream.ts';
import { decodeByOpenJpeg } from './openjpeg.ts';
import { decodedFrame, mustMatch, sampleBits } from './stream-image.ts';
import { decodeByWasm } from './wasm-codecs.ts';

/** More bits do not fit what the decoder gives out. */
const precisionLimit = 16;
/**
 * A decoder needs eight bytes and some 0.3 µs for each sample that a header claims, and a few hundred bytes can claim any number.
 * The largest radiographs have a third of this.
 */
const samplesLimit = 100_000_000;
/** Each tile costs a decoder some kilobytes before its first byte, and the smallest has one pixel. */
const tilesLimit = 4_096;
/** 4000 × 4000 samples in the smallest of them took 25 s and 2 GB. Of 16 × 16 the largest picture has fewer; usual is a tenth of that. */
const codeBlocksLimit = 2 ** 19;

/**
 * The stream itself says which of the two block coders it needs, whatever its transfer syntax is called. The component
 * transformations (RCT, ICT) are undone, so that YBR_RCT and YBR_ICT become RGB.
 * @param encoded  one codestream, SOC to EOC
 * @throws CannotDecode
 */
export async function decodeJpeg2000(encoded: Buffer, image: ImagePixel): Promise<DecodedFrame> {
  const stream = streamOf(encoded, image);
  return described(await samplesOf(stream, image), stream, image);
}

/** OpenJPH is quick, and gives out one line after the other: of High-Throughput streams none is halved. */
export function halvingsOfJpeg2000(encoded: Buffer): number {
  const { highThroughput, halvings } = readJpeg2000Stream(encoded);
  return highThroughput ? 0 : halvings;
}

/**
 * Of a stream of 100 million samples a picture of a hundredth of them takes a tenth of the time, and a quarter of the memory.
 * @param halvings  of width and height, rounded up
 * @throws CannotDecode, also where a tile has no such resolution of its own
 */
export async function decodeReducedJpeg2000(
  encoded: Buffer,
  image: ImagePixel,
  halvings: number,
): Promise<DecodedFrame> {
  const stream = streamOf(encoded, image);
  const { bytes } = await decodeByOpenJpeg(stream.codestream, halvings);
  const [rows, columns] = [image.rows, image.columns].map((side) => Math.ceil(side / 2 ** halvings)) as [
    number,
    number,
  ];
  return described(bytes, stream, { ...image, rows, columns });
}

/** @throws CannotDecode when it is of another image, or would keep a decoder busy for too long */
function streamOf(encoded: Buffer, image: ImagePixel): Jpeg2000Stream {
  const stream = readJpeg2000Stream(encoded);
  mustMatch(stream, image);
  const samples = stream.rows * stream.columns * stream.components;
  if (samples > samplesLimit) throw new CannotDecode(`${samples} samples of JPEG 2000, of at most ${samplesLimit}`);
  // Not a number, where a header says that they have no size.
  if (!(stream.tiles <= tilesLimit))
    throw new CannotDecode(`${stream.tiles} tiles of JPEG 2000, of at most ${tilesLimit}`);
  if (stream.codeBlocks > codeBlocksLimit)
    throw new CannotDecode(`${stream.codeBlocks} code blocks of JPEG 2000, of at most ${codeBlocksLimit}`);
  if (stream.precision > precisionLimit) throw new CannotDecode(`JPEG 2000 samples of ${stream.precision} bits`);
  return stream;
}

function described(samples: Buffer, { precision }: Jpeg2000Stream, image: ImagePixel): DecodedFrame {
  const { photometricInterpretation } = image;
  return {
    ...decodedFrame(samples, precision, image),
    photometricInterpretation: /^YBR_(RCT|ICT)$/.test(photometricInterpretation) ? 'RGB' : photometricInterpretation,
  };
}

/** By pixel, little endian, of 8 or 16 bits. */
async function samplesOf(stream: Jpeg2000Stream, image: ImagePixel): Promise<Buffer> {
  const { codestream, precision, components, highThroughput } = stream;
  const bits = sampleBits(precision);
  if (!highThroughput && components > 1 && bits > 8) {
    const decoded = await decodeByOpenJpeg(codestream);
    mustMatch(decoded, image);
    return decoded.bytes;
  }
  const { bytes } = decodeByWasm(highThroughput ? 'DecodeHtJpeg2000' : 'DecodeJpeg2000', codestream, {
    rows: image.rows,
    columns: image.columns,
    samplesPerPixel: image.samplesPerPixel,
    bitsAllocated: bits,
    bitsStored: precision,
    isSigned: image.isSigned,
  });
  return highThroughput && components > 1 && !stream.componentTransformation
    ? linesInOrder(bytes, stream, bits / 8)
    : bytes;
}

/**
 * OpenJPH gives out line by line: a line of each component in turn where they were transformed together, else all lines
 * of the first component, then all of the next. The codec around it takes them for the former in both cases.
 * @param size  bytes of a sample
 */
function linesInOrder(bytes: Buffer, { rows, columns, components }: Jpeg2000Stream, size: number): Buffer {
  const out = Buffer.alloc(bytes.length);
  for (let line = 0; line < rows * components; line++) {
    const [fromRow, fromComponent] = [Math.floor(line / components), line % components];
    const [row, component] = [line % rows, Math.floor(line / rows)];
    for (let column = 0; column < columns; column++) {
      const from = ((fromRow * columns + column) * components + fromComponent) * size;
      const to = ((row * columns + column) * components + component) * size;
      for (let byte = 0; byte < size; byte++) out[to + byte] = bytes[from + byte] as number;
    }
  }
  return out;
}
