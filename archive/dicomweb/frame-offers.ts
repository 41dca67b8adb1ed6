/** The media types in which the frames of an instance can be given (PS3.18 Section 8.7.3.3). */
import { explicitLittleEndian } from '#dicom/syntax/native.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import type { Offer } from '#dicom/web/media-types.ts';
import type { RetrievedInstance } from '../retrieve.ts';
import { canBeDecoded, compressible } from '../transcoded.ts';

const octets = 'application/octet-stream';

export interface FrameOffer extends Offer {
  /** The syntax of what is sent. */
  readonly syntax: TransferSyntax;
  /** It is made for the answer: there may be no thread free for it, or pixels that it cannot hold. */
  readonly isCompressedNow?: true;
}

/** Names that other toolkits have for the media types of Table 8.7.3-5. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  'image/jls': ['image/x-jls'],
  'image/jphc': ['image/jph'],
  'image/dicom-rle': ['image/x-dicom-rle'],
  'image/jp2': ['image/j2c', 'image/jpx'],
};

/** Of the syntaxes that we compress into, those that Table 8.7.3-5 has as the default of their media type. */
const defaults = new Set(['.5', '.4.70', '.4.80', '.4.90'].map((suffix): string => `1.2.840.10008.1.2${suffix}`));

/** Made once for each stored syntax: frames are asked for by the hundred. */
const known = new Map<TransferSyntax, readonly FrameOffer[]>();

/** In the order of our preference. All frames of a syntax are offered alike, but for those that nothing compresses. */
export function frameOffers(instance: RetrievedInstance): readonly FrameOffer[] {
  const { syntax } = instance;
  const into = compressible(instance);
  if (into.length === 0) return uncompressedOrStored(syntax, canBeDecoded(instance));
  let offers = known.get(syntax);
  if (!offers) known.set(syntax, (offers = [...uncompressedOrStored(syntax, true), ...into.flatMap(compressed)]));
  return offers;
}

/**
 * Uncompressed in little endian, which is the default (Table 8.7.3-5); as stored by its own media type; as stored as octets,
 * for who named the transfer syntax.
 */
function uncompressedOrStored(syntax: TransferSyntax, isDecodable: boolean): FrameOffer[] {
  const explicit = explicitLittleEndian;
  if (!syntax.encapsulated) {
    // Pixels of every native syntax go out alike.
    return [{ type: octets, answers: ['', '*', explicit.uid, syntax.uid], syntax: explicit }];
  }
  const offers: FrameOffer[] = [];
  if (isDecodable) offers.push({ type: octets, answers: ['', explicit.uid], syntax: explicit });
  if (syntax.mediaType !== octets)
    for (const type of namesOf(syntax)) offers.push({ type, answers: ['', '*', syntax.uid], syntax });
  offers.push({ type: octets, answers: ['*', syntax.uid], syntax, toAnybody: true });
  return offers;
}

function compressed(syntax: TransferSyntax): FrameOffer[] {
  const answers = defaults.has(syntax.uid) ? ['', syntax.uid] : [syntax.uid];
  const made = { syntax, isCompressedNow: true } as const;
  return [
    ...namesOf(syntax).map((type) => ({ type, answers, ...made })),
    { type: octets, answers: [syntax.uid], ...made },
  ];
}

function namesOf({ mediaType }: TransferSyntax): string[] {
  return [mediaType, ...(otherNames[mediaType] ?? [])];
}
