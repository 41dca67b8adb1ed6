// The display sets of the series that were opened: going back to one costs nothing.
import { signal } from '@preact/signals';
import { readSeriesMetadata } from '../image-client.ts';
import { displaySets, type DisplaySet } from '../viewport/display-sets.ts';
import { keyOf, type SeriesEntry } from './series-entry.ts';

const described = signal<ReadonlyMap<string, DisplaySet[]>>(new Map());
/** Series of which images may have been withdrawn, or have come, since they were described: asked again before one is opened. */
const mayBeOld = new Set<string>();

/** None where the series has not been opened. */
export const knownSets = (entry: SeriesEntry): readonly DisplaySet[] => described.value.get(keyOf(entry)) ?? [];

export const isDoubted = (entry: SeriesEntry) => mayBeOld.has(keyOf(entry));

export const doubt = (entry: SeriesEntry) => mayBeOld.add(keyOf(entry));

/** Something has changed in their studies. */
export function doubtDescribed(): void {
  for (const key of described.value.keys()) mayBeOld.add(key);
}

export function forgetDescribed(): void {
  described.value = new Map();
  mayBeOld.clear();
}

/**
 * @param instances  how many the series has now
 * @throws LoadError, or the signal's reason
 */
export async function describedSets(entry: SeriesEntry, instances: number, signal: AbortSignal): Promise<DisplaySet[]> {
  const key = keyOf(entry);
  const known = described.value.get(key);
  // A series that has grown since, or was still arriving, is asked for again.
  const isOfNow = known?.[0]?.seriesInstances === instances;
  if (known && isOfNow && !mayBeOld.has(key)) return known;
  const read = await readSeriesMetadata(entry.study, entry.uid, signal);
  mayBeOld.delete(key);
  const sets = displaySets(entry.study, entry.uid, read);
  if (known && sameImages(known, sets)) return known; // whoever holds them knows them again
  described.value = new Map(described.value).set(key, sets);
  return sets;
}

const sameImages = (before: DisplaySet[], now: DisplaySet[]) =>
  imagesOf(before) === imagesOf(now) && before[0]?.seriesInstances === now[0]?.seriesInstances;

const imagesOf = (sets: DisplaySet[]) =>
  sets.map(({ uid, frames }) => `${uid} ${frames.map(({ imageId }) => imageId).join()}`).join(' ');
