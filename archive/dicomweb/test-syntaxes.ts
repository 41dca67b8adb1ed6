/** For tests of DICOMweb: one study with an instance in each of several syntaxes. */
import { parseWhole } from '#dicom/file/parse.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { limits } from '#settings/limits.ts';
import { explicit, smallInstance } from '#tests/dataset-bytes.ts';
import type { TestDicomweb } from './test-dicomweb.ts';

export const explicitLE = '1.2.840.10008.1.2.1';
export const implicitLE = '1.2.840.10008.1.2';
export const explicitBE = '1.2.840.10008.1.2.2';
export const video = '1.2.840.10008.1.2.4.102';
export const rle = '1.2.840.10008.1.2.5';
const little = { explicitVR: true, bigEndian: false };

/** A data set in Explicit VR Little Endian, its pixels too. */
export const whole = (bytes: Buffer) => parseWhole(bytes, little, { ...limits.dataset, pixelDataBytes: 1 << 24 });

export const study = '/studies/1.5';
/** By its number: in Explicit VR Little Endian, in Implicit VR, in big endian, and the film. */
export const instance = (number: number): string => `${study}/series/1.5.1/instances/1.5.1.${number}`;

export const nativeInstance = (number: number) =>
  smallInstance({ study: '1.5', series: '1.5.1', instance: `1.5.1.${number}` });
/** One fragment that is called a video. */
export const film = Buffer.concat([
  nativeInstance(4).subarray(0, -(256 + 12)),
  explicit(0x7fe00010, 'OB', Buffer.alloc(0), 0xffffffff),
  Buffer.from(`feff00e000000000feff00e0040000000${'1'.repeat(7)}feffdde000000000`, 'hex'),
]);

/** @returns the status of the answer */
export function storeInSyntaxes(dicomweb: TestDicomweb): Promise<number> {
  const inSyntax = (number: number, encoding: typeof little) =>
    serializeDataset(whole(nativeInstance(number)), encoding);
  return dicomweb.stow(
    nativeInstance(1),
    [inSyntax(2, { explicitVR: false, bigEndian: false }), implicitLE],
    [inSyntax(3, { explicitVR: true, bigEndian: true }), explicitBE],
    [film, video],
  );
}
