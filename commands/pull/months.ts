/** The calendar of a pull: months, newest first, and the hours of the day in which it may work. */

/** The first month of which a PACS may have studies. */
export const beginning = '199001';

/** A month as its name and as a range of PS3.4 C.2.2.2.5.1. */
export interface Month {
  /** `2026-11` */
  readonly name: string;
  /** `20261101-20261130` */
  readonly range: string;
  /** Nothing dated in it can come any more. */
  readonly isOver: boolean;
}

/** @param from, until months as `202601`, both included @param today at the site, as `20260131` */
export function* monthsBack(from: string, until: string, today: string): Generator<Month> {
  for (let month = until; month >= from; month = monthBefore(month)) {
    const last = `${month}${daysIn(month)}`;
    yield { name: `${month.slice(0, 4)}-${month.slice(4)}`, range: `${month}01-${last}`, isOver: last < today };
  }
}

/** Whether a text is a day in these months, both included: what a range of dates finds. */
export function isDayOf(from: string, until: string, text: string): boolean {
  const [, month, day] = /^(\d{6})(\d{2})$/.exec(text) ?? [];
  if (month === undefined || month < from || month > until || !/(0[1-9]|1[0-2])$/.test(month)) return false;
  return Number(day) >= 1 && Number(day) <= daysIn(month);
}

/** The days of a month's range in two parts; undefined where it is one day, or no range. */
export function halved(range: string): readonly [string, string] | undefined {
  const [, month, from, to] = /^(\d{6})(\d{2})-\1(\d{2})$/.exec(range) ?? [];
  if (month === undefined || from === to) return undefined;
  const [first, last] = [Number(from), Number(to)];
  const middle = Math.floor((first + last) / 2);
  const days = (a: number, b: number) => [a, b].map((day) => `${month}${String(day).padStart(2, '0')}`).join('-');
  return [days(first, middle), days(middle + 1, last)];
}

/** The day at a place, as `20260131`, and the time of day there, as `22:05`. */
export function placeTime(timeZone: string, now = new Date()): { readonly day: string; readonly time: string } {
  const form = new Intl.DateTimeFormat('en', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  const part = Object.fromEntries(form.formatToParts(now).map(({ type, value }) => [type, value]));
  return { day: `${part['year']}${part['month']}${part['day']}`, time: `${part['hour']}:${part['minute']}` };
}

export interface Hours {
  readonly from: string;
  readonly until: string;
}

/** Whether a time of day lies between; over midnight where the first is the later one. */
export function isWithin({ from, until }: Hours, time: string): boolean {
  return from <= until ? time >= from && time < until : time >= from || time < until;
}

export function monthAfter(day: string): string {
  const [year, month] = [Number(day.slice(0, 4)), Number(day.slice(4, 6))];
  return month === 12 ? `${year + 1}01` : `${year}${String(month + 1).padStart(2, '0')}`;
}

function monthBefore(month: string): string {
  const [year, number] = [Number(month.slice(0, 4)), Number(month.slice(4))];
  return number === 1 ? `${year - 1}12` : `${year}${String(number - 1).padStart(2, '0')}`;
}

function daysIn(month: string): number {
  return new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(4)), 0)).getUTCDate();
}
