// What the strip offers of the open studies, in its order: each series, or each of its display sets where it has several; and how one
// of them comes into a viewport.
import { computed } from '@preact/signals';
import { isForPlanning, type DisplaySet } from '../viewport/display-sets.ts';
import { isDoubted, knownSets } from './described-series.ts';
import type { Layout } from './layouts.ts';
import { entries } from './listed-series.ts';
import { openSeries } from './open-study.ts';
import type { Pane } from './pane.ts';
import { isSameSeries, mayHoldImages, type SeriesEntry } from './series-entry.ts';
import { active, divide, panes } from './stage.ts';

export interface Offer {
  entry: SeriesEntry;
  set: DisplaySet | undefined;
}

export const offers = computed(() =>
  (entries.value ?? []).flatMap((entry): Offer[] => {
    const sets = knownSets(entry);
    return sets.length > 1 ? sets.map((set) => ({ entry, set })) : [{ entry, set: sets[0] }];
  }),
);

/** The series or display set before or after the one in the active viewport. */
export function stepSeries(step: 1 | -1): void {
  const pane = active.value;
  const { entry, set } = pane;
  const here = offers.value.findIndex((offer) => offer.set && offer.set === set.value);
  const at = here >= 0 ? here : offers.value.findIndex((offer) => isSameSeries(entry.value, offer.entry));
  const next = offers.value[at + step];
  if (next) openOffer(next, pane);
}

export function openOffer({ entry, set }: Offer, pane: Pane): void {
  pane.noteHowLeft();
  if (set && !isDoubted(entry)) void pane.show(entry, set);
  else void openSeries(entry, pane, { left: set && pane.placeLeft(set) });
}

/** Whether a viewport has what is offered, or is about to. */
export const shows = (pane: Pane, { entry, set }: Offer): boolean =>
  set && pane.set.value ? pane.set.value === set : isSameSeries(pane.entry.value, entry);

/** More viewports take the series that come next; fewer keep the first ones. */
export function setLayout(next: Layout): void {
  divide(next);
  fill();
}

function fill(): void {
  const offered = offers.value.filter(
    (offer) => mayHoldImages(offer.entry) && !panes.value.some((pane) => shows(pane, offer)),
  );
  // Localizers when there is nothing else left to fill a viewport with.
  const isToRead = ({ set }: Offer) => !set || !isForPlanning(set);
  const waiting = [...offered.filter(isToRead), ...offered.filter((offer) => !isToRead(offer))];
  for (const pane of panes.value) {
    const offer = pane.entry.value ? undefined : waiting.shift();
    if (offer) openOffer(offer, pane);
  }
}
