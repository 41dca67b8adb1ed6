/** What modalities say they performed (MPPS): of an entry of the worklist, and of a study, whether it was in the worklist or not. */
import { withoutEnd } from '#dicom/data/padding.ts';
import { z } from 'zod';
import { recordAccess } from '#access/record.ts';
import type { PersonName } from '#dicom/data/person-name.ts';
import { isUid } from '#dicom/data/uid.ts';
import { holding, weightOfBytes } from '#derive/heavy-heads.ts';
import { jsonItems, jsonValues } from '#dicom/web/dicom-json.ts';
import type { DicomJson } from '#dicom/web/dicom-json.ts';
import type { Database } from '#index/database.ts';
import { limits } from '#settings/limits.ts';
import type { Log } from '#settings/log.ts';
import { instancesThere } from '#workflow/instances-there.ts';
import {
  findPerformedStep,
  missingWhenFinal,
  performedOfStudy,
  referencedInstances,
} from '#workflow/performed-steps.ts';
import type { PerformedStep, WeighedStep } from '#workflow/performed-steps.ts';
import type { Resource } from '../http/resource.ts';
import { Problem } from '../problems.ts';

/** Attributes of a step that are given as they are, '' where it does not say. */
const stepKeywords = [
  'Modality',
  'PerformedStationAETitle',
  'PerformedProcedureStepID',
  'PerformedProcedureStepDescription',
  'PerformedProcedureStepStartDate',
  'PerformedProcedureStepStartTime',
  'PerformedProcedureStepEndDate',
  'PerformedProcedureStepEndTime',
] as const;
const seriesKeywords = ['SeriesInstanceUID', 'ProtocolName', 'SeriesDescription'] as const;

const texts = <Keyword extends string>(keywords: readonly Keyword[]) =>
  Object.fromEntries(keywords.map((keyword) => [keyword, z.string()])) as Record<Keyword, z.ZodString>;

export const performedStep = z.object({
  SOPInstanceUID: z.string(),
  state: z.enum(['in progress', 'completed', 'discontinued']),
  callingAETitle: z.string(),
  createdAt: z.iso.datetime(),
  changedAt: z.iso.datetime(),
  ...texts(stepKeywords),
  series: z.array(
    z.object({
      ...texts(seriesKeywords),
      /** Who worked at the modality, each a person name of PS3.5. */
      OperatorsName: z.array(z.string()),
      /** Instances of it that the modality says it made, and how many of them are here. */
      instances: z.int(),
      instancesHere: z.int(),
    }),
  ),
  /** Instances that the modality says it made, and how many of them are here. */
  instances: z.int(),
  instancesHere: z.int(),
  /** Of a step that is over: what the standard requires of one and the modality did not say, by keyword. */
  missing: z.array(z.string()),
});

/** One after the other, each in memory only while there is room for it. @throws NoRoomInMemory */
export async function performedStepsJson(
  database: Database,
  steps: readonly WeighedStep[],
): Promise<z.input<typeof performedStep>[]> {
  const answers: z.input<typeof performedStep>[] = [];
  for (const { sopInstanceUID, bytes } of steps)
    await holding(weightOfBytes(bytes), async () => {
      const step = await findPerformedStep(database, sopInstanceUID);
      if (step) answers.push(await performedStepJson(database, step));
    });
  return answers;
}

async function performedStepJson(
  database: Database,
  { sopInstanceUID, attributes, state, callingAETitle, createdAt, changedAt }: PerformedStep,
): Promise<z.input<typeof performedStep>> {
  const uids = referencedInstances(attributes);
  const there = await instancesThere(database, uids);
  return {
    SOPInstanceUID: sopInstanceUID,
    state,
    callingAETitle,
    createdAt: createdAt.toISOString(),
    changedAt: changedAt.toISOString(),
    ...textsOf(attributes, stepKeywords),
    series: jsonItems(attributes, 'PerformedSeriesSequence').map((series) => {
      const ofSeries = referencedInstances({ '00400340': { vr: 'SQ', Value: [series] } });
      return {
        ...textsOf(series, seriesKeywords),
        OperatorsName: namesOf(jsonValues(series, 'OperatorsName')),
        instances: ofSeries.length,
        instancesHere: ofSeries.filter((uid) => there.has(uid)).length,
      };
    }),
    instances: uids.length,
    instancesHere: there.size,
    missing: state === 'in progress' ? [] : missingWhenFinal(attributes),
  };
}

function textsOf<Keyword extends string>(json: DicomJson, keywords: readonly Keyword[]): Record<Keyword, string> {
  const textOf = (keyword: string): string => {
    const [value] = jsonValues(json, keyword);
    return typeof value === 'string' ? value : '';
  };
  return Object.fromEntries(keywords.map((keyword) => [keyword, textOf(keyword)])) as Record<Keyword, string>;
}

function namesOf(values: readonly unknown[]): string[] {
  return values.flatMap((value) => {
    const { Alphabetic = '', Ideographic = '', Phonetic = '' } = (value ?? {}) as PersonName;
    const name = withoutEnd([Alphabetic, Ideographic, Phonetic].join('='), '=');
    return name === '' ? [] : [name];
  });
}

export function performedStepResources({ database, log }: { database: Database; log: Log }): Resource[] {
  return [
    {
      method: 'get',
      path: '/studies/:study/performed-steps',
      right: 'read',
      description: {
        summary: 'What modalities say they performed for a study, the oldest first',
        answer: z.object({ steps: z.array(performedStep) }),
      },
      async handle({ caller, params }, response) {
        const StudyInstanceUID = String(params['study']);
        if (!isUid(StudyInstanceUID)) throw new Problem('badRequest', 'the Study Instance UID is no UID');
        const { studies } = caller.scope;
        // What the caller may not see is not there.
        const isSeen = studies === 'all' || studies.some((uid) => uid === StudyInstanceUID);
        const steps = isSeen ? await performedOfStudy(database, StudyInstanceUID, limits.performedStep.listed) : [];
        recordAccess(log, { caller, action: 'search', door: 'API', StudyInstanceUID, count: steps.length });
        response.set('Cache-Control', 'no-store').json({ steps: await performedStepsJson(database, steps) });
      },
    },
  ];
}
