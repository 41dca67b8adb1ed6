// Whether compression has taken something from an image (PS3.3 C.7.6.1.1.5), by what the file says and by the transfer syntax that the
// archive holds it in: devices forget to say it, and an image that was compressed once stays so in whatever syntax it comes.
import type { JsonDataset } from '../archive-client.ts';
import { numbers, string, strings } from './dicom-json.ts';

export interface Lossy {
  /** false: the transfer syntax allows it, and the file does not say */
  certain: boolean;
  method: string | undefined;
  /** of the last compression, to 1 */
  ratio: number | undefined;
}

type Loses = 'always' | 'maybe';

/** PS3.5 Section 8.2 and Annex A.4, by the end of the UID. The others lose nothing. */
const syntaxes: readonly (readonly [RegExp, Loses, string])[] = [
  [/^(5[0-6]|59|6[0-4])$/, 'always', 'JPEG'],
  [/^81$/, 'always', 'JPEG-LS'],
  [/^9[13]$/, 'maybe', 'JPEG 2000'],
  [/^203$/, 'maybe', 'HTJ2K'],
  [/^10[01](\.1)?$/, 'always', 'MPEG-2'],
  [/^10[2-6](\.1)?$/, 'always', 'H.264'],
  [/^10[78]$/, 'always', 'H.265'],
  [/^111$/, 'always', 'JPEG XL'], // a JPEG packed anew: what that has lost stays lost
  [/^112$/, 'maybe', 'JPEG XL'],
];

/** Lossy Image Compression Method (0028,2114), C.7.6.1.1.5.1. */
const methods: Readonly<Record<string, string>> = {
  ISO_10918_1: 'JPEG',
  ISO_14495_1: 'JPEG-LS',
  ISO_15444_1: 'JPEG 2000',
  ISO_15444_15: 'HTJ2K',
  ISO_18181_1: 'JPEG XL',
  ISO_13818_2: 'MPEG-2',
  ISO_14496_10: 'H.264',
  ISO_23008_2: 'H.265',
};

export function lossyOf(instance: JsonDataset): Lossy | undefined {
  const [, suffix = ''] = /^1\.2\.840\.10008\.1\.2\.4\.(.+)$/.exec(string(instance, '00083002') ?? '') ?? [];
  const [, loses, bySyntax] = syntaxes.find(([ends]) => ends.test(suffix)) ?? [];
  const said = string(instance, '00282110');
  const certain = said === '01' || loses === 'always';
  if (!certain && (loses === undefined || said === '00')) return undefined;
  const saidMethod = strings(instance, '00282114').at(-1)?.trim() ?? '';
  return {
    certain,
    method: (methods[saidMethod] ?? saidMethod) || bySyntax,
    ratio: numbers(instance, '00282112').at(-1),
  };
}
