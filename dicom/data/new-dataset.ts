/** Elements and data sets that we make ourselves, in Little Endian. */
import { defaultCharacterSet } from './character-sets.ts';
import type { Dataset, Element } from './dataset.ts';

/** @param bytes  the value, without the pad byte that an odd one gets when it is written */
export function newElement(tag: number, vr: string, bytes: Buffer): Element {
  return { tag, vr, bytes, items: undefined, length: bytes.length };
}

export function newSequence(tag: number, items: readonly Dataset[]): Element {
  return { tag, vr: 'SQ', bytes: undefined, items, length: -1 };
}

/** Its text is in the default repertoire. */
export function newDataset(elements: readonly Element[]): Dataset {
  const byTag = new Map(elements.map((each) => [each.tag, each]));
  return { elements: byTag, characterSet: defaultCharacterSet, bigEndian: false };
}
