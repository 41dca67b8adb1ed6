// What the viewer page has open: the series of the studies in the address, and which of them comes into which viewport of the stage.
// The page only reads signals.
import { batch, signal } from '@preact/signals';
import { LoadError, loadError, type Trouble } from '../archive-client.ts';
import { isForPlanning } from '../viewport/display-sets.ts';
import { drawing, fetchDrawing } from '../viewport/drawing-code.ts';
import type { KeptMeasurements } from '../viewport/kept-measurements.ts';
import { forgetFrames, leaveFrames } from '../viewport/known-frames.ts';
import { watchStudies } from './arrivals.ts';
import { doubt, doubtDescribed, forgetDescribed } from './described-series.ts';
import { firstToRead, hang } from './first-shown.ts';
import { forgetHowLeft } from './how-left.ts';
import { entries, latestOf, setsOf } from './listed-series.ts';
import { nameStudies } from './named-studies.ts';
import type { Pane } from './pane.ts';
import { holds, indexOf, type Place, type Where } from './place.ts';
import type { ReferencedImage } from './report-tree.ts';
import {
  entryHolding,
  isSameSeries,
  keyOf,
  keyOfSet,
  seriesOf,
  unlisted,
  unlistedOfAny,
  type SeriesEntry,
} from './series-entry.ts';
import { active, clearStage, panes } from './stage.ts';
import { findWithdrawn, findWithdrawnWhenQuiet, noneIfNotFound } from './withdrawals.ts';

export interface Wanted {
  studies: string[];
  series: string | undefined;
  instance: string | undefined;
  /** of the instance, counted from 1 */
  frame: number | undefined;
}

/** Why there is no list of series. */
export const failure = signal<LoadError | undefined>(undefined);
export const measured = signal<KeptMeasurements>({ count: 0, kept: true });

/** The studies whose series these are, or are about to be. */
let opened: readonly string[] = [];
let running = new AbortController();
let stopKeeping = () => {};

/** How often it was asked again what they have: an answer that was long under way does not undo a later one. */
let begun = 0;
/** By study: which look its series were taken from. */
const takenFrom = new Map<string, number>();

export async function openStudies(wanted: Wanted): Promise<void> {
  // By a link or the browser's way back to others: what is of these would stand there as if it were of them.
  if (opened.length > 0 && opened.join() !== wanted.studies.join()) closeStudies();
  opened = wanted.studies;
  running.abort();
  running = new AbortController();
  const { signal } = running;
  batch(() => {
    entries.value = undefined;
    failure.value = undefined;
  });
  const theyGrow = findWithdrawnWhenQuiet(() => panes.value, signal);
  watchStudies(wanted.studies, () => readAgain(wanted, theyGrow, signal), signal);
  stopKeeping();
  stopKeeping = () => {};
  void keepMeasurements(wanted.studies, signal);
  void nameStudies(wanted.studies, signal);
  try {
    const found = await Promise.all(wanted.studies.map((study) => seriesOf(study, signal)));
    if (signal.aborted) return;
    entries.value = found.flat();
    await openWanted(wanted, entries.value, signal);
  } catch (error) {
    if (!signal.aborted) failure.value = loadError(error);
  }
}

/** Shows what the address names; of studies alone, what is read first. */
async function openWanted(wanted: Wanted, list: SeriesEntry[], signal: AbortSignal): Promise<void> {
  const { studies, series, instance: SOPInstanceUID, frame: frameNumber } = wanted;
  const pane = active.value;
  if (studies.length === 1 && !series && !SOPInstanceUID && (await hang(list, pane, signal))) return;
  const named = series ? (list.find(({ uid }) => uid === series) ?? unlistedOfAny(studies, series)) : undefined;
  const first = named ?? (await firstToRead(list, pane, signal));
  if (first) await openSeries(first, pane, { asked: SOPInstanceUID ? { SOPInstanceUID, frameNumber } : undefined });
}

async function keepMeasurements(studies: string[], signal: AbortSignal): Promise<void> {
  const code = await fetchDrawing().catch(() => undefined); // then nothing is measured, and the viewport says why
  if (code && !signal.aborted) stopKeeping = code.keepMeasurements(studies, (now) => (measured.value = now));
}

/**
 * What was asked for anew is the same object where nothing has changed: who holds it knows it again.
 * @param theyGrow  called where images have come to one of the series
 * @throws where not everything could be asked; what could be is up to date
 */
async function readAgain(wanted: Wanted, theyGrow: () => void, signal: AbortSignal): Promise<void> {
  if (!entries.value) return;
  const look = (begun += 1);
  const studies = await Promise.allSettled(
    wanted.studies.map((study) => seriesOf(study, signal).catch(noneIfNotFound)),
  );
  if (signal.aborted) return;
  const before = entries.value;
  const found = studies.flatMap((answer, at) => {
    const study = wanted.studies[at]!;
    if (answer.status === 'rejected' || look < (takenFrom.get(study) ?? 0))
      return before.filter((entry) => entry.study === study);
    takenFrom.set(study, look);
    return answer.value;
  });
  doubtDescribed();
  const known = new Map(before.map((entry) => [JSON.stringify(entry), entry]));
  const now = found.map((entry) => known.get(JSON.stringify(entry)) ?? entry);
  entries.value = now;
  if (before.length === 0 && !active.value.entry.value) await openWanted(wanted, now, signal);
  const instancesBefore = new Map(before.map((entry) => [keyOf(entry), entry.instances]));
  const grows = (entry: SeriesEntry) => entry.instances > (instancesBefore.get(keyOf(entry)) ?? Infinity);
  const growing = new Set(found.filter(grows).map(keyOf));
  if (growing.size > 0) theyGrow();
  const isToAsk = ({ set, withdrawn }: Pane) =>
    withdrawn.value.size > 0 || (set.value !== undefined && !growing.has(keyOfSet(set.value)));
  // None waits for the others: what one viewport cannot ask is no reason to leave another one empty.
  const looks = await Promise.allSettled([
    ...panes.value.map((pane) => openIfItCame(pane, signal)),
    findWithdrawn(panes.value.filter(isToAsk), signal),
  ]);
  const failed = [...studies, ...looks].find((each) => each.status === 'rejected');
  if (failed && !signal.aborted) throw failed.reason;
}

/** What was asked for in vain, by an address or a report, is shown when it has come. */
async function openIfItCame(pane: Pane, signal: AbortSignal): Promise<void> {
  const { entry, failure, where } = pane;
  const error = failure.value;
  if (!entry.value || !isMissing(error)) return;
  const { asked } = where.value;
  const there = asked ? await entryHolding(asked.SOPInstanceUID, entries.value ?? [], signal) : latestOf(entry.value);
  if (signal.aborted || failure.value !== error) return;
  if (there) void openSeries(there, pane, where.value);
  else pane.fail(new LoadError(missing(entry.value, asked))); // some of it may have come
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
  if (entry) void openSeries(entry, pane, { left: pane.place.value });
}

/**
 * Shows a series in a viewport: its first display set, or the one that holds an image.
 * @param isReadAgain  because what was wanted was not in it, though the archive says that it is
 */
export async function openSeries(
  entry: SeriesEntry,
  pane: Pane,
  where: Where = {},
  isReadAgain = false,
): Promise<void> {
  const { asked, left } = where;
  const signal = pane.startOpening(entry, where);
  try {
    const sets = await setsOf(entry, signal).catch(noneIfNotFound);
    if (signal.aborted) return;
    const place = asked ?? left;
    const holding = place && sets.find((set) => holds(set, place));
    if (asked && !holding) {
      if (sets.some((set) => holds(set, { ...asked, frameNumber: undefined }))) throw new LoadError('noSuchFrame');
      doubt(entry); // it may come yet
      const there = await entryHolding(asked.SOPInstanceUID, entries.value ?? [], signal);
      if (signal.aborted) return;
      // It may have come while this series was being read. Once only, whatever the archive says.
      const isHere = isSameSeries(there, entry);
      if (!there || (isHere && isReadAgain)) throw new LoadError(missing(entry, asked));
      doubt(there); // what it was described by may be from before
      return await openSeries(there, pane, { asked }, isHere);
    }
    const set = holding ?? sets.find((each) => !isForPlanning(each)) ?? sets[0];
    if (!set) {
      // It may have come while it was asked for in vain.
      const now = latestOf(entry);
      if (!now || isReadAgain) throw new LoadError(missing(entry));
      return await openSeries(now, pane, where, true);
    }
    await pane.show(entry, set, place && Math.max(0, indexOf(place, set)));
  } catch (error) {
    if (!signal.aborted) pane.fail(loadError(error));
  }
}

/** By how much of what was wanted the archive does not have. */
function missing({ study, isOfAnyStudy }: SeriesEntry, asked?: Place): Trouble {
  if (!entries.value?.some((entry) => isOfAnyStudy || entry.study === study)) return 'noSuchStudy';
  return asked ? 'noSuchImage' : 'noSuchSeries';
}

/** A frame that an instance does not have comes with nothing but another version of it, for which the reader tries again. */
const isMissing = (error: LoadError | undefined) =>
  error !== undefined && ['noSuchStudy', 'noSuchSeries', 'noSuchImage'].includes(error.trouble);

/** @returns whether it is of a study that is open, and so it is shown in the active viewport, or why it is not */
export function openInstance(image: ReferencedImage): boolean {
  const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, frames } = image;
  if (!opened.includes(StudyInstanceUID)) return false;
  const named = unlisted(StudyInstanceUID, SeriesInstanceUID);
  void openSeries(latestOf(named) ?? named, active.value, { asked: { SOPInstanceUID, frameNumber: frames[0] } });
  return true;
}

/** After a failure, or where there was nothing: the same once more. */
export function reopen(wanted: Wanted): void {
  if (failure.value || entries.value?.length === 0) return void openStudies(wanted);
  for (const pane of panes.value) {
    if (pane.state.value?.error || pane.state.value?.cutOff) pane.stack?.retry();
    else if (pane.failure.value && pane.entry.value)
      void openSeries(latestOf(pane.entry.value) ?? pane.entry.value, pane, pane.where.value);
  }
}

/** The page is left. */
export function closeAll(): void {
  closeStudies();
  forgetFrames();
}

function closeStudies(): void {
  opened = [];
  running.abort();
  stopKeeping();
  stopKeeping = () => {};
  drawing()?.forgetMeasurements();
  batch(() => {
    entries.value = undefined;
    failure.value = undefined;
    takenFrom.clear();
    forgetDescribed();
    forgetHowLeft();
    clearStage();
    leaveFrames();
    measured.value = { count: 0, kept: true };
  });
}
