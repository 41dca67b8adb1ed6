/**
 * What the headers of a JPEG or JPEG-LS stream say (ISO/IEC 10918-1 Annex B, 14495-1 Annex C), before a decoder is let
 * loose on it: it must be the image that its data set describes, in a process that a decoder exists for. The viewer reads
 * them too, so there is nothing of Node here.
 */
import { CannotDecode } from '../pixels/decoded-frame.ts';
import type { ImagePixel } from '../pixels/image-pixel.ts';

export interface JpegStream {
  /** The start-of-frame marker's second byte (Table B.1): which process. */
  readonly process: number;
  readonly precision: number;
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  /** The first component is sampled more often than others: only colour that is not RGB is. */
  readonly subsampled: boolean;
  /** An application segment of JFIF, which is always YCbCr. */
  readonly jfif: boolean;
  /** Adobe's colour transform (APP14): 0 none, 1 YCbCr. */
  readonly adobeTransform: number | undefined;
}

export const jpegLSFrame = 0xf7;
/** SOF₃: the last process that is neither hierarchical nor arithmetic (ISO/IEC 10918-1 Table B.1). */
export const losslessFrame = 0xc3;

/** Other start-of-frame markers with their processes; DHT, JPG and DAC stand among them (Table B.1). */
const isFrameMarker = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** @throws CannotDecode when there is no frame header before the first scan */
export function readJpegStream(bytes: Uint8Array): JpegStream {
  if (bytes.length < 4 || bytes[0] !== 0xff || bytes[1] !== 0xd8) throw new CannotDecode('not a JPEG stream: no SOI');
  let jfif = false;
  let adobeTransform: number | undefined;
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) throw new CannotDecode(`the JPEG stream has no marker at byte ${at}`);
    const marker = bytes[at + 1] as number;
    // Fill bytes before a marker (B.1.1.2).
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = shortAt(bytes, at + 2);
    const segment = bytes.subarray(at + 4, at + 2 + length);
    if (marker === 0xe0 && begins(segment, 'JFIF\0')) jfif = true;
    if (marker === 0xee && segment.length >= 12 && begins(segment, 'Adobe')) adobeTransform = segment[11];
    if (marker === jpegLSFrame || isFrameMarker(marker))
      return { ...frameHeader(marker, segment), jfif, adobeTransform };
    if (marker === 0xda || marker === 0xd9) break;
    at += 2 + length;
  }
  throw new CannotDecode('the JPEG stream has no frame header');
}

/** Frame header (B.2.2). */
function frameHeader(process: number, segment: Uint8Array): Omit<JpegStream, 'jfif' | 'adobeTransform'> {
  const components = segment[5] ?? 0;
  if (segment.length < 6 + 3 * components || components === 0)
    throw new CannotDecode('the frame header of the JPEG stream is damaged');
  const sampling = Array.from({ length: components }, (_, i) => segment[7 + 3 * i]);
  return {
    process,
    precision: segment[0] as number,
    rows: shortAt(segment, 1),
    columns: shortAt(segment, 3),
    components,
    subsampled: sampling.some((each) => each !== sampling[0]),
  };
}

const shortAt = (bytes: Uint8Array, at: number): number => (bytes[at] as number) * 256 + (bytes[at + 1] as number);

const begins = (segment: Uint8Array, text: string): boolean =>
  [...text].every((letter, at) => segment[at] === letter.charCodeAt(0));

type Colour = Pick<ImagePixel, 'photometricInterpretation' | 'samplesPerPixel'>;

/**
 * Which colour the components are. Leniency: where the stream itself says so (Adobe's and JFIF's segments, shared
 * colour), it is believed before a data set that says RGB over YCbCr, or the reverse.
 */
function componentColour(stream: JpegStream, { photometricInterpretation, samplesPerPixel }: Colour): string {
  if (samplesPerPixel !== 3) return photometricInterpretation;
  const isLossless = stream.process === losslessFrame;
  if (stream.adobeTransform === 0) return 'RGB';
  if (stream.adobeTransform === 1 && !isLossless) return 'YBR_FULL';
  if (photometricInterpretation === 'RGB' && !isLossless && (stream.jfif || stream.subsampled)) return 'YBR_FULL';
  // Shared colour has been given to each pixel.
  return /^YBR_(FULL|PARTIAL)_4/.test(photometricInterpretation)
    ? photometricInterpretation.replace(/_4\d\d$/, '')
    : photometricInterpretation;
}

/**
 * What a JPEG stream's samples are once decoded: YBR becomes RGB, as every toolkit gives it out. Where the data set says
 * RGB they stay as they are, and this says what they are in truth. The lossless processes know no colour transformation.
 */
export function decodedColour(stream: JpegStream, image: Colour): { colour: string; becomesRgb: boolean } {
  const colour = componentColour(stream, image);
  const becomesRgb =
    colour.startsWith('YBR') && image.photometricInterpretation !== 'RGB' && stream.process !== losslessFrame;
  return { colour: becomesRgb ? 'RGB' : colour, becomesRgb };
}
