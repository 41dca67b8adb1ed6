/** Decodes JPEG XL frames (PS3.5 8.2.17), recompressed JPEG included, by libjxl in WebAssembly. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { CannotDecode, type DecodedFrame } from '../pixels/decoded-frame.ts';
import type { ImagePixel } from '../pixels/image-pixel.ts';
import { readJpegXLSize } from './jpeg-xl-stream.ts';
import { decodedFrame, mustMatch } from './stream-image.ts';

type LibJxl = Awaited<ReturnType<typeof open>>;
let module: Promise<LibJxl> | undefined;

async function open() {
  const { default: load } = await import('@cornerstonejs/codec-libjxl/decodewasmjs');
  // Its own loader fetches over HTTP only.
  const binary = createRequire(import.meta.url).resolve('@cornerstonejs/codec-libjxl/decodewasm');
  return load({ wasmBinary: readFileSync(binary), print() {}, printErr() {} });
}

/** Colour comes out as RGB, whatever it was compressed as. @param encoded a codestream or a container @throws CannotDecode */
export async function decodeJpegXL(encoded: Buffer, image: ImagePixel): Promise<DecodedFrame> {
  mustBeAsLarge(readJpegXLSize(encoded), image);
  // One that could not be loaded is loaded by whoever comes next.
  module ??= open().catch((error: unknown) => {
    module = undefined;
    throw error;
  });
  const libjxl = await module;
  try {
    const decoder = new libjxl.JpegXLDecoder();
    decoder.getEncodedBuffer(encoded.length).set(encoded);
    decoder.decode();
    const { width, height, bitsPerSample, componentCount } = decoder.getFrameInfo();
    mustMatch({ rows: height, columns: width, components: componentCount, precision: bitsPerSample }, image);
    const bytes = Buffer.from(decoder.getDecodedBuffer());
    decoder.delete();
    const frame = decodedFrame(bytes, bitsPerSample, image);
    return {
      ...frame,
      photometricInterpretation: componentCount === 3 ? 'RGB' : image.photometricInterpretation,
    };
  } catch (error) {
    module = undefined;
    if (error instanceof CannotDecode) throw error;
    const message = typeof error === 'number' ? String(libjxl.getExceptionMessage(error)) : (error as Error).message;
    throw new CannotDecode(`JPEG XL: ${message}`, { cause: error });
  }
}

/** Rows and columns change places where the picture is turned; the decoder knows which is which. */
function mustBeAsLarge({ rows, columns }: ReturnType<typeof readJpegXLSize>, image: ImagePixel): void {
  const isTurned = rows === image.columns && columns === image.rows;
  const size = isTurned ? image : { rows, columns };
  mustMatch({ ...size, components: image.samplesPerPixel, precision: image.bitsStored }, image);
}
