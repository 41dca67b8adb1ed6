/** What an address names: the study, series and instance, and frames of it. */
import { isUid } from '#dicom/data/uid.ts';
import type { Selection } from '#index/instances.ts';
import { limits } from '#settings/limits.ts';
import type { CallerRequest } from '../http/resource.ts';
import { Problem } from '../problems.ts';

/** @throws Problem badRequest when one of them is not a UID */
export function selectionOf({ params }: CallerRequest): Selection {
  const selection: Record<string, string> = {};
  for (const name of ['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID']) {
    const value = params[name];
    if (value === undefined) continue;
    if (typeof value !== 'string' || !isUid(value))
      throw new Problem('badRequest', `${name} in the address is not a UID`);
    selection[name] = value;
  }
  return selection as unknown as Selection;
}

/** @returns undefined where the address names none @throws Problem badRequest */
export function frameNumbersOf({ params }: CallerRequest): number[] | undefined {
  if (params['frames'] === undefined) return undefined;
  const numbers = String(params['frames']).split(',');
  if (numbers.length > limits.http.queryResults || !numbers.every((each) => /^[1-9]\d{0,8}$/.test(each)))
    throw new Problem('badRequest', 'frames are numbers from 1 on, separated by commas');
  return numbers.map(Number);
}
