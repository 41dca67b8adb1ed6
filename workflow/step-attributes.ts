/**
 * The attributes of a scheduled procedure step with its requested procedure, order, visit and patient, as the worklist
 * keeps and answers them (PS3.4 Table K.6-1). Flat and by keyword where people and programs write them; where each
 * belongs in the data set stands here.
 */
import { z } from 'zod';
import { aeTitlePattern } from '#dicom/data/ae-title.ts';
import type { Dataset } from '#dicom/data/dataset.ts';
import { hexTag, impliedVR, tagOf } from '#dicom/data/dictionary.ts';
import { isUid } from '#dicom/data/uid.ts';
import { fromDicomJson } from '#dicom/web/from-dicom-json.ts';

/** In the data set itself, or in the item of Scheduled Procedure Step Sequence (0040,0100). */
type Place = 'dataset' | 'step';

const scheduledProcedureStepSequence = 0x00400100;

/** Beside them Scheduled Procedure Step Status (0040,0020), which is the state. */
const places = {
  // Patient
  PatientName: 'dataset',
  PatientID: 'dataset',
  IssuerOfPatientID: 'dataset',
  PatientBirthDate: 'dataset',
  PatientSex: 'dataset',
  PatientWeight: 'dataset',
  PatientSize: 'dataset',
  PatientComments: 'dataset',
  EthnicGroup: 'dataset',
  ConfidentialityConstraintOnPatientDataDescription: 'dataset',
  PatientState: 'dataset',
  PregnancyStatus: 'dataset',
  MedicalAlerts: 'dataset',
  Allergies: 'dataset',
  SpecialNeeds: 'dataset',
  AdditionalPatientHistory: 'dataset',
  // Visit
  AdmissionID: 'dataset',
  CurrentPatientLocation: 'dataset',
  InstitutionName: 'dataset',
  AdmittingDiagnosesDescription: 'dataset',
  // Imaging service request
  AccessionNumber: 'dataset',
  ReferringPhysicianName: 'dataset',
  RequestingPhysician: 'dataset',
  RequestingService: 'dataset',
  ImagingServiceRequestComments: 'dataset',
  // Requested procedure
  StudyInstanceUID: 'dataset',
  RequestedProcedureID: 'dataset',
  RequestedProcedureDescription: 'dataset',
  RequestedProcedureCodeSequence: 'dataset',
  RequestedProcedurePriority: 'dataset',
  RequestedProcedureComments: 'dataset',
  ReasonForTheRequestedProcedure: 'dataset',
  PatientTransportArrangements: 'dataset',
  NamesOfIntendedRecipientsOfResults: 'dataset',
  // Scheduled procedure step
  ScheduledStationAETitle: 'step',
  ScheduledProcedureStepStartDate: 'step',
  ScheduledProcedureStepStartTime: 'step',
  Modality: 'step',
  ScheduledPerformingPhysicianName: 'step',
  ScheduledProcedureStepDescription: 'step',
  ScheduledProtocolCodeSequence: 'step',
  ScheduledProcedureStepID: 'step',
  ScheduledStationName: 'step',
  ScheduledProcedureStepLocation: 'step',
  PreMedication: 'step',
  RequestedContrastAgent: 'step',
  CommentsOnTheScheduledProcedureStep: 'step',
} as const satisfies Record<string, Place>;

/**
 * Of type 2 in Table K.6-1, and empty in every entry: they name instances of the Detached Study and Patient Management SOP
 * classes, which are retired.
 */
const alwaysEmpty = ['ReferencedStudySequence', 'ReferencedPatientSequence'] as const;

type StepKeyword = keyof typeof places;

const text = (most: number) =>
  z
    .string()
    .trim()
    .max(most)
    // oxlint-disable-next-line no-control-regex -- control characters are what it is about
    .regex(/^[^\x00-\x1f\\]*$/, 'no backslash and no control characters');
const longText = z.string().max(10_240);
const code = z.strictObject({
  CodeValue: text(16).min(1),
  CodingSchemeDesignator: text(16).min(1),
  CodingSchemeVersion: text(16).optional(),
  CodeMeaning: text(64).min(1),
});
const aeTitle = z.string().trim().regex(aeTitlePattern, '1 to 16 ASCII characters without backslash');
const date = z.string().refine(isDate, 'YYYYMMDD');
const time = z.string().regex(/^([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?$/, 'HHMMSS');

/** What one value may be, by value representation (PS3.5 6.2). */
const values: Readonly<Record<string, z.ZodType>> = {
  AE: aeTitle,
  CS: z.string().regex(/^[A-Z0-9_ ]{1,16}$/, 'at most 16 capital letters, digits, blanks and underscores'),
  DA: date,
  DS: z.number().min(0).max(100_000),
  LO: text(64),
  LT: longText,
  PN: text(324),
  SH: text(16),
  ST: z.string().max(1024),
  TM: time,
  UI: z.string().refine(isUid, 'a UID'),
  US: z.int().min(0).max(65_535),
  UT: longText,
};

/** Attributes with more than one value: what is scheduled may run on any of several stations. */
const multiple: ReadonlySet<string> = new Set([
  'ScheduledStationAETitle',
  'ScheduledStationName',
  'MedicalAlerts',
  'Allergies',
  'NamesOfIntendedRecipientsOfResults',
]);
/** No entry without: whom, what, where to begin, and when. */
const required: ReadonlySet<string> = new Set([
  'PatientName',
  'PatientID',
  'Modality',
  'ScheduledProcedureStepStartDate',
]);

function schemaOf(keyword: string) {
  const vr = impliedVR(tagOf(keyword));
  if (vr === 'SQ') return z.array(code).max(20).optional();
  const one = values[vr] as z.ZodType;
  if (multiple.has(keyword)) return z.array(one).max(20).optional();
  return required.has(keyword) ? one.refine((value) => value !== '', 'not empty') : one.optional();
}

/** By keyword; what is left out is empty. */
export type StepAttributes = Readonly<
  Partial<Record<StepKeyword, string | number | readonly string[] | readonly z.infer<typeof code>[]>>
>;

export const stepAttributes = z.strictObject(
  Object.fromEntries(Object.keys(places).map((keyword) => [keyword, schemaOf(keyword)])),
) as unknown as z.ZodType<StepAttributes>;

/** The text of an attribute, or ''. */
export function stepText(attributes: StepAttributes, keyword: StepKeyword): string {
  const value = attributes[keyword];
  return typeof value === 'string' ? value : '';
}

/** The entry as a data set in UTF-8, every attribute there, empty where it has no value. @param status CS of the state */
export function stepDataset(attributes: StepAttributes, status: string): Dataset {
  const parts: Record<Place, Record<string, unknown>> = { dataset: {}, step: {} };
  for (const [keyword, place] of Object.entries(places) as [StepKeyword, Place][]) {
    const tag = tagOf(keyword);
    parts[place][hexTag(tag)] = jsonAttribute(tag, attributes[keyword]);
  }
  for (const keyword of alwaysEmpty) parts.dataset[hexTag(tagOf(keyword))] = { vr: 'SQ' };
  parts.step[hexTag(tagOf('ScheduledProcedureStepStatus'))] = { vr: 'CS', Value: [status] };
  const json = { ...parts.dataset, [hexTag(scheduledProcedureStepSequence)]: { vr: 'SQ', Value: [parts.step] } };
  return fromDicomJson(json, { sequenceDepth: 4 });
}

function jsonAttribute(tag: number, value: StepAttributes[StepKeyword]): unknown {
  const vr = impliedVR(tag);
  if (value === undefined || value === '') return { vr };
  if (vr !== 'SQ') return { vr, Value: Array.isArray(value) ? value : [value] };
  const items = (value as readonly Record<string, string>[]).map((item) =>
    Object.fromEntries(
      Object.entries(item).map(([keyword, each]) => {
        const itemTag = tagOf(keyword);
        return [hexTag(itemTag), { vr: impliedVR(itemTag), Value: [each] }];
      }),
    ),
  );
  return { vr, Value: items };
}

/** YYYYMMDD of a day that there is. */
function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(text)?.map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) return false;
  const at = new Date(Date.UTC(year, month - 1, day));
  return at.getUTCMonth() === month - 1 && at.getUTCDate() === day;
}
