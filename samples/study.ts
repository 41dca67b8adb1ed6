/**
 * What all samples of one study say (PS3.3 C.7.2, C.7.5.1, C.12.1).
 */
import { patient } from './patients.ts';
import { randomOf, uidOf } from './seed.ts';
import { type Attributes } from './write.ts';

/** One instance that was computed, and the name of its file below the study's folder. */
export interface Sample {
  readonly name: string;
  readonly attributes: Attributes;
}

export function studyUid(seed: string, number: number): string {
  return uidOf(`${seed} study ${number}`);
}

/** @param number counted from 0; it chooses patient, date and UIDs */
export function study(seed: string, number: number, StudyDescription: string): Attributes {
  const random = randomOf(`${seed} study ${number}`);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const time = `${two(7 + random() * 10)}${two(random() * 60)}${two(random() * 60)}`;
  const date = `2025${two(1 + random() * 12)}${two(1 + random() * 28)}`;
  return {
    SpecificCharacterSet: 'ISO_IR 192',
    ...patient(seed, number),
    StudyInstanceUID: studyUid(seed, number),
    StudyDate: date,
    StudyTime: time,
    StudyID: String(number + 1),
    StudyDescription,
    AccessionNumber: `A${date.slice(2)}${String(number + 1).padStart(4, '0')}`,
    ReferringPhysicianName: 'BÙI^THỊ MINH^^BS',
    SeriesDate: date,
    SeriesTime: time,
    AcquisitionDate: date,
    AcquisitionTime: time,
    ContentDate: date,
    ContentTime: time,
    // Nobody should take these for a patient's: the Patient ID begins with the same word.
    InstitutionName: 'Lightbox',
    Manufacturer: 'Lightbox samples',
    ManufacturerModelName: 'Phantom',
    SoftwareVersions: '1',
  };
}
