// Positron emission tomography by Philips: values are counts (Units, 0054,1001, CNTS), and what makes an uptake value of them is private
// to it: elements of "Philips PET Private Group", as its conformance statements describe them.
import type { JsonDataset } from '../archive-client.ts';
import { inlineBytes, number, string } from './dicom-json.ts';

const creator = 'Philips PET Private Group';
const group = '7053';
const suvFactor = '00';
const activityFactor = '09';

interface PhilipsFactors {
  /** what counts after their rescale are multiplied by to be uptake values by body weight; undefined where the file has none */
  suv: number | undefined;
  /** to be Bq/ml */
  activity: number | undefined;
}

/** Of a whole series: undefined where its slices do not agree. */
export function philipsFactors(instances: readonly JsonDataset[]): PhilipsFactors {
  return { suv: factorOf(instances, suvFactor), activity: factorOf(instances, activityFactor) };
}

function factorOf(instances: readonly JsonDataset[], element: string): number | undefined {
  const [first, ...others] = instances.map((instance) => {
    const block = blockOf(instance);
    return block === undefined ? undefined : decimal(instance, `${group}${block}${element}`);
  });
  const isOne = first !== undefined && first > 0 && others.every((factor) => factor === first);
  return isOne ? first : undefined;
}

/** Which elements it has reserved in this data set (PS3.5 7.8.1), two hexadecimal digits. */
function blockOf(instance: JsonDataset): string | undefined {
  for (let at = 0x10; at <= 0xff; at += 1) {
    const block = at.toString(16).toUpperCase();
    if (textOf(instance, `${group}00${block}`) === creator) return block;
  }
  return undefined;
}

const decimal = (instance: JsonDataset, tag: string) => {
  const said = number(instance, tag) ?? Number(textOf(instance, tag) || NaN);
  return Number.isFinite(said) ? said : undefined;
};

/** Where the transfer syntax says no VR, a private element is of unknown VR, and its characters come as bytes. */
function textOf(instance: JsonDataset, tag: string): string | undefined {
  const said = string(instance, tag);
  const bytes = said === undefined ? inlineBytes(instance, tag) : undefined;
  return bytes
    ? String.fromCharCode(...bytes.subarray(0, 64))
        .replace(/[\0 ]+$/, '')
        .trim()
    : said;
}
