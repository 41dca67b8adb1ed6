// What the studies of the address are called, where there are several: without their names nobody could tell this year's images from
// last year's. They are asked for beside the images, which do not wait for them.
import { signal } from '@preact/signals';
import type { JsonDataset } from '../archive-client.ts';
import { asWritten } from '../as-written.ts';
import { readStudies } from '../image-client.ts';
import { beside } from '../beside.ts';
import { date, personName, time } from '../format.ts';
import { text } from '../text.ts';
import { name, string } from '../viewport/dicom-json.ts';

export interface NamedStudy {
  StudyInstanceUID: string;
  /** date and time, or that the date is unknown */
  when: string;
  description: string | undefined;
  /** only where not all are of one patient; the ID as well where names do not tell them apart */
  patient: string | undefined;
}

const answer = signal<{ studies: readonly string[]; found: Awaited<ReturnType<typeof readStudies>> }>({
  studies: [],
  found: [],
});

export async function nameStudies(studies: readonly string[], signal: AbortSignal): Promise<void> {
  answer.value = { studies, found: [] };
  if (studies.length < 2) return;
  const found = await readStudies(studies, signal).catch(() => []); // their images are opened, or fail, by themselves
  if (!signal.aborted) answer.value = { studies, found };
}

/** In the order of the address; none where it names one study only. */
export function namedStudies(): NamedStudy[] {
  const { studies, found } = answer.value;
  if (studies.length < 2) return [];
  // By what their studies say: shown, two IDs may look alike.
  const patients = new Set(
    found.map(asWritten).map((study) => `${string(study, '00100020')}\n${name(study, '00100010')}`),
  );
  const names = new Set(found.map(nameOf));
  return studies.map((uid) => {
    const study = found.find((each) => string(each, '0020000D') === uid) ?? {};
    return {
      StudyInstanceUID: uid,
      when: [date(string(study, '00080020')) ?? text('noDate'), time(string(study, '00080030'))]
        .filter(Boolean)
        .join(' '),
      description: string(study, '00081030'),
      patient: patients.size > 1 ? patientOf(study, names.size < patients.size) : undefined,
    };
  });
}

const nameOf = (study: JsonDataset) => personName(name(study, '00100010'));

/** @param isNamesake  another one of the same name is open: the ID tells which of them it is */
function patientOf(study: JsonDataset, isNamesake: boolean): string {
  const [person, id] = [nameOf(study), string(study, '00100020')];
  return beside(person, (isNamesake || !person) && id) || text('noName');
}
