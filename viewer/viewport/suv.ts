// The standardized uptake value of positron emission tomography: activity per dose and weight of the body (PS3.3 C.8.9.1, C.8.9.2).
import type { JsonDataset } from '../archive-client.ts';
import { items, number, string, strings } from './dicom-json.ts';
import { philipsFactors } from './philips-pet.ts';

export interface Suv {
  /** what a value is multiplied by */
  factor: number;
  unit: 'SUVbw';
}

/**
 * How a stored value of a series becomes one by body weight: undefined where the file does not say all that is needed, or where what it
 * says leaves open when its decay was corrected to. Then the value stays what it is. Decided of all slices at once, for what decides is of
 * the series (C.8.9.1): else two slices of one series could be said in different units.
 * @param instances  all images of one series
 */
export function suvOf(instances: readonly JsonDataset[]): Suv | undefined {
  const [instance] = instances;
  if (!instance || string(instance, '00080060') !== 'PT') return undefined;
  const units = string(instance, '00541001');
  // Values in g/ml are one already; of another kind than body weight they would say so (SUV Type, 0054,1006).
  if (units === 'GML')
    return (string(instance, '00541006') ?? 'BW') === 'BW' ? { factor: 1, unit: 'SUVbw' } : undefined;
  const corrected = strings(instance, '00280051').map((value) => value.trim());
  if (!corrected.includes('ATTN') || !corrected.includes('DECY')) return undefined;
  const philips = units === 'CNTS' ? philipsFactors(instances) : undefined;
  if (philips?.suv) return { factor: philips.suv, unit: 'SUVbw' };
  const activity = units === 'BQML' ? 1 : philips?.activity;
  const dose = activity && doseThen(instance, instances);
  const weightKg = number(instance, '00101030');
  return dose && weightKg && weightKg > 0 ? { factor: (activity * weightKg * 1000) / dose, unit: 'SUVbw' } : undefined;
}

/** What was left of the dose at the time that Decay Correction (0054,1102) refers to, Bq. */
function doseThen(instance: JsonDataset, all: readonly JsonDataset[]): number | undefined {
  const [drug] = items(instance, '00540016');
  const dose = drug && number(drug, '00181074');
  const halfLifeSeconds = drug && number(drug, '00181075');
  if (!dose || !halfLifeSeconds || dose <= 0 || halfLifeSeconds <= 0) return undefined;
  const correction = string(instance, '00541102');
  if (correction === 'ADMIN') return dose;
  if (correction !== 'START') return undefined;
  const date = string(instance, '00080021');
  const begun = seconds(date, string(instance, '00080031'));
  const acquired = firstAcquired(all);
  // A series that was made later from another one has a time of its own, which nothing was corrected to.
  if (begun === undefined || begun > acquired) return undefined;
  const given = givenAt(instance, drug, date);
  return given !== undefined && given <= begun ? dose * 2 ** (-(begun - given) / halfLifeSeconds) : undefined;
}

/** The earliest of what the slices say; before all times where none says any. */
function firstAcquired(all: readonly JsonDataset[]): number {
  let first = Infinity;
  for (const instance of all) {
    const acquired = seconds(string(instance, '00080022'), string(instance, '00080032'));
    if (acquired !== undefined && acquired < first) first = acquired;
  }
  return first === Infinity ? -Infinity : first;
}

// Zones lie whole quarters of an hour apart; what a device says twice may differ in how it was rounded.
const nearlySameSeconds = 60;

/**
 * When it was given, on the clock that the times of the series are of: Radiopharmaceutical Start DateTime (0018,1078) may be of another
 * one, by its offset from UTC (PS3.5 6.2, DT). Undefined where it is, and nothing says by how much the two clocks differ.
 */
function givenAt(instance: JsonDataset, drug: JsonDataset, date: string | undefined): number | undefined {
  const time = string(drug, '00181072');
  const dateTime = string(drug, '00181078');
  if (!dateTime) return seconds(date, time);
  const [local = '', itsOffset] = dateTime.split(/(?=[+-])/);
  const day = local.slice(0, 8);
  const said = seconds(day, local.slice(8));
  if (said === undefined || itsOffset === undefined) return said;
  const [ofDateTime, ofSeries] = [itsOffset, string(instance, '00080201')].map(offsetSeconds);
  if (ofDateTime !== undefined && ofSeries !== undefined) return said - ofDateTime + ofSeries;
  const onThatDay = seconds(day, time);
  return onThatDay !== undefined && Math.abs(said - onThatDay) < nearlySameSeconds ? said : undefined;
}

/** Of Timezone Offset From UTC (0008,0201), and at the end of a DT. */
function offsetSeconds(offset: string | undefined): number | undefined {
  const [, sign, hours, minutes] = /^([+-])(\d\d)(\d\d)$/.exec(offset ?? '') ?? [];
  return sign ? (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60) : undefined;
}

/** Of DA and TM (PS3.5 6.2): only differences mean anything, and those within one hospital. */
function seconds(date: string | undefined, time: string | undefined): number | undefined {
  const [, year, month, day] = /^(\d{4})\.?(\d\d)\.?(\d\d)$/.exec(date ?? '') ?? [];
  const [, hour, minute, second] = /^(\d\d):?(\d\d)?:?(\d\d(?:\.\d+)?)?/.exec(time ?? '') ?? [];
  if (!year || !hour) return undefined;
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day)) / 1000;
  return midnight + Number(hour) * 3600 + Number(minute ?? 0) * 60 + Number(second ?? 0);
}
