// Values of DICOM attributes as a reader of Vietnamese or English writes them: dates, times, names, sex, numbers.
import { language, text } from './text.ts';

/** A count or size as the reader writes numbers. */
export function number(value: number, digits = 0): string {
  return kept(`number ${digits}`, (where) => new Intl.NumberFormat(where, { maximumFractionDigits: digits })).format(
    value,
  );
}

/** A measured value, its thousands together: whoever is used to consoles reads 2.867 ms as less than three. */
export function measure(value: number, digits = 0): string {
  // Without a sign before what is rounded to nothing.
  const options = { maximumFractionDigits: digits, useGrouping: false, signDisplay: 'negative' } as const;
  return kept(`measure ${digits}`, (where) => new Intl.NumberFormat(where, options)).format(value);
}

/** With the day as in `date`: what a browser takes for a short one has no century in Vietnamese. */
export function dateAndTime(when: Date): string {
  return dates('date and time', { ...dayFormat(), hour: '2-digit', minute: '2-digit' }).format(when);
}

/** The time of day with seconds. */
export function clock(when: Date): string {
  return dates('clock', { timeStyle: 'medium' }).format(when);
}

/** A DICOM date (YYYYMMDD) as the reader writes dates, with the month in letters in English: 03/04 means two days. */
export function date(value: string | null | undefined): string | undefined {
  const [, year, month, day] = /^(\d{4})\.?(\d{2})\.?(\d{2})/.exec(value ?? '') ?? [];
  if (!year || !month || !day) return undefined;
  const when = new Date(Number(year), Number(month) - 1, Number(day));
  // A thirteenth month must not become January of the next year, nor year 1 that of 1901: show what was said.
  if (when.getMonth() !== Number(month) - 1 || when.getFullYear() !== Number(year)) return value ?? undefined;
  return dates('date', dayFormat()).format(when);
}

const dayFormat = () =>
  ({ day: '2-digit', month: language.value === 'vi' ? '2-digit' : 'short', year: 'numeric' }) as const;

/** A DICOM time (HHMMSS.FFFFFF) as HH:MM; what is no time of day as it was sent. */
export function time(value: string | null | undefined): string | undefined {
  const [, hours, minutes] = /^(\d{2}):?(\d{2})/.exec(value ?? '') ?? [];
  if (!hours || !minutes || !value) return undefined;
  return hours < '24' && minutes < '60' ? `${hours}:${minutes}` : value;
}

/** A person name (PS3.5 6.2) for reading: the components in the order they were written, separators as spaces. */
export function personName(value: string | null | undefined): string | undefined {
  const group = (value ?? '').split('=').find((candidate) => candidate.replaceAll('^', '').trim() !== '');
  return group?.split('^').join(' ').replace(/\s+/g, ' ').trim();
}

/** Patient's Sex (0010,0040) in words; anything unknown as it was sent. */
export function sex(value: string | null | undefined): string | undefined {
  const code = value?.trim();
  if (code === 'M') return text('sexM');
  if (code === 'F') return text('sexF');
  if (code === 'O') return text('sexO');
  return code === '' ? undefined : code;
}

const formats = new Map<string, unknown>();

/** The format of a name for the reader's language, made once: to make one takes as long as a hundred uses. */
export function kept<Format>(name: string, make: (locale: string) => Format): Format {
  const key = `${locale()} ${name}`;
  const known = formats.get(key) as Format | undefined;
  if (known) return known;
  const made = make(locale());
  formats.set(key, made);
  return made;
}

const dates = (name: string, options: Intl.DateTimeFormatOptions) =>
  kept(name, (where) => new Intl.DateTimeFormat(where, options));

const locale = () => (language.value === 'vi' ? 'vi-VN' : 'en-GB');
