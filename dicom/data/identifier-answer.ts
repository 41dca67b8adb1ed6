/** What a C-FIND answers of a data set in memory: the attributes of the identifier, and nothing else (PS3.4 C.2.2.1.3). */
import { characterVRs, textValues } from './dataset.ts';
import type { Dataset, Element } from './dataset.ts';
import { defaultCharacterSet, encodeText, isDefaultRepertoire, parseSpecificCharacterSet } from './character-sets.ts';
import type { SpecificCharacterSet } from './character-sets.ts';
import { impliedVR } from './dictionary.ts';
import { encodeNearest } from './nearest-text.ts';
import { newElement } from './new-dataset.ts';

const specificCharacterSet = 0x00080005;
const utf8: SpecificCharacterSet = ['ISO_IR 192'];

/** Of a sequence the items as a whole where the key has none, else the attributes of its item. What is not there is empty. */
export function selected(identifier: Dataset, found: Dataset): Dataset {
  const elements = new Map<number, Element>();
  for (const { tag, vr, items } of identifier.elements.values()) {
    if (tag === specificCharacterSet || (tag & 0xffff) === 0) continue;
    const element = found.elements.get(tag);
    const [item] = items ?? [];
    if (!element) {
      const known = vr === 'UN' ? impliedVR(tag) : vr;
      elements.set(tag, { tag, vr: known, bytes: undefined, items: items ? [] : undefined, length: 0 });
    } else if (element.items && item && item.elements.size > 0)
      elements.set(tag, { ...element, items: element.items.map((each) => selected(item, each)) });
    else elements.set(tag, element);
  }
  return { ...found, elements };
}

/** How text is written for one peer. */
export interface Writing {
  /** Specific Character Set of its request: used where it has all the letters. */
  readonly wanted: SpecificCharacterSet;
  /** The only one that it is known to read otherwise. Without one, UTF-8. */
  readonly known?: SpecificCharacterSet;
}

/** @param known Specific Character Set that a device is registered with, if any; ISO 2022 IR 6 is the default repertoire */
export function writingFor(wanted: SpecificCharacterSet, known: string | undefined): Writing {
  if (known === undefined) return { wanted };
  return { wanted, known: known === 'ISO 2022 IR 6' ? defaultCharacterSet : parseSpecificCharacterSet(known) };
}

/**
 * What `write` makes of a text in the first character set that will do: the default repertoire where that is enough, the wanted one
 * where it has all the letters, else the one that the peer is known to read, with what comes nearest, else UTF-8.
 * @param write gives undefined where `encode` did
 */
export function written<T>(
  { wanted, known }: Writing,
  isDefault: boolean,
  write: (characterSet: SpecificCharacterSet, encode: typeof encodeText) => T | undefined,
): T {
  const exact = write(isDefault ? defaultCharacterSet : wanted, encodeText);
  return exact ?? (known ? write(known, encodeNearest) : write(utf8, encodeText))!;
}

/** A data set in the character set for a peer. Its Specific Character Set says which. */
export function inCharacterSet(dataset: Dataset, writing: Writing): Dataset {
  const recodedFor = written(writing, isAllDefault(dataset), (...to) => recoded(dataset, ...to));
  if (recodedFor.characterSet === defaultCharacterSet) return recodedFor;
  const says = newElement(specificCharacterSet, 'CS', Buffer.from(recodedFor.characterSet.join('\\')));
  return { ...recodedFor, elements: new Map([...recodedFor.elements, [specificCharacterSet, says]]) };
}

function isAllDefault(dataset: Dataset): boolean {
  return [...dataset.elements.values()].every(({ tag, vr, items }) =>
    items ? items.every(isAllDefault) : !characterVRs.has(vr) || textValues(dataset, tag).every(isDefaultRepertoire),
  );
}

/** @returns undefined when some text cannot be written in it */
function recoded(dataset: Dataset, characterSet: SpecificCharacterSet, encode: typeof encodeText): Dataset | undefined {
  const elements = new Map<number, Element>();
  for (const element of dataset.elements.values()) {
    const { tag, vr, items } = element;
    if (items) {
      const written = items.map((item) => recoded(item, characterSet, encode));
      if (written.includes(undefined)) return undefined;
      elements.set(tag, { ...element, items: written as Dataset[] });
    } else if (characterVRs.has(vr)) {
      const bytes = encode(textValues(dataset, tag).join('\\'), characterSet);
      if (!bytes) return undefined;
      elements.set(tag, { ...element, bytes, length: bytes.length });
    } else elements.set(tag, element);
  }
  return { elements, characterSet, bigEndian: dataset.bigEndian };
}
