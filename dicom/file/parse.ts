/**
 * A data set in memory, from its bytes: everything but bulk. Values longer than a limit and Pixel Data are noted by their
 * length only, so the memory it takes is bounded whatever the bytes say.
 */
import { defaultCharacterSet } from '../data/character-sets.ts';
import type { SpecificCharacterSet } from '../data/character-sets.ts';
import type { Dataset } from '../data/dataset.ts';
import { DatasetBuilder } from './dataset-builder.ts';
import type { ParseLimits } from './dataset-builder.ts';
import { DatasetInflater } from './dataset-inflater.ts';
import { DatasetScanner } from './dataset-scanner.ts';
import type { Encoding } from './element-header.ts';
import { endOfTurn } from './turn.ts';

/** What is parsed in one go: a millisecond of work where elements are small, of which a head may have a million. */
const biteBytes = 4 * 1024;

export type { ParseLimits } from './dataset-builder.ts';

/**
 * @param pieces  the data set from its first byte; it may stop before Pixel Data's value; each is read before the next
 *                is asked for, and nothing of it is kept
 * @throws BadDataset
 */
export async function parseDataset(
  pieces: AsyncIterable<Uint8Array>,
  encoding: Encoding & { readonly deflated: boolean },
  limits: ParseLimits & { readonly inflatedBytes: number },
  characterSet: SpecificCharacterSet = defaultCharacterSet,
): Promise<Dataset> {
  const { builder, scanner } = parser(encoding, limits, characterSet);
  if (encoding.deflated) {
    const inflater = new DatasetInflater((piece) => scanner.write(piece), limits.inflatedBytes);
    try {
      for await (const piece of pieces) await inflater.write(piece);
      await inflater.end();
    } finally {
      inflater.destroy();
    }
  } else {
    for await (const piece of pieces) {
      for (let at = 0; at < piece.length; at += biteBytes) {
        if (at > 0) await endOfTurn();
        scanner.write(piece.subarray(at, at + biteBytes));
      }
    }
  }
  return builder.finish(scanner.encoding.bigEndian);
}

/** The same of a data set that lies in memory, whole, in turns of the loop. @throws BadDataset, also when it ends in the middle of something */
export async function parseWholeInTurns(
  bytes: Uint8Array,
  encoding: Encoding,
  limits: ParseLimits,
  characterSet: SpecificCharacterSet = defaultCharacterSet,
): Promise<Dataset> {
  const { builder, scanner } = parser(encoding, limits, characterSet);
  for (let at = 0; at < bytes.length; at += biteBytes) {
    if (at > 0) await endOfTurn();
    scanner.write(bytes.subarray(at, at + biteBytes));
  }
  scanner.end();
  return builder.finish(scanner.encoding.bigEndian);
}

/** The same at once. @throws BadDataset */
export function parseWhole(
  bytes: Uint8Array,
  encoding: Encoding,
  limits: ParseLimits,
  characterSet: SpecificCharacterSet = defaultCharacterSet,
): Dataset {
  const { builder, scanner } = parser(encoding, limits, characterSet);
  scanner.write(bytes);
  scanner.end();
  return builder.finish(scanner.encoding.bigEndian);
}

function parser(encoding: Encoding, limits: ParseLimits, characterSet: SpecificCharacterSet) {
  const builder = new DatasetBuilder(limits, characterSet);
  const collectedBytes = Math.max(limits.attributeValueBytes, limits.pixelDataBytes ?? 0);
  return { builder, scanner: new DatasetScanner(encoding, builder, { ...limits, collectedBytes }) };
}
