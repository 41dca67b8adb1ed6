// The study of the active viewport as one file: for another hospital, a disc, or a program that is not a PACS.
import { personName } from '../format.ts';
import { text } from '../text.ts';
import { studyZipUrl } from '../image-client.ts';
import { name, string } from '../viewport/dicom-json.ts';
import { active } from './stage.ts';

/** The browser shows how far it has come, and says if it breaks off. */
export function saveStudy(): void {
  const { entry, set, frame } = active.value;
  const study = set.value?.StudyInstanceUID ?? entry.value?.study;
  if (!study) return;
  const instance = frame.value?.instance ?? set.value?.instance;
  const about = instance
    ? [personName(name(instance, '00100010')) ?? text('noName'), string(instance, '00080020')]
    : [study];
  const link = document.createElement('a');
  link.href = studyZipUrl(study);
  link.download = `${about.filter(Boolean).join(' ')}.zip`;
  link.click();
}
