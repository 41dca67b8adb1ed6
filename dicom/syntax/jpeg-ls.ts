/** Decodes JPEG-LS frames (PS3.5 8.2.3), lossless and near-lossless, by CharLS in WebAssembly. */
import { CannotDecode, type DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import type { ImagePixel } from '#dicom/pixels/image-pixel.ts';
import { interleaved } from '#dicom/pixels/native-frame.ts';
import { readJpegStream } from '#dicom/syntax/jpeg-stream.ts';
import { decodedFrame, mustMatch, sampleBits } from '#dicom/syntax/stream-image.ts';

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
