/**
 * What the headers of a JPEG or JPEG-LS stream say (ISO/IEC 10918-1 Annex B, 14495-1 Annex C), before a decoder is let
 * loose on it: it must be the image that its data set describes, in a process that a decoder exists for.
 */
import { CannotDecode } from '#dicom/pixels/decoded-frame.ts';

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

/** Other start-of-frame markers with their processes; DHT, JPG and DAC stand among them (Table B.1). */
const isFrameMarker = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** @throws CannotDecode when there is no frame header before the first scan */
export function readJpegStream(bytes: Buffer): JpegStream {
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
    const length = bytes.readUInt16BE(at + 2);
    const segment = bytes.subarray(at + 4, at + 2 + length);
    if (marker === 0xe0 && segment.toString('latin1', 0, 5) === 'JFIF\0') jfif = true;
    if (marker === 0xee && segment.length >= 12 && segment.toString('latin1', 0, 5) === 'Adobe')
      adobeTransform = segment[11];
    if (marker === jpegLSFrame || isFrameMarker(marker))
      return { ...frameHeader(marker, segment), jfif, adobeTransform };
    if (marker === 0xda || marker === 0xd9) break;
    at += 2 + length;
  }
  throw new CannotDecode('the JPEG stream has no frame header');
}

/** Frame header (B.2.2). */
function frameHeader(process: number, segment: Buffer): Omit<JpegStream, 'jfif' | 'adobeTransform'> {
  const components = segment[5] ?? 0;
  if (segment.length < 6 + 3 * components || components === 0)
    throw new CannotDecode('the frame header of the JPEG stream is damaged');
  const sampling = Array.from({ length: components }, (_, i) => segment[7 + 3 * i]);
  return {
    process,
    precision: segment[0] as number,
    rows: segment.readUInt16BE(1),
    columns: segment.readUInt16BE(3),
    components,
    subsampled: sampling.some((each) => each !== sampling[0]),
  };
}
