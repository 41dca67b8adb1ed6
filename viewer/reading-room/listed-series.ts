// The series of the open studies as they were listed last, and what is known of the images in each.
import { signal } from '@preact/signals';
import { describedSets } from './described-series.ts';
import { isSameSeries, type SeriesEntry } from './series-entry.ts';

export const entries = signal<SeriesEntry[] | undefined>(undefined);

/** @returns undefined where it is not listed any more */
export const latestOf = (of: SeriesEntry) =>
  entries.value?.find((entry) => (of.isOfAnyStudy ? entry.uid === of.uid : isSameSeries(entry, of)));

/** The display sets of a series, with the images that it has by now. */
export const setsOf = (entry: SeriesEntry, signal: AbortSignal) =>
  describedSets(entry, (latestOf(entry) ?? entry).instances, signal);
