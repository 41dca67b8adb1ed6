// The study of the active viewport as one file: for another hospital, a disc, or a program that is not a PACS.
import { studyZipUrl } from '../image-client.ts';
import { string } from '../viewport/dicom-json.ts';
import { active } from './stage.ts';

/** Named by date and UID: a file lies about in places that no name of a patient belongs in. The browser shows how far it has come. */
export function saveStudy(): void {
  const { entry, set, frame } = active.value;
  const study = set.value?.StudyInstanceUID ?? entry.value?.study;
  if (!study) return;
  const instance = frame.value?.instance ?? set.value?.instance;
  const date = instance && string(instance, '00080020');
  const link = document.createElement('a');
  link.href = studyZipUrl(study);
  link.download = `${[date, study].filter(Boolean).join(' ')}.zip`;
  link.click();
}
