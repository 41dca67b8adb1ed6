/** Decodes JPEG 2000 and High-Throughput JPEG 2000 frames (PS3.5 8.2.4, 8.2.16) by OpenJPEG and OpenJPH in WebAssembly. */
import { CannotDecode, type DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import type { ImagePixel } from '#dicom/pixels/image-pixel.ts';
import { readJpeg2000Stream } from '#dicom/syntax/jpeg-2000-stream.ts';
import { decodedFrame, mustMatch, sampleBits } from '#dicom/syntax/stream-image.ts';
import { decodeByWasm } from '#dicom/syntax/wasm-codecs.ts';

/** More bits do not fit what the decoder gives out. */
const precisionLimit = 16;

/**
 * The stream itself says which of the two block coders it needs, whatever its transfer syntax is called. The component
 * transformations (RCT, ICT) are undone, so that YBR_RCT and YBR_ICT become RGB.
 * @param encoded  one codestream, SOC to EOC
 * @throws CannotDecode
 */
export function decodeJpeg2000(encoded: Buffer, image: ImagePixel): DecodedFrame {
  const stream = readJpeg2000Stream(encoded);
  mustMatch(stream, image);
  if (stream.precision > precisionLimit) throw new CannotDecode(`JPEG 2000 samples of ${stream.precision} bits`);
  const bits = sampleBits(stream.precision);
  const { bytes } = decodeByWasm(stream.highThroughput ? 'DecodeHtJpeg2000' : 'DecodeJpeg2000', stream.codestream, {
    rows: image.rows,
    columns: image.columns,
    samplesPerPixel: image.samplesPerPixel,
    bitsAllocated: bits,
    bitsStored: stream.precision,
    isSigned: image.isSigned,
  });
  const frame = decodedFrame(bytes, stream.precision, image);
  const { photometricInterpretation } = image;
  return {
    ...frame,
    photometricInterpretation: /^YBR_(RCT|ICT)$/.test(photometricInterpretation) ? 'RGB' : photometricInterpretation,
  };
}
