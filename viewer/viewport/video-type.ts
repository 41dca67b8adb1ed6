// Which instances are videos: one stream for all of their frames, which no decoder of ours takes apart.
import type { JsonDataset } from '../archive-client.ts';
import { string } from './dicom-json.ts';

export type VideoType = 'video/mpeg' | 'video/mp4';

/** By the transfer syntax that the archive holds it in (PS3.5 A.4.5 to A.4.10), as the archive names its bulk data. */
export function videoTypeOf(instance: JsonDataset): VideoType | undefined {
  const [, ending] = /^1\.2\.840\.10008\.1\.2\.4\.(10[0-8])(\.1)?$/.exec(string(instance, '00083002') ?? '') ?? [];
  if (ending === undefined) return undefined;
  return ending < '102' ? 'video/mpeg' : 'video/mp4';
}

/** As many first bytes as tell what a stream is packed in. */
export const videoHeadBytes = 197;
const transportPacketBytes = 188;

/**
 * How a copy of it is named, so that a program for it opens it. DICOM does not say what a stream is packed in (PS3.5 8.2.5 to 8.2.9): what
 * it calls MPEG-4 comes in MP4, in a transport stream, or bare.
 * @param head  its first bytes, as far as they are known
 */
export function videoEnding(instance: JsonDataset, head: Uint8Array): string {
  const startsWith = (bytes: readonly number[], at = 0) => bytes.every((byte, place) => head[at + place] === byte);
  const isPacket = (at: number) => head[at] === 0x47 && head[at + transportPacketBytes] === 0x47;
  if (startsWith([0x66, 0x74, 0x79, 0x70], 4)) return 'mp4'; // ftyp (ISO/IEC 14496-12 4.3)
  if (isPacket(0)) return 'ts'; // sync bytes (ISO/IEC 13818-1 2.4.3.2)
  if (isPacket(4)) return 'm2ts'; // the same behind times of arrival
  if (startsWith([0, 0, 1, 0xba])) return 'mpg'; // a program stream (2.5.3.3)
  const isBare = startsWith([0, 0, 1]) || startsWith([0, 0, 0, 1]); // Annex B of H.264 and of H.265
  if (videoTypeOf(instance) === 'video/mpeg') return 'mpg';
  if (isBare) return /\.10[78]$/.test(string(instance, '00083002') ?? '') ? 'h265' : 'h264';
  return 'mp4';
}
