/** The Query/Retrieve information models (PS3.4 C.6): their levels, from the top, and the unique key of each. */
import { tagOf } from '#dicom/data/dictionary.ts';
import { uid } from '#dicom/data/uid.ts';
import type { Uid } from '#dicom/data/uid.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import type { Level } from '#index/attributes.ts';

export interface QueryLevel {
  /** Value of Query/Retrieve Level (0008,0052). */
  readonly name: string;
  readonly level: Level;
  readonly uniqueKey: number;
}

export interface InformationModel {
  readonly name: string;
  /** SOP classes of C-FIND, C-MOVE and C-GET. */
  readonly find: Uid;
  readonly move: Uid;
  readonly get: Uid;
  readonly levels: readonly QueryLevel[];
}

const queryLevel = (name: string, level: Level, keyword: string): QueryLevel => ({
  name,
  level,
  uniqueKey: tagOf(keyword) as number,
});
const patient = queryLevel('PATIENT', 'patient', 'PatientID');
const study = queryLevel('STUDY', 'study', 'StudyInstanceUID');
const series = queryLevel('SERIES', 'series', 'SeriesInstanceUID');
const image = queryLevel('IMAGE', 'instance', 'SOPInstanceUID');

/** @param root number of the model below 1.2.840.10008.5.1.4.1.2 */
function informationModel(name: string, root: number, levels: readonly QueryLevel[]): InformationModel {
  const sopClass = (service: number) => uid(`1.2.840.10008.5.1.4.1.2.${root}.${service}`);
  return { name, find: sopClass(1), move: sopClass(2), get: sopClass(3), levels };
}

export const informationModels: readonly InformationModel[] = [
  informationModel('Patient Root', 1, [patient, study, series, image]),
  informationModel('Study Root', 2, [study, series, image]),
  informationModel('Patient/Study Only (Retired)', 3, [patient, study]),
];

/** Identifiers have no Pixel Data, so no syntax that compresses it is theirs. */
export function isForIdentifiers(syntax: TransferSyntax): boolean {
  return !syntax.encapsulated;
}
