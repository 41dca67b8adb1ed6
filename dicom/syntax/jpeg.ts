/** Decodes JPEG frames (PS3.5 8.2.1): baseline, extended, spectral selection, progressive and lossless, with Huffman coding. */
import { CannotDecode, type DecodedFrame } from '../pixels/decoded-frame.ts';
import type { ImagePixel } from '../pixels/image-pixel.ts';
import { decodedColour, jpegLSFrame, losslessFrame, readJpegStream } from './jpeg-stream.ts';
import { decodeJpegLS } from './jpeg-ls.ts';
import { decodedFrame, mustMatch, sampleBits } from './stream-image.ts';
import { decodeByWasm } from './wasm-codecs.ts';

const startOfScan = Buffer.from('ffda', 'hex');
/** Each is a pass over the whole image, whatever stands in it. Encoders that look for the best order write some sixty. */
const scansLimit = 256;

/**
 * YBR becomes RGB, but where the data set says RGB (`decodedColour`); `photometricInterpretation` says what the samples are.
 * @param encoded  one JPEG stream, SOI to EOI
 * @throws CannotDecode
 */
export function decodeJpeg(encoded: Buffer, image: ImagePixel): DecodedFrame | Promise<DecodedFrame> {
  const stream = readJpegStream(encoded);
  // Leniency: JPEG-LS under the name of JPEG.
  if (stream.process === jpegLSFrame) return decodeJpegLS(encoded, image);
  if (stream.process > losslessFrame)
    throw new CannotDecode(
      stream.process >= 0xc9 && stream.process <= 0xcb
        ? 'JPEG with arithmetic coding, which nothing here decodes'
        : 'hierarchical JPEG, which nothing here decodes',
    );
  mustHaveFewScans(encoded);
  const isPart = image.isTiled === true && stream.rows <= image.rows && stream.columns <= image.columns;
  const { rows, columns } = isPart ? stream : image;
  mustMatch(stream, { ...image, rows, columns });
  const { colour: photometricInterpretation, becomesRgb } = decodedColour(stream, image);
  const { bytes } = decodeByWasm(
    'DecodeJpeg',
    encoded,
    {
      rows,
      columns,
      samplesPerPixel: image.samplesPerPixel,
      bitsAllocated: sampleBits(stream.precision),
      bitsStored: stream.precision,
      isSigned: image.isSigned,
    },
    becomesRgb,
  );
  const frame = decodedFrame(bytes, stream.precision, { ...image, rows, columns });
  return placed({ ...frame, photometricInterpretation }, image);
}

/**
 * Leniency: slide scanners cut the tiles at the edges of a slide short and say so in the stream only. Its lines stand at
 * the left and the top of the frame (PS3.3 C.7.6.3.1.4: pixels go from the upper left), the rest is black: so each pixel
 * lies where it does on the slide. In any other image a stream of another size may as well be one that was scaled: its
 * distances would be wrong, and so it is no picture of that image.
 */
function placed(part: DecodedFrame, { rows, columns }: ImagePixel): DecodedFrame {
  if (part.rows === rows && part.columns === columns) return part;
  const pixelBytes = (part.samplesPerPixel * part.bitsAllocated) / 8;
  const black = part.photometricInterpretation.startsWith('YBR') && pixelBytes === 3 ? [0, 128, 128] : [0];
  const bytes = Buffer.alloc(rows * columns * pixelBytes, Buffer.from(black));
  const line = part.columns * pixelBytes;
  for (let row = 0; row < part.rows; row++)
    part.bytes.copy(bytes, row * columns * pixelBytes, row * line, (row + 1) * line);
  return { ...part, rows, columns, bytes };
}

/** @throws CannotDecode where the stream is made to keep a decoder busy: a scan of nothing takes ten bytes */
function mustHaveFewScans(encoded: Buffer): void {
  let scans = 0;
  // Within the coded data 0xFF is followed by 0 (F.1.2.3), so that this finds markers.
  for (let at = encoded.indexOf(startOfScan); at >= 0; at = encoded.indexOf(startOfScan, at + 2)) scans++;
  if (scans > scansLimit) throw new CannotDecode(`${scans} scans in a JPEG stream, of at most ${scansLimit}`);
}
