/** What a transfer syntax says of the bytes (PS3.5 Section 10 and Annex A). */
import type { Uid } from '../data/uid.ts';
import type { DecodedFrame } from '../pixels/decoded-frame.ts';
import type { EncodedFrame } from '../pixels/encoded-frame.ts';
import type { ImagePixel } from '../pixels/image-pixel.ts';

export interface TransferSyntax {
  readonly uid: Uid;
  /** As PS3.6 Table A-1 spells it. */
  readonly name: string;
  /** Pixel Data is a sequence of fragments (PS3.5 A.4). */
  readonly encapsulated: boolean;
  /** The fragments together are one stream of all frames, which has no offset table (PS3.5 Section 8.2.5 on). */
  readonly isVideo: boolean;
  /** The pixels may differ from those that were compressed. */
  readonly lossy: boolean;
  readonly explicitVR: boolean;
  readonly bigEndian: boolean;
  /** The whole data set is one deflate stream (PS3.5 A.5). */
  readonly deflated: boolean;
  /** Of one frame as it stands, over HTTP (PS3.18 Section 8.7.3). */
  readonly mediaType: string;
  /**
   * Decodes one frame; undefined where it cannot be decoded here. Runs in a thread of its own: it may take long.
   * @param encoded  the frame as it is stored, fragments joined
   * @throws CannotDecode
   */
  readonly decodeFrame?: (encoded: Buffer, image: ImagePixel) => DecodedFrame | Promise<DecodedFrame>;
  /**
   * The same frame with width and height halved so many times, rounded up, where that takes less than decoding all of it.
   * @throws CannotDecode, also where this stream has no such resolution
   */
  readonly decodeReduced?: (encoded: Buffer, image: ImagePixel, halvings: number) => Promise<DecodedFrame>;
  /** How often a frame can be halved so, by its headers: 0 for not at all. @throws CannotDecode when those are damaged */
  readonly halvings?: (encoded: Buffer) => number;
  /** Why there is no `decodeFrame`. */
  readonly undecodable?: string;
  /**
   * Encodes one frame without loss, where we can. Runs in a thread of its own: it may take long.
   * @throws CannotEncode
   */
  readonly encodeFrame?: (frame: DecodedFrame) => EncodedFrame | Promise<EncodedFrame>;
}
