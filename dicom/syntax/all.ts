/**
 * The transfer syntaxes we know (PS3.6 Table A-1). Not here: SMPTE ST 2110 (live video), private ones, and what is younger than
 * this release: whatever comes in one of those is kept all the same.
 */
import { type Uid, uid } from '../data/uid.ts';
import { decodeNative } from '../pixels/native-frame.ts';
import { decodeDeflatedFrame } from './deflated-frame.ts';
import { decodeJpeg2000, decodeReducedJpeg2000, halvingsOfJpeg2000 } from './jpeg-2000.ts';
import { decodeJpegLS } from './jpeg-ls.ts';
import { decodeJpegXL } from './jpeg-xl.ts';
import { decodeJpeg } from './jpeg.ts';
import {
  deflatedExplicitLittleEndian,
  explicitBigEndian,
  explicitLittleEndian,
  implicitLittleEndian,
  native,
} from './native.ts';
import { encodeRle } from './rle-encoder.ts';
import { decodeRle } from './rle-lossless.ts';
import type { TransferSyntax } from './transfer-syntax.ts';
import { encodeHtJpeg2000, encodeJpeg2000, encodeJpegLossless, encodeJpegLS } from './wasm-encoding.ts';

type Decoder = NonNullable<TransferSyntax['decodeFrame']>;

/** Why a frame of these cannot be decoded here. */
const arithmetic = 'no decoder here for JPEG with arithmetic coding';
const hierarchical = 'no decoder here for hierarchical JPEG';
const video = 'video is not decoded here';

/**
 * Encapsulated syntaxes are all Explicit VR Little Endian (PS3.5 A.4).
 * @param decoder      or why there is none
 * @param encodeFrame  of lossless ones
 */
function encapsulated(
  suffix: string,
  name: string,
  kind: 'lossless' | 'lossy',
  mediaType: string,
  decoder: Decoder | string,
  encodeFrame?: TransferSyntax['encodeFrame'],
): TransferSyntax {
  const { decodeFrame: _, ...syntax } = native(suffix, name, {
    encapsulated: true,
    isVideo: mediaType.startsWith('video/'),
    lossy: kind === 'lossy',
    mediaType,
  });
  return {
    ...syntax,
    ...(typeof decoder === 'string' ? { undecodable: decoder } : { decodeFrame: decoder }),
    ...(encodeFrame && { encodeFrame }),
  };
}

/** With several resolutions in one stream. */
function jpeg2000(
  suffix: string,
  name: string,
  kind: 'lossless' | 'lossy',
  mediaType: string,
  encodeFrame?: TransferSyntax['encodeFrame'],
): TransferSyntax {
  const syntax = encapsulated(suffix, name, kind, mediaType, decodeJpeg2000, encodeFrame);
  return { ...syntax, decodeReduced: decodeReducedJpeg2000, halvings: halvingsOfJpeg2000 };
}

/** A data set without Pixel Data: it names a provider of its pixels (PS3.5 A.6 and A.7), whom we do not ask. */
function referenced(suffix: string, name: string, deflated: boolean): TransferSyntax {
  const { decodeFrame: _, ...syntax } = native(suffix, name, { deflated });
  return { ...syntax, undecodable: 'the pixels stay with their provider (JPIP)' };
}

const list: readonly TransferSyntax[] = [
  implicitLittleEndian,
  explicitLittleEndian,
  deflatedExplicitLittleEndian,
  explicitBigEndian,
  encapsulated(
    '.1.98',
    'Encapsulated Uncompressed Explicit VR Little Endian',
    'lossless',
    'application/octet-stream',
    decodeNative,
  ),
  encapsulated('.4.50', 'JPEG Baseline (Process 1)', 'lossy', 'image/jpeg', decodeJpeg),
  encapsulated('.4.51', 'JPEG Extended (Process 2 & 4)', 'lossy', 'image/jpeg', decodeJpeg),
  encapsulated('.4.52', 'JPEG Extended (Process 3 & 5) (Retired)', 'lossy', 'image/jpeg', arithmetic),
  encapsulated(
    '.4.53',
    'JPEG Spectral Selection, Non-Hierarchical (Process 6 & 8) (Retired)',
    'lossy',
    'image/jpeg',
    decodeJpeg,
  ),
  encapsulated(
    '.4.54',
    'JPEG Spectral Selection, Non-Hierarchical (Process 7 & 9) (Retired)',
    'lossy',
    'image/jpeg',
    arithmetic,
  ),
  encapsulated(
    '.4.55',
    'JPEG Full Progression, Non-Hierarchical (Process 10 & 12) (Retired)',
    'lossy',
    'image/jpeg',
    decodeJpeg,
  ),
  encapsulated(
    '.4.56',
    'JPEG Full Progression, Non-Hierarchical (Process 11 & 13) (Retired)',
    'lossy',
    'image/jpeg',
    arithmetic,
  ),
  encapsulated(
    '.4.57',
    'JPEG Lossless, Non-Hierarchical (Process 14)',
    'lossless',
    'image/jpeg',
    decodeJpeg,
    encodeJpegLossless,
  ),
  encapsulated('.4.58', 'JPEG Lossless, Non-Hierarchical (Process 15) (Retired)', 'lossless', 'image/jpeg', arithmetic),
  encapsulated('.4.59', 'JPEG Extended, Hierarchical (Process 16 & 18) (Retired)', 'lossy', 'image/jpeg', hierarchical),
  encapsulated('.4.60', 'JPEG Extended, Hierarchical (Process 17 & 19) (Retired)', 'lossy', 'image/jpeg', hierarchical),
  encapsulated(
    '.4.61',
    'JPEG Spectral Selection, Hierarchical (Process 20 & 22) (Retired)',
    'lossy',
    'image/jpeg',
    hierarchical,
  ),
  encapsulated(
    '.4.62',
    'JPEG Spectral Selection, Hierarchical (Process 21 & 23) (Retired)',
    'lossy',
    'image/jpeg',
    hierarchical,
  ),
  encapsulated(
    '.4.63',
    'JPEG Full Progression, Hierarchical (Process 24 & 26) (Retired)',
    'lossy',
    'image/jpeg',
    hierarchical,
  ),
  encapsulated(
    '.4.64',
    'JPEG Full Progression, Hierarchical (Process 25 & 27) (Retired)',
    'lossy',
    'image/jpeg',
    hierarchical,
  ),
  encapsulated('.4.65', 'JPEG Lossless, Hierarchical (Process 28) (Retired)', 'lossless', 'image/jpeg', hierarchical),
  encapsulated('.4.66', 'JPEG Lossless, Hierarchical (Process 29) (Retired)', 'lossless', 'image/jpeg', hierarchical),
  encapsulated(
    '.4.70',
    'JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14 [Selection Value 1])',
    'lossless',
    'image/jpeg',
    decodeJpeg,
    encodeJpegLossless,
  ),
  encapsulated('.4.80', 'JPEG-LS Lossless Image Compression', 'lossless', 'image/jls', decodeJpegLS, encodeJpegLS),
  encapsulated('.4.81', 'JPEG-LS Lossy (Near-Lossless) Image Compression', 'lossy', 'image/jls', decodeJpegLS),
  jpeg2000('.4.90', 'JPEG 2000 Image Compression (Lossless Only)', 'lossless', 'image/jp2', encodeJpeg2000),
  jpeg2000('.4.91', 'JPEG 2000 Image Compression', 'lossy', 'image/jp2'),
  jpeg2000('.4.92', 'JPEG 2000 Part 2 Multi-component Image Compression (Lossless Only)', 'lossless', 'image/jpx'),
  jpeg2000('.4.93', 'JPEG 2000 Part 2 Multi-component Image Compression', 'lossy', 'image/jpx'),
  referenced('.4.94', 'JPIP Referenced', false),
  referenced('.4.95', 'JPIP Referenced Deflate', true),
  encapsulated('.4.100', 'MPEG2 Main Profile / Main Level', 'lossy', 'video/mpeg', video),
  encapsulated('.4.100.1', 'Fragmentable MPEG2 Main Profile / Main Level', 'lossy', 'video/mpeg', video),
  encapsulated('.4.101', 'MPEG2 Main Profile / High Level', 'lossy', 'video/mpeg', video),
  encapsulated('.4.101.1', 'Fragmentable MPEG2 Main Profile / High Level', 'lossy', 'video/mpeg', video),
  encapsulated('.4.102', 'MPEG-4 AVC/H.264 High Profile / Level 4.1', 'lossy', 'video/mp4', video),
  encapsulated('.4.102.1', 'Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1', 'lossy', 'video/mp4', video),
  encapsulated('.4.103', 'MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1', 'lossy', 'video/mp4', video),
  encapsulated(
    '.4.103.1',
    'Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1',
    'lossy',
    'video/mp4',
    video,
  ),
  encapsulated('.4.104', 'MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video', 'lossy', 'video/mp4', video),
  encapsulated(
    '.4.104.1',
    'Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video',
    'lossy',
    'video/mp4',
    video,
  ),
  encapsulated('.4.105', 'MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video', 'lossy', 'video/mp4', video),
  encapsulated(
    '.4.105.1',
    'Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video',
    'lossy',
    'video/mp4',
    video,
  ),
  encapsulated('.4.106', 'MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2', 'lossy', 'video/mp4', video),
  encapsulated(
    '.4.106.1',
    'Fragmentable MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2',
    'lossy',
    'video/mp4',
    video,
  ),
  encapsulated('.4.107', 'HEVC/H.265 Main Profile / Level 5.1', 'lossy', 'video/mp4', video),
  encapsulated('.4.108', 'HEVC/H.265 Main 10 Profile / Level 5.1', 'lossy', 'video/mp4', video),
  encapsulated('.4.110', 'JPEG XL Lossless', 'lossless', 'image/jxl', decodeJpegXL),
  encapsulated('.4.111', 'JPEG XL JPEG Recompression', 'lossy', 'image/jxl', decodeJpegXL),
  encapsulated('.4.112', 'JPEG XL', 'lossy', 'image/jxl', decodeJpegXL),
  encapsulated(
    '.4.201',
    'High-Throughput JPEG 2000 Image Compression (Lossless Only)',
    'lossless',
    'image/jphc',
    decodeJpeg2000,
    encodeHtJpeg2000,
  ),
  encapsulated(
    '.4.202',
    'High-Throughput JPEG 2000 with RPCL Options Image Compression (Lossless Only)',
    'lossless',
    'image/jphc',
    decodeJpeg2000,
  ),
  encapsulated('.4.203', 'High-Throughput JPEG 2000 Image Compression', 'lossy', 'image/jphc', decodeJpeg2000),
  referenced('.4.204', 'JPIP HTJ2K Referenced', false),
  referenced('.4.205', 'JPIP HTJ2K Referenced Deflate', true),
  encapsulated('.5', 'RLE Lossless', 'lossless', 'image/dicom-rle', decodeRle, encodeRle),
  encapsulated('.8.1', 'Deflated Image Frame Compression', 'lossless', 'application/x-deflate', decodeDeflatedFrame),
];

/** What is proposed for data sets without pixels: the one that says its VRs, and the one that everybody takes (PS3.5 10.1). */
export const plainSyntaxes: readonly Uid[] = [explicitLittleEndian.uid, implicitLittleEndian.uid];

export const transferSyntaxes: ReadonlyMap<string, TransferSyntax> = new Map(list.map((each) => [each.uid, each]));

/**
 * The syntax of what is stored, one that we do not know too. Its elements are read as Explicit VR Little Endian, as those of every
 * syntax of the standard since the first (PS3.5 10.1, A.4), or as what they are seen to be; its pixels only its maker understands.
 *
 * @throws TypeError when it is no UID
 */
export function transferSyntaxOf(stored: string): TransferSyntax {
  const { decodeFrame: _, ...elements } = explicitLittleEndian;
  return (
    transferSyntaxes.get(stored) ?? {
      ...elements,
      uid: uid(stored),
      name: stored,
      encapsulated: true,
      lossy: true,
      undecodable: 'the transfer syntax is not known here',
    }
  );
}

/** Those that we can encode: first what costs least and holds every cell, then what receivers know best. */
export const losslessEncodings: readonly TransferSyntax[] = ['.5', '.4.80', '.4.70', '.4.57', '.4.90', '.4.201'].map(
  (suffix) => transferSyntaxOf(`1.2.840.10008.1.2${suffix}`),
);
