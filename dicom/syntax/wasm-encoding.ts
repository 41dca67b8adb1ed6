/**
 * Encodes frames without loss as JPEG Lossless, JPEG-LS, JPEG 2000 and High-Throughput JPEG 2000 (PS3.5 8.2.1, 8.2.3,
 * 8.2.4, 8.2.16) by libjpeg, CharLS, OpenJPEG and OpenJPH in WebAssembly. What comes out is decoded again and compared:
 * a frame that is not the same to the last bit is no frame.
 */
import { CannotDecode, type DecodedFrame } from '../pixels/decoded-frame.ts';
import { CannotEncode, encodable, type EncodedFrame } from '../pixels/encoded-frame.ts';
import { decodeJpeg2000 } from './jpeg-2000.ts';
import { decodeJpegLS } from './jpeg-ls.ts';
import { decodeJpeg } from './jpeg.ts';
import { encodeByWasm, type WasmEncoder } from './wasm-codecs.ts';
import type { TransferSyntax } from './transfer-syntax.ts';

type Decoder = NonNullable<TransferSyntax['decodeFrame']>;

/** First-order prediction, selection value 1; streams have 8, 12 or 16 bits and call their colours RGB. @throws CannotEncode */
export async function encodeJpegLossless(frame: DecodedFrame): Promise<EncodedFrame> {
  const from = encodable(frame);
  if (from.photometricInterpretation === 'YBR_FULL') throw new CannotEncode('colours are YBR_FULL');
  return compared('EncodeJpeg', from, { bitsStored: neededBits({ ...from, isSigned: false }) }, decodeJpeg);
}

/** Colour by sample. Cells with signs are coded as they stand, for the stream has none. @throws CannotEncode */
export async function encodeJpegLS(frame: DecodedFrame): Promise<EncodedFrame> {
  const from = encodable(frame);
  // This encoder takes Bits Allocated for the precision of the stream, and rounds up to whole bytes.
  return compared('EncodeJpegLs', from, { bitsAllocated: neededBits({ ...from, isSigned: false }) }, decodeJpegLS);
}

/** RGB is transformed reversibly and becomes YBR_RCT; YBR_FULL stays as it is. @throws CannotEncode */
export async function encodeJpeg2000(frame: DecodedFrame): Promise<EncodedFrame> {
  const from = encodable(frame);
  if (from.samplesPerPixel > 1 && from.bitsAllocated > 8) throw new CannotEncode('colours have 16 bits');
  if (from.isSigned && from.bitsAllocated === 8) throw new CannotEncode('samples of 8 bits have signs');
  // It would be asked for a wavelet of no level at all.
  if (Math.min(from.rows, from.columns) < 2) throw new CannotEncode('an image of one row or column');
  return compared('EncodeJpeg2000', from, { bitsStored: neededBits(from) }, decodeJpeg2000);
}

/** As JPEG 2000, but always with the transformation and with a precision of whole bytes. @throws CannotEncode */
export async function encodeHtJpeg2000(frame: DecodedFrame): Promise<EncodedFrame> {
  const from = encodable(frame);
  if (from.samplesPerPixel > 1 && from.bitsAllocated > 8) throw new CannotEncode('colours have 16 bits');
  if (from.photometricInterpretation === 'YBR_FULL') throw new CannotEncode('colours are YBR_FULL');
  if (from.isSigned && from.bitsAllocated === 8) throw new CannotEncode('samples of 8 bits have signs');
  return compared('EncodeHtJpeg2000', from, {}, decodeJpeg2000);
}

/** @param differs  what the encoder is told instead of what the frame says */
async function compared(
  encoder: WasmEncoder,
  { bytes: samples, ...image }: DecodedFrame,
  differs: { readonly bitsAllocated?: number; readonly bitsStored?: number },
  decode: Decoder,
): Promise<EncodedFrame> {
  const isJpeg2000 = encoder === 'EncodeJpeg2000' || encoder === 'EncodeHtJpeg2000';
  const toYbr = isJpeg2000 && image.photometricInterpretation === 'RGB';
  const encodedImage = { ...image, ...(toYbr && { photometricInterpretation: 'YBR_RCT' }) };
  try {
    const bytes = encodeByWasm(encoder, samples, { ...image, ...differs }, toYbr);
    const again = await decode(bytes, encodedImage);
    if (!again.bytes.equals(samples) || again.photometricInterpretation !== image.photometricInterpretation)
      throw new CannotEncode('other samples came out of it');
    return { ...encodedImage, bytes };
  } catch (error) {
    if (error instanceof CannotDecode) throw new CannotEncode(error.message, { cause: error });
    throw error;
  }
}

/**
 * Bits that the stream must have: Bits Stored where there is nothing beside the stored value (but its sign), else those of
 * the whole cell, so that overlays and whatever a device left there stay.
 */
function neededBits({ bytes, bitsAllocated, bitsStored, isSigned }: DecodedFrame): number {
  if (bitsStored === bitsAllocated || (bitsAllocated === 16 && bitsStored <= 8)) return bitsAllocated;
  const cells =
    bitsAllocated === 8
      ? bytes
      : new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  // A signed value moved up by half of its range is one without a sign.
  const half = isSigned ? 2 ** (bitsStored - 1) : 0;
  const mask = 2 ** bitsAllocated - 1;
  for (let at = 0; at < cells.length; at++)
    if ((((cells[at] as number) + half) & mask) >>> bitsStored !== 0) return bitsAllocated;
  return bitsStored;
}
