// What the viewer page has open: the series of the studies in the address, and what stands in each viewport. The viewports report
// here; the page only reads signals.
import { batch, computed, signal } from '@preact/signals';
import { LoadError, loadError } from '../archive-client.ts';
import { isForPlanning, type DisplaySet } from '../viewport/display-sets.ts';
import { drawing, fetchDrawing } from '../viewport/drawing-code.ts';
import type { KeptMeasurements } from '../viewport/kept-measurements.ts';
import { forgetFrames } from '../viewport/known-frames.ts';
import { watchStudies } from './arrivals.ts';
import { describedSets, doubtDescribed, forgetDescribed, isDoubted, knownSets } from './described-series.ts';
import { hangingOf, isHung, type Hung } from './hanging.ts';
import { forgetHowLeft } from './how-left.ts';
import { layouts, type Layout } from './layouts.ts';
import { nameStudies } from './named-studies.ts';
import { Pane } from './pane.ts';
import { holds, indexOf, type Place } from './place.ts';
import type { ReferencedImage } from './report-tree.ts';
import { entryHolding, mayHoldImages, seriesOf, type SeriesEntry } from './series-entry.ts';
import { findWithdrawn, findWithdrawnWhenQuiet, noneIfNotFound } from './withdrawals.ts';

export interface Wanted {
  studies: string[];
  series: string | undefined;
  instance: string | undefined;
  /** of the instance, counted from 1 */
  frame: number | undefined;
}

export const entries = signal<SeriesEntry[] | undefined>(undefined);
/** Why there is no list of series. */
export const failure = signal<LoadError | undefined>(undefined);
export const layout = signal<Layout>(layouts[0]!);
export const panes = signal<Pane[]>([new Pane(1)]);
const activeIndex = signal(0);
/** The viewport that has all of the room for a while; the others stay as they are behind it. */
export const alone = signal<Pane | undefined>(undefined);
export const measured = signal<KeptMeasurements>({ count: 0, kept: true });

/** The viewport that tools, keys and the strip are about. */
export const active = computed(() => panes.value[activeIndex.value] ?? panes.value[0]!);

export function activate(pane: Pane): void {
  activeIndex.value = Math.max(0, panes.value.indexOf(pane));
}

/** The viewport after it; what is shown alone gives way to it. */
export function activateNext(): void {
  activate(panes.value[(panes.value.indexOf(active.value) + 1) % panes.value.length]!);
  if (alone.value) showAlone(active.value);
}

export function showAloneOrAll(pane: Pane): void {
  if (alone.value || panes.value.length < 2) alone.value = undefined;
  else showAlone(pane);
}

function showAlone(pane: Pane): void {
  alone.value = pane;
  // A film that nobody sees takes its time from the one that is watched.
  for (const { state, stack } of panes.value.filter((each) => each !== pane)) {
    if (state.value?.playing) stack?.playOrStop();
  }
}

let running = new AbortController();
let stopKeeping = () => {};
let stopWatching = () => {};

export async function openStudies(wanted: Wanted): Promise<void> {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  batch(() => {
    entries.value = undefined;
    failure.value = undefined;
  });
  stopWatching();
  stopWatching = watchStudies(wanted.studies, () => readAgain(wanted.studies, signal));
  stopKeeping();
  stopKeeping = () => {};
  void keepMeasurements(wanted.studies, signal);
  void nameStudies(wanted.studies, signal);
  try {
    const found = await Promise.all(wanted.studies.map((study) => seriesOf(study, signal)));
    if (signal.aborted) return;
    entries.value = found.flat();
    const isOneStudy = wanted.studies.length === 1 && !wanted.series && !wanted.instance;
    const pane = active.value;
    if (isOneStudy && (await hang(entries.value, pane, signal))) return;
    const first =
      entries.value.find(({ uid }) => uid === wanted.series) ?? (await firstToRead(entries.value, pane, signal));
    const { instance: SOPInstanceUID, frame: frameNumber } = wanted;
    if (first) await openSeries(first, pane, { asked: SOPInstanceUID ? { SOPInstanceUID, frameNumber } : undefined });
  } catch (error) {
    if (!signal.aborted) failure.value = loadError(error);
  }
}

async function keepMeasurements(studies: string[], signal: AbortSignal): Promise<void> {
  const code = await fetchDrawing().catch(() => undefined); // then nothing is measured, and the viewport says why
  if (code && !signal.aborted) stopKeeping = code.keepMeasurements(studies, (now) => (measured.value = now));
}

/** What was asked for anew is the same object where nothing has changed: who holds it knows it again. */
async function readAgain(studies: string[], signal: AbortSignal): Promise<void> {
  const before = entries.value;
  if (!before) return;
  try {
    const found = (await Promise.all(studies.map((study) => seriesOf(study, signal).catch(noneIfNotFound)))).flat();
    if (signal.aborted) return;
    doubtDescribed();
    const known = new Map(before.map((entry) => [JSON.stringify(entry), entry]));
    entries.value = found.map((entry) => known.get(JSON.stringify(entry)) ?? entry);
    const [first] = entries.value;
    if (first && before.length === 0) await openSeries(first, active.value);
    const grows = ({ uid, instances }: SeriesEntry) =>
      before.some((old) => old.uid === uid && old.instances < instances);
    const growing = new Set(found.filter(grows).map(({ uid }) => uid));
    if (growing.size > 0) findWithdrawnWhenQuiet(() => panes.value, signal);
    const isToAsk = ({ entry, withdrawn }: Pane) => withdrawn.value.size > 0 || !growing.has(entry.value?.uid ?? '');
    await findWithdrawn(panes.value.filter(isToAsk), signal);
  } catch {
    return; // the next change asks again
  }
}

/** How many images have come to the series in a viewport since it was read; below zero, how many were withdrawn. */
export function newsOf({ entry, set }: Pane): number {
  const read = set.value?.seriesInstances;
  if (read === undefined || !entry.value || !entries.value) return 0;
  const now = latestOf(entry.value)?.instances ?? 0;
  // Whose metadata cannot be read is no news.
  const known = now < read ? read : Math.max(read, entry.value.instances);
  return now - known;
}

/** The series as it is now, at the image that is shown. */
export function showNews(pane: Pane): void {
  const entry = pane.entry.value && (latestOf(pane.entry.value) ?? { ...pane.entry.value, instances: 0 });
  pane.noteHowLeft();
  if (entry) void openSeries(entry, pane, { left: pane.frame.value });
}

const latestOf = (of: SeriesEntry) => entries.value?.find(({ study, uid }) => study === of.study && uid === of.uid);

/**
 * Shows the images of a study side by side where they are read so; on a screen without room for it the first of them, in one viewport.
 * @returns whether it did, or the reader has chosen something meanwhile
 */
async function hang(list: SeriesEntry[], pane: Pane, signal: AbortSignal): Promise<boolean> {
  const withImages = list.filter(mayHoldImages);
  const [first] = withImages;
  const images = withImages.reduce((sum, { instances }) => sum + instances, 0);
  const isToHang = withImages.every(({ modality }) => isHung(modality)) && images > 1 && images <= mostHung;
  if (!first || !isToHang || panes.value.length > 1) return false;
  const opening = pane.startOpening(first);
  const sets = await Promise.all(withImages.map((entry) => setsOf(entry, opening))).catch(() => []);
  if (signal.aborted || opening.aborted) return true;
  const hanging = hangingOf(sets.flat());
  // Who has divided the stage meanwhile wants it so.
  if (!hanging || panes.value.length > 1) return false;
  const show = async (hung: Hung, on: Pane) => {
    const entry = withImages.find(({ uid }) => uid === hung.set.SeriesInstanceUID);
    if (entry) await on.show(entry, hung.set, hung.index);
  };
  if (!matchMedia(roomForSeveral).matches) {
    await show(hanging.places.find(Boolean)!, pane);
    return true;
  }
  batch(() => {
    divide(layouts.find(({ id }) => id === hanging.layout)!);
    for (const [place, pane] of panes.value.entries()) if (!hanging.places[place]) pane.leaveEmpty();
    activeIndex.value = hanging.places.findIndex(Boolean);
  });
  await Promise.all(hanging.places.map((hung, place) => hung && show(hung, panes.value[place]!)));
  return true;
}

/** A study of more images than this is not one of projections only. */
const mostHung = 24;
const roomForSeveral = '(min-width: 900px) and (orientation: landscape)';

/**
 * The first series with more than localizers in it; where there is none, the first of all.
 * @returns undefined when the reader has chosen another one meanwhile
 */
async function firstToRead(list: SeriesEntry[], pane: Pane, signal: AbortSignal): Promise<SeriesEntry | undefined> {
  const withImages = list.filter(mayHoldImages);
  if (withImages.length < 2) return withImages[0] ?? list[0];
  for (const entry of withImages) {
    const opening = pane.startOpening(entry);
    const isToRead = await setsOf(entry, opening).then(
      (sets) => !sets.every(isForPlanning),
      () => true, // what is wrong with it is told when it is opened
    );
    if (signal.aborted || opening.aborted) return undefined;
    if (isToRead) return entry;
  }
  return withImages[0];
}

interface Where {
  /** what somebody has called the image to be looked at: no other one is shown for it */
  asked?: Place | undefined;
  /** where the reader was; it may have gone meanwhile */
  left?: Place | undefined;
}

/** Shows a series in a viewport: its first display set, or the one that holds an image. */
async function openSeries(entry: SeriesEntry, pane: Pane, { asked, left }: Where = {}): Promise<void> {
  const signal = pane.startOpening(entry, asked);
  try {
    const sets = await setsOf(entry, signal);
    if (signal.aborted) return;
    const place = asked ?? left;
    const holding = place && sets.find((set) => holds(set, place));
    if (asked && !holding) {
      doubtDescribed(); // it may come yet
      const elsewhere = await entryHolding(asked.SOPInstanceUID, entries.value ?? [], signal);
      if (signal.aborted) return;
      if (!elsewhere || elsewhere === latestOf(entry)) throw new LoadError('noSuchImage');
      return await openSeries(elsewhere, pane, { asked });
    }
    const set = holding ?? sets.find((each) => !isForPlanning(each)) ?? sets[0];
    if (!set) throw new LoadError('noImages');
    await pane.show(entry, set, place && Math.max(0, indexOf(place, set)));
  } catch (error) {
    if (!signal.aborted) pane.fail(loadError(error));
  }
}

/** @returns whether its series is among those that are open, and so it is shown in the active viewport */
export function openInstance(image: ReferencedImage): boolean {
  const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, frames } = image;
  const entry = entries.value?.find(({ study, uid }) => study === StudyInstanceUID && uid === SeriesInstanceUID);
  if (entry) void openSeries(entry, active.value, { asked: { SOPInstanceUID, frameNumber: frames[0] } });
  return entry !== undefined;
}

/** After a failure: the same once more. */
export function reopen(wanted: Wanted): void {
  if (failure.value) return void openStudies(wanted);
  for (const pane of panes.value) {
    if (pane.state.value?.error || pane.state.value?.cutOff) pane.stack?.retry();
    else if (pane.failure.value && pane.entry.value)
      void openSeries(pane.entry.value, pane, { asked: pane.asked.value });
  }
}

/** What the strip offers, in its order: each series, or each of its display sets where it has several. */
export const offers = computed(() =>
  (entries.value ?? []).flatMap((entry): { entry: SeriesEntry; set: DisplaySet | undefined }[] => {
    const sets = knownSets(entry);
    return sets.length > 1 ? sets.map((set) => ({ entry, set })) : [{ entry, set: sets[0] }];
  }),
);

/** The series or display set before or after the one in the active viewport. */
export function stepSeries(step: 1 | -1): void {
  const pane = active.value;
  const { entry, set } = pane;
  const here = offers.value.findIndex((offer) => offer.set && offer.set === set.value);
  const at = here >= 0 ? here : offers.value.findIndex((offer) => offer.entry.uid === entry.value?.uid);
  const next = offers.value[at + step];
  if (next) openOffer(next, pane);
}

export function openOffer({ entry, set }: { entry: SeriesEntry; set: DisplaySet | undefined }, pane: Pane): void {
  pane.noteHowLeft();
  if (set && !isDoubted(entry)) void pane.show(entry, set);
  else void openSeries(entry, pane, { left: set && pane.imageLeft(set) });
}

/** More viewports take the series that come next; fewer keep the first ones. */
export function setLayout(next: Layout): void {
  divide(next);
  fill();
}

function divide(next: Layout): void {
  const count = next.columns * next.rows;
  batch(() => {
    layout.value = next;
    alone.value = undefined;
    const kept = panes.value.slice(0, count);
    for (const pane of panes.value.slice(count)) pane.noteHowLeft();
    const added = Array.from({ length: count - kept.length }, () => new Pane(nextPane()));
    panes.value = [...kept, ...added];
    if (activeIndex.value >= count) activeIndex.value = 0;
  });
}

function fill(): void {
  const isShown = ({ entry, set }: { entry: SeriesEntry; set: DisplaySet | undefined }) =>
    panes.value.some((pane) => (set && pane.set.value ? pane.set.value === set : pane.entry.value?.uid === entry.uid));
  const offered = offers.value.filter((offer) => mayHoldImages(offer.entry) && !isShown(offer));
  // Localizers when there is nothing else left to fill a viewport with.
  const isToRead = ({ set }: { set: DisplaySet | undefined }) => !set || !isForPlanning(set);
  const waiting = [...offered.filter(isToRead), ...offered.filter((offer) => !isToRead(offer))];
  for (const pane of panes.value) {
    const offer = pane.entry.value ? undefined : waiting.shift();
    if (offer) openOffer(offer, pane);
  }
}

let lastPane = 1;
const nextPane = () => (lastPane += 1);

export function closeAll(): void {
  running.abort();
  for (const pane of panes.value) pane.close();
  stopWatching();
  stopWatching = () => {};
  stopKeeping();
  stopKeeping = () => {};
  drawing()?.forgetMeasurements();
  forgetFrames();
  batch(() => {
    entries.value = undefined;
    failure.value = undefined;
    forgetDescribed();
    forgetHowLeft();
    layout.value = layouts[0]!;
    alone.value = undefined;
    panes.value = [new Pane(nextPane())];
    activeIndex.value = 0;
    measured.value = { count: 0, kept: true };
  });
}

const setsOf = (entry: SeriesEntry, signal: AbortSignal) =>
  describedSets(entry, (latestOf(entry) ?? entry).instances, signal);
