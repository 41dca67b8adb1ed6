/**
 * Which attributes are columns of the index, at which level, and how each one matches (PS3.4 C.2.2.2).
 * Ingest reads these from the data set as it passes, search turns them into SQL and back into answers.
 */
import { tagOf } from '#dicom/data/dictionary.ts';

export type Level = 'patient' | 'study' | 'series' | 'instance';

/** How a key of this attribute is compared with the column. */
export type Matching = 'uid' | 'text' | 'name' | 'date' | 'time' | 'number' | 'modalities' | 'uids' | 'none';

export interface IndexedAttribute {
  readonly keyword: string;
  readonly tag: number;
  readonly vr: string;
  readonly level: Level;
  readonly column: string;
  readonly matching: Matching;
  /** False for what the index counts or sums up itself, rather than reading it from a data set. */
  readonly received: boolean;
  /** True for what is put together for each row anew, from everything below it: only who names it, at its own level, gets it. */
  readonly isDear?: true;
  /** The sequence whose items hold it, where it does not stand at the top: it is a column of the sequence's own table. */
  readonly within?: number;
  /** Of a person's name: the columns that hold it folded, and folded as words between blanks. */
  readonly folded?: string;
  readonly words?: string;
}

/** A sequence whose items are rows of a table of their own, in order; those of the patient level belong to a study, too. */
export interface IndexedSequence {
  readonly keyword: string;
  readonly tag: number;
  readonly level: Level;
  /** The table's name, and that of the items in an instance's record. */
  readonly table: string;
}

type Row = readonly [
  keyword: string,
  vr: string,
  column: string,
  matching: Matching,
  more?: { received?: false; isDear?: true; within?: string; folded?: string; words?: string },
];

function level(name: Level, rows: readonly Row[]): IndexedAttribute[] {
  return rows.map(([keyword, vr, column, matching, more]) => {
    const within = more?.within === undefined ? undefined : tagOf(more.within);
    return {
      keyword,
      tag: tagOf(keyword),
      vr,
      level: name,
      column,
      matching,
      received: more?.received ?? true,
      ...(more?.isDear && { isDear: more.isDear }),
      ...(within !== undefined && { within }),
      ...(more?.folded !== undefined && { folded: more.folded }),
      ...(more?.words !== undefined && { words: more.words }),
    };
  });
}

/**
 * Below the patient level, what is said of the patient stands in the study's row: that is what came with the study.
 */
export const indexedAttributes: readonly IndexedAttribute[] = [
  ...level('patient', [
    ['PatientName', 'PN', 'patient_name', 'name', { folded: 'patient_name_folded', words: 'patient_name_words' }],
    ['PatientID', 'LO', 'patient_id', 'text'],
    ['IssuerOfPatientID', 'LO', 'issuer_of_patient_id', 'text'],
    ['PatientBirthDate', 'DA', 'patient_birth_date', 'date'],
    ['PatientSex', 'CS', 'patient_sex', 'text'],
    ['PatientID', 'LO', 'other_patient_id', 'text', { within: 'OtherPatientIDsSequence' }],
    ['IssuerOfPatientID', 'LO', 'issuer_of_other_patient_id', 'text', { within: 'OtherPatientIDsSequence' }],
    ['NumberOfPatientRelatedStudies', 'IS', 'number_of_studies', 'number', { received: false }],
    ['NumberOfPatientRelatedSeries', 'IS', 'number_of_series', 'number', { received: false }],
    ['NumberOfPatientRelatedInstances', 'IS', 'number_of_instances', 'number', { received: false }],
  ]),
  ...level('study', [
    ['StudyInstanceUID', 'UI', 'study_instance_uid', 'uid'],
    ['StudyDate', 'DA', 'study_date', 'date'],
    ['StudyTime', 'TM', 'study_time', 'time'],
    ['TimezoneOffsetFromUTC', 'SH', 'timezone_offset', 'none'],
    ['AccessionNumber', 'SH', 'accession_number', 'text'],
    ['StudyID', 'SH', 'study_id', 'text'],
    ['StudyDescription', 'LO', 'study_description', 'text'],
    ['InstitutionName', 'LO', 'institution_name', 'text'],
    ['ReferringPhysicianName', 'PN', 'referring_physician_name', 'name', { folded: 'referring_physician_folded' }],
    ['ModalitiesInStudy', 'CS', 'modalities', 'modalities', { received: false }],
    // No column: `search-statements.ts` reads it from the study's instances.
    ['SOPClassesInStudy', 'UI', 'sop_classes', 'uids', { received: false, isDear: true }],
    ['NumberOfStudyRelatedSeries', 'IS', 'number_of_series', 'number', { received: false }],
    ['NumberOfStudyRelatedInstances', 'IS', 'number_of_instances', 'number', { received: false }],
  ]),
  ...level('series', [
    ['SeriesInstanceUID', 'UI', 'series_instance_uid', 'uid'],
    ['Modality', 'CS', 'modality', 'text'],
    ['SeriesNumber', 'IS', 'series_number', 'number'],
    ['SeriesDescription', 'LO', 'series_description', 'text'],
    ['SeriesDate', 'DA', 'series_date', 'date'],
    ['SeriesTime', 'TM', 'series_time', 'time'],
    ['BodyPartExamined', 'CS', 'body_part_examined', 'text'],
    ['Laterality', 'CS', 'laterality', 'text'],
    ['ProtocolName', 'LO', 'protocol_name', 'text'],
    ['StationName', 'SH', 'station_name', 'text'],
    ['Manufacturer', 'LO', 'manufacturer', 'text'],
    ['PerformedProcedureStepStartDate', 'DA', 'performed_procedure_step_start_date', 'date'],
    ['PerformedProcedureStepStartTime', 'TM', 'performed_procedure_step_start_time', 'time'],
    ['ScheduledProcedureStepID', 'SH', 'scheduled_procedure_step_id', 'text', { within: 'RequestAttributesSequence' }],
    ['RequestedProcedureID', 'SH', 'requested_procedure_id', 'text', { within: 'RequestAttributesSequence' }],
    ['NumberOfSeriesRelatedInstances', 'IS', 'number_of_instances', 'number', { received: false }],
  ]),
  ...level('instance', [
    ['SOPInstanceUID', 'UI', 'sop_instance_uid', 'uid'],
    ['SOPClassUID', 'UI', 'sop_class', 'uid'],
    ['InstanceNumber', 'IS', 'instance_number', 'number'],
    ['NumberOfFrames', 'IS', 'number_of_frames', 'number'],
    ['Rows', 'US', 'rows', 'number'],
    ['Columns', 'US', 'columns', 'number'],
    ['SamplesPerPixel', 'US', 'samples_per_pixel', 'number'],
    ['BitsAllocated', 'US', 'bits_allocated', 'number'],
  ]),
];

export const indexedSequences: readonly IndexedSequence[] = [
  {
    keyword: 'OtherPatientIDsSequence',
    tag: tagOf('OtherPatientIDsSequence'),
    level: 'patient',
    table: 'other_patient_ids',
  },
  {
    keyword: 'RequestAttributesSequence',
    tag: tagOf('RequestAttributesSequence'),
    level: 'series',
    table: 'request_attributes',
  },
];

/** Other Patient IDs (0010,1000), several values: how older devices write what is now Other Patient IDs Sequence. */
export const retiredOtherPatientIDs = 0x00101000;

/** By a keyword that stands in our own source, at the top of the data set. @throws TypeError where the index does not have it */
export function indexedAttribute(keyword: string): IndexedAttribute {
  const attribute = attributeAt([tagOf(keyword)]);
  if (!attribute) throw new TypeError(`${keyword} is no column of the index`);
  return attribute;
}

/** The attributes that the index has of each item of a sequence; none where it does not know the sequence. */
export function attributesWithin(sequence: number): readonly IndexedAttribute[] {
  return indexedAttributes.filter(({ within }) => within === sequence);
}

const byPath = new Map(
  indexedAttributes.map((attribute) => [[attribute.within, attribute.tag].filter(Boolean).join(), attribute]),
);

/** The attribute at a path of tags, from the data set inwards: `[tag]`, or `[sequence, tag]`. */
export function attributeAt(path: readonly number[]): IndexedAttribute | undefined {
  return byPath.get(path.join());
}
