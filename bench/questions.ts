/**
 * What is asked of an index, each kind as somebody at work asks it, and how long the answer may take at the 95th percentile.
 */
import type { KnownStudy } from './filled-index.ts';

/** Through which door: the viewer's own search, QIDO-RS below /dicom-web, or C-FIND at study level. */
export type Question =
  | { readonly door: 'API'; readonly body: object }
  | { readonly door: 'QIDO-RS'; readonly path: string }
  | { readonly door: 'C-FIND'; readonly keys: Readonly<Record<string, string>>; readonly cancelAfter?: number };

export interface QuestionKind {
  readonly name: string;
  readonly wantedMs: number;
  /** @param random 0 … 1, anew at each call */
  ask(study: KnownStudy, day: string, random: () => number): Question;
}

const wantedMs = { id: 20, name: 150, today: 50 };
/** As many as the list shows, and as a page has. */
const shown = 50;

const api = (body: object): Question => ({ door: 'API', body: { limit: shown, ...body } });
const qido = (resource: string, keys: Readonly<Record<string, string | number>>): Question => ({
  door: 'QIDO-RS',
  path: `${resource}?${Object.entries(keys)
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
    .join('&')}`,
});
const cfind = (keys: Readonly<Record<string, string>>, cancelAfter?: number): Question => ({
  door: 'C-FIND',
  keys,
  ...(cancelAfter !== undefined && { cancelAfter }),
});

/** Every word of a name, the given name first: `van anh nguyen`. */
const turned = ({ patient_name_words }: KnownStudy): string => {
  const [family = '', ...rest] = patient_name_words.trim().split(' ');
  return [...rest, family].join(' ');
};
const month = ({ study_date }: KnownStudy): [string, string] => [
  `${study_date.slice(0, 6)}01`,
  `${study_date.slice(0, 6)}31`,
];

export const questionKinds: readonly QuestionKind[] = [
  { name: 'list: first page', wantedMs: wantedMs.today, ask: () => api({}) },
  { name: "list: the day's studies", wantedMs: wantedMs.today, ask: (_, day) => api({ dateFrom: day, dateTo: day }) },
  {
    name: "list: the day's CT",
    wantedMs: wantedMs.today,
    ask: (_, day) => api({ dateFrom: day, dateTo: day, modality: 'CT' }),
  },
  {
    name: 'list: next page',
    wantedMs: wantedMs.today,
    ask: ({ study_date, study_time, id }) => api({ after: [study_date, study_time, id] }),
  },
  { name: 'list: PET', wantedMs: wantedMs.name, ask: () => api({ modality: 'PT' }) },
  { name: 'list: waits for a check', wantedMs: wantedMs.today, ask: () => api({ flagged: true }) },
  { name: 'box: Patient ID', wantedMs: wantedMs.id, ask: ({ patient_id }) => api({ text: patient_id }) },
  {
    name: 'box: accession number',
    wantedMs: wantedMs.id,
    ask: ({ accession_number }) => api({ text: accession_number }),
  },
  { name: 'box: whole name, turned', wantedMs: wantedMs.name, ask: (study) => api({ text: turned(study) }) },
  { name: 'box: "nguyen"', wantedMs: wantedMs.name, ask: () => api({ text: 'nguyen' }) },
  { name: 'box: "nguyen van an"', wantedMs: wantedMs.name, ask: () => api({ text: 'nguyen van an' }) },
  {
    name: 'box: "nguyen van an", CT',
    wantedMs: wantedMs.name,
    ask: () => api({ text: 'nguyen van an', modality: 'CT' }),
  },
  {
    name: 'box: "nguyen", MR, a month',
    wantedMs: wantedMs.name,
    ask: (study) => {
      const [dateFrom, dateTo] = month(study);
      return api({ text: 'nguyen', modality: 'MR', dateFrom, dateTo });
    },
  },
  { name: 'box: nobody', wantedMs: wantedMs.name, ask: () => api({ text: 'nguyen van zzyz' }) },
  {
    name: 'QIDO-RS: PatientID',
    wantedMs: wantedMs.id,
    ask: ({ patient_id }) => qido('/studies', { PatientID: patient_id }),
  },
  {
    name: 'QIDO-RS: AccessionNumber',
    wantedMs: wantedMs.id,
    ask: ({ accession_number }) => qido('/studies', { AccessionNumber: accession_number }),
  },
  {
    name: 'QIDO-RS: StudyInstanceUID',
    wantedMs: wantedMs.id,
    ask: ({ study_instance_uid }) => qido('/studies', { StudyInstanceUID: study_instance_uid }),
  },
  {
    name: 'QIDO-RS: series of a study',
    wantedMs: wantedMs.id,
    ask: ({ study_instance_uid }) => qido(`/studies/${study_instance_uid}/series`, {}),
  },
  {
    name: 'QIDO-RS: instances of a series',
    wantedMs: wantedMs.id,
    ask: ({ study_instance_uid, series_instance_uid }) =>
      qido(`/studies/${study_instance_uid}/series/${series_instance_uid}/instances`, {}),
  },
  {
    name: 'QIDO-RS: Family^Middle G*',
    wantedMs: wantedMs.name,
    ask: ({ patient_name_folded }) =>
      qido('/studies', { PatientName: `${patient_name_folded.slice(0, -2)}*`, limit: shown }),
  },
  {
    name: 'QIDO-RS: whole name, turned',
    wantedMs: wantedMs.name,
    ask: (study) => qido('/studies', { PatientName: turned(study), limit: shown }),
  },
  {
    name: 'QIDO-RS: name and birth date',
    wantedMs: wantedMs.name,
    ask: ({ patient_name_words, patient_birth_date }) =>
      qido('/studies', { PatientName: patient_name_words.trim(), PatientBirthDate: patient_birth_date }),
  },
  {
    name: 'QIDO-RS: three days',
    wantedMs: wantedMs.name,
    ask: ({ study_date }) => qido('/studies', { StudyDate: `${study_date}-${Number(study_date) + 2}`, limit: shown }),
  },
  {
    name: 'QIDO-RS: page anywhere in 20,000',
    wantedMs: wantedMs.name,
    ask: (_, __, random) => qido('/studies', { limit: shown, offset: Math.floor(random() * 19_000) }),
  },
  { name: 'C-FIND: PatientID', wantedMs: wantedMs.id, ask: ({ patient_id }) => cfind({ PatientID: patient_id }) },
  {
    name: 'C-FIND: AccessionNumber',
    wantedMs: wantedMs.id,
    ask: ({ accession_number }) => cfind({ AccessionNumber: accession_number }),
  },
  {
    name: 'C-FIND: name of one person',
    wantedMs: wantedMs.name,
    ask: ({ patient_name_folded, patient_birth_date }) =>
      cfind({ PatientName: patient_name_folded, PatientBirthDate: patient_birth_date }),
  },
  {
    name: 'C-FIND: whole name, turned',
    wantedMs: wantedMs.name,
    ask: (study) => cfind({ PatientName: turned(study) }, shown),
  },
  {
    name: 'C-FIND: NGUYEN^VAN*, 50 of them',
    wantedMs: wantedMs.name,
    ask: () => cfind({ PatientName: 'NGUYEN^VAN*' }, shown),
  },
  {
    name: 'C-FIND: a day of CT',
    wantedMs: wantedMs.today,
    ask: ({ study_date }) => cfind({ StudyDate: study_date, ModalitiesInStudy: 'CT' }),
  },
];
