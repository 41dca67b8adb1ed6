/** The Query/Retrieve information models (PS3.4 C.6): their levels, from the top, and the unique key of each. */
import { tagOf } from '#dicom/data/dictionary.ts';
import { patientRoot, patientStudyOnly, studyRoot } from '#dicom/dimse/query-retrieve.ts';
import type { QueryRetrieveModel } from '#dicom/dimse/query-retrieve.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import type { Level } from '#index/attributes.ts';

export interface QueryLevel {
  /** Value of Query/Retrieve Level (0008,0052). */
  readonly name: string;
  readonly level: Level;
  readonly uniqueKey: number;
}

export interface InformationModel extends QueryRetrieveModel {
  readonly name: string;
  readonly levels: readonly QueryLevel[];
}

const queryLevel = (name: string, level: Level, keyword: string): QueryLevel => ({
  name,
  level,
  uniqueKey: tagOf(keyword),
});
const patient = queryLevel('PATIENT', 'patient', 'PatientID');
const study = queryLevel('STUDY', 'study', 'StudyInstanceUID');
const series = queryLevel('SERIES', 'series', 'SeriesInstanceUID');
const image = queryLevel('IMAGE', 'instance', 'SOPInstanceUID');

export const informationModels: readonly InformationModel[] = [
  { name: 'Patient Root', ...patientRoot, levels: [patient, study, series, image] },
  { name: 'Study Root', ...studyRoot, levels: [study, series, image] },
  { name: 'Patient/Study Only (Retired)', ...patientStudyOnly, levels: [patient, study] },
];

/** Identifiers have no Pixel Data, so no syntax that compresses it is theirs. */
export function isForIdentifiers(syntax: TransferSyntax): boolean {
  return !syntax.encapsulated;
}
