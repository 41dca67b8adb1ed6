// What the study list asks and what came back: signals, one search at a time. What arrives while the list is open shows up
// by itself. Kept while other pages are open; never written into an address.
import { batch, computed, signal } from '@preact/signals';
import {
  LoadError,
  loadError,
  searchStudies,
  type Study,
  type StudyPage,
  type StudySearch,
} from '../archive-client.ts';
import { keepTold } from '../keep-told.ts';
import { ended } from '../session.ts';
import { listenForStudies } from './live.ts';
import { numberIn } from './scanner.ts';

type SitePeriod = NonNullable<StudySearch['period']>;
export type Period = SitePeriod | 'any' | 'chosen';

export interface Criteria {
  typed: string;
  period: Period;
  /** YYYY-MM-DD, as a date input gives it; used when the period is `chosen` */
  from: string;
  to: string;
  modality: string;
  /** Only what waits for a person's check. */
  flagged: boolean;
}

export interface Found {
  studies: Study[];
  /** Where to go on; undefined at the end of the list. */
  next: StudySearch['after'] | undefined;
  /** How many there are in all; where `totalIsExact` is false, that many or more. */
  total: number;
  totalIsExact: boolean;
}

const everything: Criteria = { typed: '', period: 'any', from: '', to: '', modality: '', flagged: false };
const pageLength = 50;
// News is asked for at most this often, however fast a scanner sends; without a stream of news, every ten seconds.
const newsEveryMs = 1_500;
const lookEveryMs = 10_000;
// What a refresh asks for again at most; rows further down are older studies, which hardly change.
const refreshAtMost = 200;
const typingPauseMs = 250;
// What the archive takes; longer than any name.
const longestSearchText = 200;
// So long a reader waits without wondering whether anything is happening.
const slowAfterMs = 3_000;
// Whoever points at a row looks for longer than a moment before pressing the button.
const aimedForMs = 5_000;

export const criteria = signal<Criteria>(everything);
export const found = signal<Found | undefined>(undefined);
export const error = signal<LoadError | undefined>(undefined);
/** Why the list does not go on where it ends. */
export const endError = signal<LoadError | undefined>(undefined);
export const loading = signal<'first' | 'more' | undefined>(undefined);
/** Studies that came or changed while the list was open: UID and when they changed. */
export const news = signal<ReadonlyMap<string, string>>(new Map());
/** The list with rows that came while somebody points at one: they would move it away under the mouse. */
export const waiting = signal<Found | undefined>(undefined);
export const isFiltered = computed(() => JSON.stringify(criteria.value) !== JSON.stringify(everything));

/** The study that was opened last, for the reader who comes back to go on with the next one. */
export const opened: { study: string | undefined } = { study: undefined };

let running: AbortController | undefined;
let asked: Promise<void> | undefined;
let aiming: ReturnType<typeof setTimeout> | undefined;
let slow: ReturnType<typeof setInterval> | undefined;

export function change(part: Partial<Criteria>): void {
  criteria.value = { ...criteria.value, ...part };
  void search(part.typed === undefined ? 0 : typingPauseMs);
}

export function clearCriteria(): void {
  criteria.value = everything;
  searchNow();
}

/** What Enter does: no waiting for a pause in typing. */
export function searchNow(): void {
  void search();
}

/** The first page for what is asked now, or after a pause. */
export function search(afterMs = 0): Promise<void> {
  loading.value = 'first';
  error.value = endError.value = undefined;
  const taken = (page: StudyPage) => {
    news.value = new Map();
    waiting.value = undefined;
    return foundOf(page, page.studies, page.next);
  };
  return (asked = ask(pageLength, undefined, taken, afterMs));
}

export async function showMore(): Promise<void> {
  const before = found.value;
  if (!before?.next || loading.value) return;
  loading.value = 'more';
  await (asked = ask(pageLength, before.next, (page) => {
    waiting.value = undefined; // it is asked for again soon
    const shown = new Set(before.studies.map(({ StudyInstanceUID }) => StudyInstanceUID));
    const studies = [...before.studies, ...page.studies.filter(({ StudyInstanceUID }) => !shown.has(StudyInstanceUID))];
    return { ...before, studies, next: page.next };
  }));
}

/**
 * Asks again for what is shown, without a word about it; rows further down stay as they are. One that a continuation ended is made
 * after that.
 */
export async function refresh(): Promise<void> {
  await asked; // it may have been answered before that came for which this is called
  const before = found.value;
  if (before && !loading.value) {
    const limit = Math.min(Math.max(pageLength, before.studies.length), refreshAtMost);
    await ask(limit, undefined, (page) => {
      const fresh = asKnown(page.studies, before.studies);
      const studies = withRest(fresh, before.studies);
      noteNews(before.studies, fresh);
      const now = foundOf(page, studies, studies.length > page.studies.length ? before.next : page.next);
      const mustWait = aiming !== undefined && !isInPlace(before.studies, studies);
      waiting.value = mustWait ? now : undefined;
      return mustWait ? { ...before, studies: inPlace(before.studies, studies), total: now.total } : now;
    });
  }
  if (loading.value === 'more') await refresh();
}

/** Somebody points at a row: the rows keep still for a while. */
export function keepStill(): void {
  clearTimeout(aiming);
  aiming = setTimeout(moveAgain, aimedForMs);
}

export function moveAgain(): void {
  clearTimeout(aiming);
  aiming = undefined;
  if (!waiting.value) return;
  batch(() => {
    found.value = waiting.value;
    waiting.value = undefined;
  });
}

/** Asks once more for what is shown, or for what was to be shown in its place. */
export function again(): void {
  if (loading.value === 'first') return void search();
  if (loading.value) return;
  error.value = undefined;
  void refresh();
}

/** Keeps the list up to date while its page is open. Returns what stops it. */
export function keepFresh(): () => void {
  return keepTold(refresh, listenForStudies, { newsEveryMs, lookEveryMs, error });
}

function foundOf(page: StudyPage, studies: Study[], next: StudySearch['after'] | undefined): Found {
  return { studies, next, total: page.total ?? studies.length, totalIsExact: page.totalIsExact ?? true };
}

/** One search at a time: a newer one ends the older. */
async function ask(
  limit: number,
  after: StudySearch['after'],
  taken: (page: StudyPage) => Found,
  afterMs = 0,
): Promise<void> {
  running?.abort();
  const { signal: aborted } = (running = new AbortController());
  const isQuiet = !loading.value;
  clearInterval(slow);
  // It goes on all the same, and what is said here goes when the answer comes. While the reader is asked to sign in again, it is
  // not the archive that keeps anybody waiting.
  if (loading.value === 'first') {
    slow = setInterval(() => (error.value ??= ended.value ? undefined : new LoadError('tooSlow')), slowAfterMs);
  }
  try {
    if (afterMs) await new Promise((go) => setTimeout(go, afterMs));
    if (aborted.aborted) return;
    const page = await searchStudies(asSearch(criteria.value, limit, after), aborted);
    if (aborted.aborted) return;
    batch(() => {
      found.value = taken(page);
      (after ? endError : error).value = undefined;
      loading.value = undefined;
    });
  } catch (thrown) {
    if (aborted.aborted) return;
    batch(() => {
      (after ? endError : error).value = loadError(thrown);
      loading.value = undefined;
      if (!isQuiet && !after) found.value = undefined;
    });
  } finally {
    if (!aborted.aborted) clearInterval(slow);
  }
}

/** A study of which nothing has changed is the same object: its row is not made anew, however long the list is. */
export function asKnown(fresh: Study[], before: Study[]): Study[] {
  const known = new Map(before.map((study) => [study.StudyInstanceUID, study]));
  return fresh.map((study) => {
    const same = known.get(study.StudyInstanceUID);
    return JSON.stringify(same) === JSON.stringify(study) ? same! : study;
  });
}

/** The rows asked for again, and below them what was shown further down. */
export function withRest(fresh: Study[], before: Study[]): Study[] {
  const known = new Set(fresh.map(({ StudyInstanceUID }) => StudyInstanceUID));
  const lastKnown = before.findLastIndex(({ StudyInstanceUID }) => known.has(StudyInstanceUID));
  return [...fresh, ...before.slice(lastKnown + 1)];
}

/** Whether all that is shown stays where it is. */
const isInPlace = (before: Study[], fresh: Study[]) =>
  before.every(({ StudyInstanceUID }, at) => fresh[at]?.StudyInstanceUID === StudyInstanceUID);

/** The rows that are shown, with what is known of each now. */
function inPlace(before: Study[], fresh: Study[]): Study[] {
  const known = new Map(fresh.map((study) => [study.StudyInstanceUID, study]));
  return before.map((study) => known.get(study.StudyInstanceUID) ?? study);
}

function noteNews(before: Study[], fresh: Study[]): void {
  const changed = fresh.filter((study) => !before.includes(study));
  if (changed.length === 0) return;
  news.value = new Map([...news.value, ...changed.map((study) => [study.StudyInstanceUID, study.changedAt] as const)]);
}

export function asSearch(wanted: Criteria, limit: number, after?: StudySearch['after']): StudySearch {
  const { typed, period, modality, flagged } = wanted;
  const [from, to] = period === 'chosen' ? [wanted.from, wanted.to].map((day) => day.replaceAll('-', '')) : [];
  return {
    text: asSearchText(typed) || undefined,
    period: period === 'any' || period === 'chosen' ? undefined : period,
    dateFrom: from || undefined,
    dateTo: to || undefined,
    modality: modality || undefined,
    flagged: flagged || undefined,
    limit,
    after,
  };
}

/** What to search for, given what was typed: of a card whose code was typed or pasted, the number. */
export function asSearchText(typed: string): string {
  return numberIn(typed).slice(0, longestSearchText);
}
