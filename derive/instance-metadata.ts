/**
 * The metadata of one instance as text (PS3.18 Section 10.4.1.1.3): everything but bulk, which is behind addresses of
 * ours. DICOM JSON comes in pieces, so that a data set with thousands of items never holds up who else waits.
 */
import { hexTag } from '#dicom/data/dictionary.ts';
import type { Dataset, Element } from '#dicom/data/dataset.ts';
import { dicomJsonText, inlineBinaryVRs, toDicomJson } from '#dicom/web/dicom-json.ts';
import { toNativeModelXml } from '#dicom/web/native-model-xml.ts';
import { limits } from '#settings/limits.ts';

export interface DescribedDataset {
  readonly dataset: Dataset;
  /** The address of the instance, without a final slash: its bulk data is below it. */
  readonly address: string;
}

/** Pixel Data, Float Pixel Data and Double Float Pixel Data: however short, behind an address. */
const pixelTags = new Set([0x7fe00008, 0x7fe00009, 0x7fe00010]);
const specificCharacterSet = 0x00080005;
/** A sequence with more items is written item by item. */
const itemsAtOnce = 64;

/** DICOM JSON (Annex F) in pieces. */
export function* instanceJson({ dataset: whole, address }: DescribedDataset): Generator<string, void, void> {
  const addresses = new Map<Element, string>();
  const dataset = withAddresses(whole, `${address}/bulkdata`, addresses);
  const options = { bulkDataURI: (element: Element) => addresses.get(element) };
  let before = '{';
  let few = new Map<number, Element>();
  function* fewTogether(): Generator<string, void, void> {
    const json = dicomJsonText(toDicomJson({ ...dataset, elements: few }, options)).slice(1, -1);
    few = new Map();
    if (json === '') return;
    yield before + json;
    before = ',';
  }
  for (const tag of [...dataset.elements.keys()].sort((a, b) => a - b)) {
    const element = dataset.elements.get(tag) as Element;
    if (!element.items || element.items.length <= itemsAtOnce) {
      few.set(tag, element);
      continue;
    }
    yield* fewTogether();
    yield `${before}"${hexTag(tag)}":{"vr":"SQ","Value":[`;
    for (const [at, item] of element.items.entries())
      yield `${at ? ',' : ''}${dicomJsonText(toDicomJson(withoutCharacterSet(item), options))}`;
    yield ']}';
    before = ',';
  }
  yield* fewTogether();
  yield before === '{' ? '{}' : '}';
}

/** An item's own character set has no meaning in JSON any more. */
function withoutCharacterSet(item: Dataset): Dataset {
  if (!item.elements.has(specificCharacterSet)) return item;
  const elements = new Map(item.elements);
  elements.delete(specificCharacterSet);
  return { ...item, elements };
}

/** Native DICOM Model (PS3.19 A.1). */
export function instanceXml({ dataset: whole, address }: DescribedDataset): string {
  const addresses = new Map<Element, string>();
  const dataset = withAddresses(whole, `${address}/bulkdata`, addresses);
  return toNativeModelXml(dataset, { bulkDataURI: (element) => addresses.get(element) });
}

/** Values too long to stand inline get an address: `…/bulkdata/TAG`, in a sequence `…/bulkdata/TAG/ITEM/TAG`. */
function withAddresses(dataset: Dataset, address: string, addresses: Map<Element, string>): Dataset {
  let elements: Map<number, Element> | undefined;
  for (const [tag, element] of dataset.elements) {
    const { vr, bytes, items } = element;
    const here = (): string => `${address}/${hexTag(tag)}`;
    let given = element;
    if (items) {
      const changed = items.map((item, at) => withAddresses(item, `${here()}/${at + 1}`, addresses));
      if (changed.some((item, at) => item !== items[at])) given = { ...element, items: changed };
    } else if (bytes && isBulk(tag, vr, bytes.length)) {
      given = { tag, vr, bytes: undefined, items: undefined, length: element.length };
      addresses.set(given, here());
    } else if (!bytes && element.length !== 0) addresses.set(element, here());
    if (given !== element) elements = (elements ?? new Map(dataset.elements)).set(tag, given);
  }
  return elements ? { ...dataset, elements } : dataset;
}

function isBulk(tag: number, vr: string, length: number): boolean {
  return inlineBinaryVRs.has(vr) && (length > limits.http.inlineBinaryBytes || (pixelTags.has(tag) && length > 0));
}
