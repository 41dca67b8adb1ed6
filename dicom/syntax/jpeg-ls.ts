/** Decodes JPEG-LS frames (PS3.5 8.2.3), lossless and near-lossless, by CharLS in WebAssembly. */
import { CannotDecode, type DecodedFrame } from '../pixels/decoded-frame.ts';
import type { ImagePixel } from '../pixels/image-pixel.ts';
import { interleaved } from '../pixels/native-frame.ts';
import { type JpegStream, readJpegStream } from './jpeg-stream.ts';
import { decodedFrame, mustMatch, sampleBits } from './stream-image.ts';

const endOfImage = Buffer.from('ffd9', 'hex');

type CharLS = Awaited<ReturnType<typeof open>>;
let module: Promise<CharLS> | undefined;

async function open() {
  const { default: load } = await import('@cornerstonejs/codec-charls/decodewasmjs');
  return load({ print() {}, printErr() {} });
}

/** @param encoded one JPEG-LS stream, SOI to EOI @throws CannotDecode */
export async function decodeJpegLS(encoded: Buffer, image: ImagePixel): Promise<DecodedFrame> {
  const stream = readJpegStream(encoded);
  mustMatch(stream, image);
  // CharLS takes seconds to find out that a stream was cut short.
  if (encoded.lastIndexOf(endOfImage) < 0) throw new CannotDecode('the JPEG-LS stream ends early: no EOI');
  const asDcmtkMeans = withThresholdsOfDcmtk(encoded, stream);
  if (!asDcmtkMeans) return await decode(encoded, stream, image);
  const byStandard = await outcomeOf(decode(encoded, stream, image));
  const byDcmtk = await outcomeOf(decode(asDcmtkMeans, stream, image));
  // Of a damaged stream the second one says no more than the first.
  if ('error' in byStandard && 'error' in byDcmtk) throw byStandard.error;
  if ('error' in byStandard) return (byDcmtk as Decoded).frame;
  if ('error' in byDcmtk || byDcmtk.frame.bytes.equals(byStandard.frame.bytes)) return byStandard.frame;
  // Either may be the picture, and nothing in the stream says which.
  throw new CannotDecode(
    `JPEG-LS of ${stream.precision} bits: by the thresholds of the standard another picture than by those of DCMTK`,
  );
}

interface Decoded {
  readonly frame: DecodedFrame;
}

function outcomeOf(decoding: Promise<DecodedFrame>): Promise<Decoded | { readonly error: unknown }> {
  return decoding.then(
    (frame) => ({ frame }),
    (error: unknown) => ({ error }),
  );
}

async function decode(encoded: Buffer, stream: JpegStream, image: ImagePixel): Promise<DecodedFrame> {
  // One that could not be loaded is loaded by whoever comes next.
  module ??= open().catch((error: unknown) => {
    module = undefined;
    throw error;
  });
  const charls = await module;
  try {
    const decoder = new charls.JpegLSDecoder();
    decoder.getEncodedBuffer(encoded.length).set(encoded);
    decoder.decode();
    const frame = decoder.getFrameInfo();
    mustMatch(
      { rows: frame.height, columns: frame.width, components: frame.componentCount, precision: frame.bitsPerSample },
      image,
    );
    const byPlane = decoder.getInterleaveMode() === 0 && frame.componentCount > 1;
    const bytes = Buffer.from(decoder.getDecodedBuffer());
    decoder.delete();
    const size = sampleBits(stream.precision) / 8;
    return decodedFrame(byPlane ? interleaved(bytes, frame.componentCount, size) : bytes, stream.precision, image);
  } catch (error) {
    // What it was doing is left as it lies.
    module = undefined;
    if (error instanceof CannotDecode) throw error;
    throw new CannotDecode(`JPEG-LS: ${messageOf(charls, error)}`, { cause: error });
  }
}

/** What C++ throws arrives as a number. */
function messageOf(charls: CharLS, thrown: unknown): string {
  if (typeof thrown !== 'number') return (thrown as Error).message;
  try {
    return String(charls.getExceptionMessage(thrown));
  } catch {
    return 'the stream is damaged';
  }
}

const startOfScan = 0xda;
const presetParameters = 0xf8;
const usualReset = 64;

/**
 * Leniency: for samples of 6 and 7 bits DCMTK takes default thresholds by the formula for 8 bits and more (ISO/IEC 14495-1
 * C.2.4.1.1.1), and writes none of them down. Decoded with the right ones its scans run out too early or too late, as a rule: a small
 * picture may seem to come out well, and be another one. So both are tried. A segment of preset parameters (C.2.4.1.1) says them to
 * the decoder.
 * @returns undefined where the stream has thresholds of its own, or samples for which both formulae are one
 */
function withThresholdsOfDcmtk(encoded: Buffer, { precision }: JpegStream): Buffer | undefined {
  if (precision !== 6 && precision !== 7) return undefined;
  // What stands before the frame header has been read without a fault.
  for (let at = 2; at + 5 < encoded.length; at += 2 + encoded.readUInt16BE(at + 2)) {
    while (encoded[at] === 0xff && encoded[at + 1] === 0xff) at++;
    if (at + 5 >= encoded.length) return undefined;
    const marker = encoded[at + 1];
    if (encoded[at] !== 0xff || marker === presetParameters) return undefined;
    if (marker !== startOfScan) continue;
    // Scan header (C.2.3): how many components, two bytes for each, then NEAR.
    const near = encoded[at + 5 + 2 * (encoded[at + 4] as number)] ?? 0;
    const largest = 2 ** precision - 1;
    const clamped = (value: number, least: number): number => (value > largest || value < least ? least : value);
    const first = clamped(2 + 3 * near, near + 1);
    const second = clamped(3 + 5 * near, first);
    const third = clamped(4 + 7 * near, second);
    const segment = Buffer.from([0xff, presetParameters, 0, 13, 1, ...Array<number>(10).fill(0)]);
    for (const [index, value] of [largest, first, second, third, usualReset].entries())
      segment.writeUInt16BE(value, 5 + 2 * index);
    return Buffer.concat([encoded.subarray(0, 2), segment, encoded.subarray(2)]);
  }
  return undefined;
}
