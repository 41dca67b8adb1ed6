// What a JPEG or JPEG-LS stream says of itself before its first scan (ISO/IEC 10918-1 Annex B, 14495-1 Annex C): the archive is asked for
// frames whose stream is not what its transfer syntax promises, since decoders here make something of it all the same.

export interface JpegHeader {
  /** of the frame: 0xc0 baseline, 0xc3 lossless, 0xf7 JPEG-LS */
  frame: number;
  /** how many colours the first scan brings: 1 where each comes by itself */
  scanComponents: number;
}

const startOfScan = 0xda;

/** @returns undefined when it does not get as far as a scan */
export function jpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  let frame: number | undefined;
  for (let at = 2; at + 4 < bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at += 1; // fill bytes
      continue;
    }
    if (marker === startOfScan) return frame === undefined ? undefined : { frame, scanComponents: bytes[at + 4]! };
    // SOF0 to SOF15 without DHT, JPG and DAC; SOF55 of JPEG-LS.
    if ((marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) || marker === 0xf7) frame = marker;
    at += 2 + bytes[at + 2]! * 256 + bytes[at + 3]!;
  }
  return undefined;
}
