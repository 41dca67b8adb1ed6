// What the study list asks and what came back: signals, one search at a time, and a gentle refresh so that a study
// which arrives shows up by itself. Kept while other pages are open; never written into an address.
import { batch, computed, signal } from '@preact/signals';
import { loadError, searchStudies, type LoadError, type StudyPage, type StudySearch } from '../archive-client.ts';

export type Period = 'any' | 'today' | 'yesterday' | 'week' | 'month' | 'chosen';

export interface Criteria {
  typed: string;
  period: Period;
  /** YYYY-MM-DD, as a date input gives it; used when the period is `chosen` */
  from: string;
  to: string;
  modality: string;
}

const everything: Criteria = { typed: '', period: 'any', from: '', to: '', modality: '' };
const pageLength = 50;
const refreshEveryMs = 10_000;
// Past this many rows a refresh would cost more than it tells; the reader is paging through old studies then.
const refreshAtMost = 200;
const typingPauseMs = 250;
// What the archive takes; longer than any name.
const longestSearchText = 200;

export const criteria = signal<Criteria>(everything);
export const page = signal<StudyPage | undefined>(undefined);
export const error = signal<LoadError | undefined>(undefined);
export const loading = signal(false);
export const isFiltered = computed(() => JSON.stringify(criteria.value) !== JSON.stringify(everything));

let running: AbortController | undefined;
let typing: ReturnType<typeof setTimeout> | undefined;

export function change(part: Partial<Criteria>): void {
  criteria.value = { ...criteria.value, ...part };
  clearTimeout(typing);
  if (part.typed === undefined) void search();
  else typing = setTimeout(() => void search(), typingPauseMs);
}

export function clearCriteria(): void {
  change(everything);
  searchNow();
}

/** What Enter does, and with it a card scanner: no waiting for a pause in typing. */
export function searchNow(): void {
  clearTimeout(typing);
  void search();
}

export function showMore(): void {
  void search({ offset: page.value?.studies.length ?? 0 });
}

/** Refreshes while the page is open and visible. Returns what stops it. */
export function keepFresh(): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const again = async () => {
    const rows = page.value?.studies.length ?? 0;
    if (!document.hidden && !loading.value && rows <= refreshAtMost) await search({ refresh: true });
    timer = setTimeout(again, refreshEveryMs);
  };
  const onVisible = () => {
    if (document.hidden) return;
    clearTimeout(timer);
    void again();
  };
  timer = setTimeout(again, refreshEveryMs);
  document.addEventListener('visibilitychange', onVisible);
  return () => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', onVisible);
  };
}

export async function search({ offset = 0, refresh = false } = {}): Promise<void> {
  running?.abort();
  const { signal: aborted } = (running = new AbortController());
  const shown = page.value?.studies ?? [];
  const limit = refresh ? Math.max(pageLength, shown.length) : pageLength;
  if (!refresh) loading.value = true;
  try {
    const found = await searchStudies(asSearch(criteria.value, limit, offset), aborted);
    if (aborted.aborted) return;
    const studies = offset === 0 ? found.studies : [...shown, ...found.studies];
    batch(() => {
      error.value = undefined;
      loading.value = false;
      if (JSON.stringify(page.value) !== JSON.stringify({ ...found, studies })) page.value = { ...found, studies };
    });
  } catch (thrown) {
    if (aborted.aborted) return;
    batch(() => {
      error.value = loadError(thrown);
      loading.value = false;
      if (!refresh && offset === 0) page.value = undefined;
    });
  }
}

export function asSearch(wanted: Criteria, limit: number, offset: number, now = new Date()): StudySearch {
  const [dateFrom, dateTo] = daysOf(wanted, now);
  const words = asSearchText(wanted.typed);
  return {
    ...(words && { text: words }),
    ...(dateFrom && { dateFrom }),
    ...(dateTo && { dateTo }),
    ...(wanted.modality && { modality: wanted.modality }),
    limit,
    offset,
  };
}

/**
 * What to search for, given what was typed. A scanner types the whole code of a citizen or health-insurance card, fields
 * separated by bars, the number first: the number alone finds the patient.
 */
export function asSearchText(typed: string): string {
  const fields = typed.split('|');
  return (fields.length >= 3 ? fields[0]! : typed).trim().slice(0, longestSearchText);
}

/** The first and last study date wanted, YYYYMMDD, by this device's calendar. */
function daysOf({ period, from, to }: Criteria, now: Date): [string?, string?] {
  const daysAgo = (days: number) => {
    const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() - days);
    return `${day.getFullYear()}${String(day.getMonth() + 1).padStart(2, '0')}${String(day.getDate()).padStart(2, '0')}`;
  };
  if (period === 'today') return [daysAgo(0), daysAgo(0)];
  if (period === 'yesterday') return [daysAgo(1), daysAgo(1)];
  if (period === 'week') return [daysAgo(6)];
  if (period === 'month') return [daysAgo(29)];
  if (period === 'chosen') return [from.replaceAll('-', ''), to.replaceAll('-', '')];
  return [];
}
