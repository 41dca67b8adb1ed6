// An encapsulated document as it was before it was put into DICOM, where each value has an even length (PS3.5 6.2).
import type { JsonDataset } from '../archive-client.ts';
import { number, string } from '../viewport/dicom-json.ts';

/** MIME Type of Encapsulated Document (0042,0012): in text a NUL is no character; XML with one is refused by whoever reads strictly. */
const isOfText = (type: string) => /^(text\/|application\/xml|model\/(obj|mtl)$)/i.test(type);

/** Where every other byte may be a NUL, and the length is even by itself. */
const isOfPairs = (bytes: Uint8Array) => bytes.subarray(0, 4).includes(0);

/** Without the byte that pads it: by Encapsulated Document Length (0042,0015), which older ones do not have. */
export function unpadded(bytes: Uint8Array, instance: JsonDataset): Uint8Array {
  const lengthBytes = number(instance, '00420015');
  const isPadded =
    lengthBytes === undefined
      ? bytes.at(-1) === 0 && !isOfPairs(bytes) && isOfText(string(instance, '00420012') ?? '')
      : lengthBytes === bytes.length - 1;
  return isPadded ? bytes.subarray(0, -1) : bytes;
}
