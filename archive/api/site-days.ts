/** What "today" means: days by the calendar of the site (SITE_TIME_ZONE), whatever a browser's clock says. */
export const periods = ['today', 'yesterday', 'week', 'month'] as const;
export type Period = (typeof periods)[number];

/** The first and the last day of each, counted back from today. */
const daysBack: Readonly<Record<Period, readonly [first: number, last: number | undefined]>> = {
  today: [0, 0],
  yesterday: [1, 1],
  // Without an end: a modality whose clock is fast sends from tomorrow.
  week: [6, undefined],
  month: [29, undefined],
};

/** A range of dates as PS3.4 C.2.2.2.5.1 writes it: `20260301-20260301`, `20260223-`. */
export function daysOf(period: Period, timeZone: string, now: Date): string {
  const [first, last] = daysBack[period];
  return `${day(-first, timeZone, now)}-${last === undefined ? '' : day(-last, timeZone, now)}`;
}

export const comingPeriods = ['today', 'tomorrow', 'week'] as const;
export type ComingPeriod = (typeof comingPeriods)[number];

/** The first and the last day of each, counted from today. */
const daysAhead: Readonly<Record<ComingPeriod, readonly [first: number, last: number]>> = {
  today: [0, 0],
  tomorrow: [1, 1],
  week: [0, 6],
};

/** Both ends belong to it, as `20260301`. */
export function comingDays(period: ComingPeriod, timeZone: string, now: Date): { from: string; to: string } {
  const [first, last] = daysAhead[period];
  return { from: day(first, timeZone, now), to: day(last, timeZone, now) };
}

/** So many days from now, as `20260301`. */
export function day(fromNow: number, timeZone: string, now: Date): string {
  const parts = new Intl.DateTimeFormat('en', { timeZone, year: 'numeric', month: 'numeric', day: 'numeric' });
  const named = Object.fromEntries(parts.formatToParts(now).map(({ type, value }) => [type, Number(value)]));
  // Counted as UTC, where every day has 24 hours.
  const counted = new Date(Date.UTC(named['year']!, named['month']! - 1, named['day']! + fromNow));
  return counted.toISOString().slice(0, 10).replaceAll('-', '');
}
