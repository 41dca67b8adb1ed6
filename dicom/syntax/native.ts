/** The transfer syntaxes whose pixels are not compressed (PS3.5 A.1 to A.3, A.5), and what the others share with them. */
import { uid } from '../data/uid.ts';
import { decodeNative } from '../pixels/native-frame.ts';
import type { TransferSyntax } from './transfer-syntax.ts';

/** @param suffix  of its UID, behind that of Implicit VR Little Endian */
export function native(suffix: string, name: string, differs: Partial<TransferSyntax> = {}): TransferSyntax {
  return {
    uid: uid(`1.2.840.10008.1.2${suffix}`),
    name,
    encapsulated: false,
    isVideo: false,
    lossy: false,
    explicitVR: true,
    bigEndian: false,
    deflated: false,
    mediaType: 'application/octet-stream',
    decodeFrame: decodeNative,
    ...differs,
  };
}

export const implicitLittleEndian = native('', 'Implicit VR Little Endian', { explicitVR: false });
export const explicitLittleEndian = native('.1', 'Explicit VR Little Endian');
export const deflatedExplicitLittleEndian = native('.1.99', 'Deflated Explicit VR Little Endian', { deflated: true });
export const explicitBigEndian = native('.2', 'Explicit VR Big Endian (Retired)', { bigEndian: true });
