// Reading single values out of a dataset in the DICOM JSON model (PS3.18 Annex F). Hostile or half-filled datasets are
// normal here: a value of another type than asked for counts as absent.
import type { JsonDataset } from '../archive-client.ts';

export function strings(dataset: JsonDataset, tag: string): string[] {
  return (dataset[tag]?.Value ?? []).filter((value) => typeof value === 'string');
}

export function string(dataset: JsonDataset, tag: string): string | undefined {
  const value = strings(dataset, tag)[0]?.trim();
  return value === '' ? undefined : value;
}

/** DS and IS may come as numbers or, to keep their digits, as strings (F.2.3). */
export function numbers(dataset: JsonDataset, tag: string): number[] {
  return numbersInPlace(dataset, tag).filter(Number.isFinite);
}

/** The same where each belongs to a value of another element: NaN in the place of what is no number. */
export function numbersInPlace(dataset: JsonDataset, tag: string): number[] {
  return (dataset[tag]?.Value ?? []).map((value) =>
    typeof value === 'number' || (typeof value === 'string' && value.trim() !== '') ? Number(value) : NaN,
  );
}

export function number(dataset: JsonDataset, tag: string): number | undefined {
  return numbers(dataset, tag)[0];
}

/** A person name is an object of three groups; the alphabetic one first, else whichever is filled (F.2.2). */
export function name(dataset: JsonDataset, tag: string): string | undefined {
  const value = dataset[tag]?.Value?.[0];
  if (typeof value !== 'object' || value === null) return undefined;
  const groups = value as Record<string, unknown>;
  return [groups['Alphabetic'], groups['Ideographic'], groups['Phonetic']].find(
    (group) => typeof group === 'string' && group !== '',
  ) as string | undefined;
}

/** The items of a sequence. */
export function items(dataset: JsonDataset | undefined, tag: string): JsonDataset[] {
  return (dataset?.[tag]?.Value ?? []).filter((item) => typeof item === 'object' && item !== null) as JsonDataset[];
}

/** One of these items, counted from 0: of a film they are thousands, and for each frame its own is asked for again and again. */
function itemAt(dataset: JsonDataset | undefined, tag: string, at: number): JsonDataset | undefined {
  const item = dataset?.[tag]?.Value?.[at];
  return typeof item === 'object' && item !== null ? (item as JsonDataset) : undefined;
}

/** A binary value that stands in the metadata itself (F.2.7). */
export function inlineBytes(dataset: JsonDataset, tag: string): Uint8Array | undefined {
  const binary = dataset[tag]?.InlineBinary;
  if (typeof binary !== 'string') return undefined;
  try {
    return Uint8Array.from(atob(binary), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/**
 * The item of a functional group macro that holds for a frame (PS3.3 C.7.6.16): its own, else the one all frames share; the
 * instance itself where it has no functional groups.
 * @param frame  counted from 1
 */
export function functionalGroup(instance: JsonDataset, tag: string, frame = 1): JsonDataset {
  return functionalGroups(instance, tag, frame)[0] ?? instance;
}

/** The same where there may be several items for a frame; none where the instance has no functional groups. */
export function functionalGroups(instance: JsonDataset, tag: string, frame = 1): JsonDataset[] {
  const own = items(itemAt(instance, '52009230', frame - 1), tag);
  return own.length > 0 ? own : items(itemAt(instance, '52009229', 0), tag);
}
