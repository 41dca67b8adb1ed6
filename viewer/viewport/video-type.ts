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
