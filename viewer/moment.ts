// How long ago something was, in words that stay true while a page is open. Not with the shell.
import { signal } from '@preact/signals';
import { dateAndTime, kept } from './format.ts';

const minuteMs = 60_000;

let beat: ReturnType<typeof setInterval> | undefined;
/** Goes on while something of it is shown: a list in which nothing changes is not drawn anew by itself. */
const minutesShown = signal(0, {
  watched() {
    beat = setInterval(() => (minutesShown.value += 1), minuteMs);
  },
  unwatched() {
    clearInterval(beat);
  },
});

/** A moment (ISO 8601) as the reader says it: minutes and hours ago for today, the date otherwise. */
export function moment(value: string | null | undefined): string | undefined {
  void minutesShown.value;
  const when = new Date(value ?? '');
  if (Number.isNaN(when.getTime())) return undefined;
  const minutes = Math.round((Date.now() - when.getTime()) / minuteMs);
  const ago = kept('ago', (where) => new Intl.RelativeTimeFormat(where, { numeric: 'auto' }));
  if (minutes < 1) return ago.format(0, 'second');
  if (minutes < 60) return ago.format(-minutes, 'minute');
  if (minutes < 24 * 60) return ago.format(-Math.round(minutes / 60), 'hour');
  return dateAndTime(when);
}
