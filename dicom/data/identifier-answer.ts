/** What a C-FIND answers of a data set in memory: the attributes of the identifier, and nothing else (PS3.4 C.2.2.1.3). */
import { characterVRs, textValues } from '#dicom/data/dataset.ts';
import type { Dataset, Element } from '#dicom/data/dataset.ts';
import { defaultCharacterSet, encodeText } from '#dicom/data/character-sets.ts';
import type { SpecificCharacterSet } from '#dicom/data/character-sets.ts';
import { impliedVR } from '#dicom/data/dictionary.ts';

const specificCharacterSet = 0x00080005;
const utf8: SpecificCharacterSet = ['ISO_IR 192'];
// oxlint-disable-next-line no-control-regex -- the default repertoire has control characters
const isDefaultRepertoire = /^[\x00-\x7e]*$/;

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

/**
 * A data set in another character set: in the default repertoire where its text fits into that, else in the wanted one,
 * else in UTF-8. Its Specific Character Set says which.
 */
export function inCharacterSet(dataset: Dataset, wanted: SpecificCharacterSet): Dataset {
  const used = isAllDefault(dataset) ? defaultCharacterSet : wanted;
  const written = recoded(dataset, used) ?? (recoded(dataset, utf8) as Dataset);
  if (written.characterSet === defaultCharacterSet) return written;
  const bytes = Buffer.from(written.characterSet.join('\\'));
  const says: Element = { tag: specificCharacterSet, vr: 'CS', bytes, items: undefined, length: bytes.length };
  return { ...written, elements: new Map([...written.elements, [specificCharacterSet, says]]) };
}

function isAllDefault(dataset: Dataset): boolean {
  return [...dataset.elements.values()].every(({ tag, vr, items }) =>
    items
      ? items.every(isAllDefault)
      : !characterVRs.has(vr) || textValues(dataset, tag).every((value) => isDefaultRepertoire.test(value)),
  );
}

/** @returns undefined when some text cannot be written in it */
function recoded(dataset: Dataset, characterSet: SpecificCharacterSet): Dataset | undefined {
  const elements = new Map<number, Element>();
  for (const element of dataset.elements.values()) {
    const { tag, vr, items } = element;
    if (items) {
      const written = items.map((item) => recoded(item, characterSet));
      if (written.includes(undefined)) return undefined;
      elements.set(tag, { ...element, items: written as Dataset[] });
    } else if (characterVRs.has(vr)) {
      const bytes = encodeText(textValues(dataset, tag).join('\\'), characterSet);
      if (!bytes) return undefined;
      elements.set(tag, { ...element, bytes, length: bytes.length });
    } else elements.set(tag, element);
  }
  return { elements, characterSet, bigEndian: dataset.bigEndian };
}
