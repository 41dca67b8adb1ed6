// The series of a study, as the archive lists them.
import { readSeriesOfInstance, readSeriesOfStudy } from '../image-client.ts';
import { number, string } from '../viewport/dicom-json.ts';
import type { DisplaySet } from '../viewport/display-sets.ts';

/** One series, from QIDO-RS. */
export interface SeriesEntry {
  study: string;
  uid: string;
  number: number | undefined;
  modality: string | undefined;
  description: string | undefined;
  instances: number;
  /** it is not listed, and may turn out to be of any study that is open */
  isOfAnyStudy?: true;
}

/** A series is of its study: two studies may each have one of the same UID, which is wrong and happens. */
const seriesKey = (study: string, uid: string) => `${study}/${uid}`;
export const keyOf = ({ study, uid }: SeriesEntry) => seriesKey(study, uid);
export const keyOfSet = ({ StudyInstanceUID, SeriesInstanceUID }: DisplaySet) =>
  seriesKey(StudyInstanceUID, SeriesInstanceUID);
export const isSameSeries = (a: SeriesEntry | undefined, b: SeriesEntry) => a !== undefined && keyOf(a) === keyOf(b);

export async function seriesOf(study: string, signal: AbortSignal): Promise<SeriesEntry[]> {
  const found = await readSeriesOfStudy(study, signal);
  const list = found.flatMap((dataset): SeriesEntry[] => {
    const uid = string(dataset, '0020000E');
    if (!uid) return [];
    return [
      {
        study,
        uid,
        number: number(dataset, '00200011'),
        modality: string(dataset, '00080060'),
        description: string(dataset, '0008103E'),
        instances: number(dataset, '00201209') ?? 0,
      },
    ];
  });
  return list.sort(
    (a, b) =>
      (a.number ?? Number.MAX_SAFE_INTEGER) - (b.number ?? Number.MAX_SAFE_INTEGER) || a.uid.localeCompare(b.uid),
  );
}

/** What stands for a series that is not in the list: nothing is known of it but whose it would be. */
export const unlisted = (study: string, uid: string): SeriesEntry => ({
  study,
  uid,
  number: undefined,
  modality: undefined,
  description: undefined,
  instances: 0,
});

/** The same where an address names several studies, and not the one that it would be of. */
export const unlistedOfAny = ([first]: readonly string[], uid: string): SeriesEntry => ({
  ...unlisted(first!, uid),
  isOfAnyStudy: true,
});

/** The one that an instance is in, where an address does not say so, or a report was written before the images were put right. */
export async function entryHolding(
  instance: string,
  among: readonly SeriesEntry[],
  signal: AbortSignal,
): Promise<SeriesEntry | undefined> {
  const studies = [...new Set(among.map(({ study }) => study))];
  const found = await Promise.all(studies.map((study) => readSeriesOfInstance(study, instance, signal)));
  return among.find(({ study, uid }) => uid === found[studies.indexOf(study)]);
}

/** Modalities whose series never hold an image to show; anything else may. */
const withoutImages = new Set([
  'SR',
  'KO',
  'PR',
  'RTSTRUCT',
  'RTPLAN',
  'RTRECORD',
  'REG',
  'FID',
  'DOC',
  'PLAN',
  'AU',
  'ECG',
  'HD',
  'RWV',
  'M3D',
  'ANN',
]);

export const mayHoldImages = ({ modality }: SeriesEntry) => !withoutImages.has(modality ?? '');
