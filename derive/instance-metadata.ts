/**
 * The metadata of one instance as text (PS3.18 Section 10.4.1.1.3): everything but bulk, which is behind addresses of
 * ours. It comes in pieces, so that a data set with thousands of items never holds up who else waits.
 */
import { hexTag } from '#dicom/data/dictionary.ts';
import type { Dataset, Element } from '#dicom/data/dataset.ts';
import { pixelTags } from '#dicom/file/dataset-handler.ts';
import { dicomJsonText, inlineBinaryVRs, toDicomJson } from '#dicom/web/dicom-json.ts';
import type { JsonOptions } from '#dicom/web/dicom-json.ts';
import { nativeModelXml } from '#dicom/web/native-model-xml.ts';
import { limits } from '#settings/limits.ts';

export interface DescribedDataset {
  readonly dataset: Dataset;
  /** The address of the instance, without a final slash: its bulk data is below it. */
  readonly address: string;
}

/** Pixel Data, Float Pixel Data and Double Float Pixel Data: however short, behind an address. */
const specificCharacterSet = 0x00080005;
/** A sequence with so many elements and items in it is written item by item; of others so many, all that is in them counted, together. */
const elementsAtOnce = 256;

/** Attributes as they stand in the JSON of a data set, by tag: `"00080060":{"vr":"CS"}`. */
type WrittenAttributes = ReadonlyMap<number, string>;

/** DICOM JSON (Annex F) in pieces. @param written  stands in place of what the data set says */
export function instanceJson(
  { dataset, address }: DescribedDataset,
  written: WrittenAttributes = new Map(),
): Generator<string, void, void> {
  return datasetJson(dataset, `${address}/bulkdata`, written);
}

/** @param address  of its bulk data: `…/bulkdata`, within an item `…/bulkdata/TAG/ITEM` */
function* datasetJson(
  dataset: Dataset,
  address: string,
  written: WrittenAttributes = new Map(),
): Generator<string, void, void> {
  const options = bulkBelow(address);
  let before = '{';
  let few = new Map<number, Element>();
  let fewCount = 0;
  function* fewTogether(): Generator<string, void, void> {
    const json = dicomJsonText(toDicomJson({ ...dataset, elements: few }, options)).slice(1, -1);
    few = new Map();
    fewCount = 0;
    if (json === '') return;
    yield before + json;
    before = ',';
  }
  const tags = new Set([...dataset.elements.keys(), ...written.keys()]);
  for (const tag of [...tags].sort((a, b) => a - b)) {
    const text = written.get(tag);
    if (text !== undefined) {
      yield* fewTogether();
      yield before + text;
      before = ',';
      continue;
    }
    const element = dataset.elements.get(tag) as Element;
    const left = element.items ? elementsLeft(element.items, elementsAtOnce) : elementsAtOnce;
    if (left > 0 || !element.items) {
      few.set(tag, element);
      fewCount += 1 + elementsAtOnce - left;
      if (fewCount >= elementsAtOnce) yield* fewTogether();
      continue;
    }
    yield* fewTogether();
    yield `${before}"${hexTag(tag)}":{"vr":"SQ","Value":[`;
    for (const [at, item] of element.items.entries()) {
      if (at > 0) yield ',';
      yield* datasetJson(withoutCharacterSet(item), `${address}/${hexTag(tag)}/${at + 1}`);
    }
    yield ']}';
    before = ',';
  }
  yield* fewTogether();
  yield before === '{' ? '{}' : '}';
}

/** What is left of a budget when all elements and items in these have been counted; no further than to its end. */
function elementsLeft(items: readonly Dataset[], budget: number): number {
  let left = budget - items.length;
  for (const { elements } of items) {
    left -= elements.size;
    if (left <= 0) return 0;
    for (const { items: nested } of elements.values()) if (nested) left = elementsLeft(nested, left);
  }
  return Math.max(0, left);
}

/** An item's own character set has no meaning in JSON any more. */
function withoutCharacterSet(item: Dataset): Dataset {
  if (!item.elements.has(specificCharacterSet)) return item;
  const elements = new Map(item.elements);
  elements.delete(specificCharacterSet);
  return { ...item, elements };
}

/** Native DICOM Model (PS3.19 A.1), in pieces. @param instead  its attributes stand in place of what the data set says */
export function instanceXml({ dataset, address }: DescribedDataset, instead?: Dataset): Generator<string, void, void> {
  return nativeModelXml(dataset, bulkBelow(`${address}/bulkdata`), instead);
}

/** Values too long to stand inline get an address: `…/bulkdata/TAG`, in a sequence `…/bulkdata/TAG/ITEM/TAG`. */
function bulkBelow(address: string): JsonOptions {
  return {
    isBulk: ({ tag, vr, bytes }) => bytes !== undefined && isBulk(tag, vr, bytes.length),
    bulkDataURI: ({ tag }, path) =>
      [address, ...path.map((step, at) => (at % 2 === 0 ? hexTag(step) : step)), hexTag(tag)].join('/'),
  };
}

/** The ways to all values that metadata name by an address, in the order of the data set. */
export function* bulkPaths({ elements }: Dataset, within: readonly number[] = []): Generator<number[], void, void> {
  for (const [tag, { vr, bytes, items, length }] of [...elements].sort(([a], [b]) => a - b)) {
    const path = [...within, tag];
    if (items) for (const [at, item] of items.entries()) yield* bulkPaths(item, [...path, at + 1]);
    else if (bytes ? isBulk(tag, vr, bytes.length) : length !== 0) yield path;
  }
}

/** The address of a value. @param address  of its instance */
export function bulkAddress(address: string, path: readonly number[]): string {
  return [address, 'bulkdata', ...path.map((step, at) => (at % 2 === 0 ? hexTag(step) : step))].join('/');
}

function isBulk(tag: number, vr: string, length: number): boolean {
  return inlineBinaryVRs.has(vr) && (length > limits.http.inlineBinaryBytes || (pixelTags.has(tag) && length > 0));
}
