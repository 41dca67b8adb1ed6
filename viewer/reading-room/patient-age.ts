// How old the patient was when the study was made.
import type { JsonDataset } from '../archive-client.ts';
import { text, type Msg } from '../text.ts';
import { string } from '../viewport/dicom-json.ts';

type Unit = 'D' | 'W' | 'M' | 'Y';

const words: Record<Unit, Msg> = { D: 'days', W: 'weeks', M: 'months', Y: 'age' };
// Nobody has been older; a birth so long before, or an age of 999 years, is one that stands for "unknown".
const mostYears = 125;
// What most systems write for it.
const unknownBirth = Date.UTC(1900, 0, 1);

/** Patient's Age (0010,1010), else from birth to study: readers of children and of bones ask for it first. */
export function patientAge(dataset: JsonDataset): string | undefined {
  const own = said(string(dataset, '00101010'));
  const birth = string(dataset, '00100030');
  // Nought is what devices write that do not know it: where a birth is said and cannot be, nothing is known.
  const age = own && (own.count > 0 || !birth) ? own : between(birth, string(dataset, '00080020'));
  return age && text(words[age.unit], { n: age.count });
}

/** Three digits and a unit (PS3.5 6.2, AS). */
function said(value: string | undefined): { count: number; unit: Unit } | undefined {
  const [, digits, unit] = /^(\d{1,3})([DWMY])$/.exec(value ?? '') ?? [];
  const count = Number(digits);
  if (!unit || (unit === 'Y' && count > mostYears)) return undefined;
  return { count, unit: unit as Unit };
}

/** From one DA to another: days up to a month, months up to two years, then completed years. */
function between(birth: string | undefined, study: string | undefined): { count: number; unit: Unit } | undefined {
  const [from, to] = [birth, study].map(partsOf);
  if (!from || !to || from.midnight === unknownBirth) return undefined;
  const days = (to.midnight - from.midnight) / 86_400_000;
  const months = (to.year - from.year) * 12 + to.month - from.month - (to.day < from.day ? 1 : 0);
  if (days < 0 || months > mostYears * 12) return undefined;
  if (months >= 24) return { count: Math.floor(months / 12), unit: 'Y' };
  return months >= 1 ? { count: months, unit: 'M' } : { count: days, unit: 'D' };
}

function partsOf(date: string | undefined) {
  const [, year, month, day] = (/^(\d{4})\.?(\d\d)\.?(\d\d)$/.exec(date ?? '') ?? []).map(Number);
  if (!year || !month || !day) return undefined;
  const midnight = new Date(Date.UTC(year, month - 1, day));
  // Of month 19 or day 45 a Date makes one of another month.
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day) return undefined;
  return { year, month, day, midnight: midnight.getTime() };
}
