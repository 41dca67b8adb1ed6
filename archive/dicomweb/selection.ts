/** The study, series and instance that an address names. */
import type { CallerRequest } from '#archive/http/resource.ts';
import { Problem } from '#archive/problems.ts';
import { isUid } from '#dicom/data/uid.ts';
import type { Selection } from '#index/instances.ts';

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
