/**
 * Basic worklist management, modality worklist (PS3.4 Annex K): what is scheduled, by whatever keys a modality asks. The
 * keys that modalities narrow down by are answered by an index, all others entry by entry.
 */
import { recordAccess } from '#access/record.ts';
import { isUniversal, matchesIdentifier } from '#dicom/data/attribute-matching.ts';
import { textValues } from '#dicom/data/dataset.ts';
import type { Dataset, Element } from '#dicom/data/dataset.ts';
import { keywordOf } from '#dicom/data/dictionary.ts';
import { inCharacterSet, selected, writingFor } from '#dicom/data/identifier-answer.ts';
import { modalityWorklistSOPClass } from '#dicom/data/sop-class.ts';
import type { Answer, Request, Service } from '#dicom/dimse/service.ts';
import { status } from '#dicom/dimse/status.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { transferSyntaxOf } from '#dicom/syntax/all.ts';
import { limits } from '#settings/limits.ts';
import { nextTurnOfCaller } from '#settings/turn-of-caller.ts';
import { openStates, stepsInOrder } from '#workflow/scheduled-steps.ts';
import type { StepFilter, StepState } from '#workflow/scheduled-steps.ts';
import { stepDataset } from '#workflow/step-attributes.ts';
import type { StepAttributes } from '#workflow/step-attributes.ts';
import { requireRight } from '../require-right.ts';
import { answering, findBehaviour, worklistExtensions } from './extended-negotiation.ts';
import { readIdentifierDataset } from './identifier-dataset.ts';
import { isForIdentifiers } from './information-model.ts';
import { findRefusalOf } from './refusal.ts';
import type { ServiceContext } from './service-context.ts';

const specificCharacterSet = 0x00080005;
const scheduledProcedureStepSequence = 0x00400100;
const startDate = 0x00400002;
const startTime = 0x00400003;
const patientID = 0x00100020;
const accessionNumber = 0x00080050;
const modality = 0x00080060;
const stationAETitle = 0x00400001;

export const modalityWorklist: Service<ServiceContext> = {
  name: 'Modality Worklist: FIND',
  abstractSyntaxes: (abstractSyntax) => abstractSyntax === modalityWorklistSOPClass,
  transferSyntaxes: isForIdentifiers,
  extended: answering(worklistExtensions),
  commands: { 'C-FIND-RQ': findSteps },
};

const answersAtOnce = 16;

/** Scheduled Procedure Step Status (0040,0020), PS3.3 C.4.10. */
const statusOf = (state: StepState): string => state.toUpperCase();

async function findSteps(request: Request, context: ServiceContext): Promise<Answer> {
  const { caller, parts } = context;
  let count = 0;
  try {
    requireRight('read', caller, parts.log, 'C-FIND');
    const identifier = await readIdentifierDataset(request, limits.workflow, context.caller.characterSet);
    count = await sendSteps(request, context, identifier);
    const matched = [...keysOf(identifier)].map((tag) => keywordOf(tag) ?? 'unknown');
    recordAccess(parts.log, { caller, action: 'search', door: 'C-FIND', matched, count });
  } catch (error) {
    if (request.signal.aborted) return { status: status.cancel };
    return findRefusalOf(error);
  }
  return { status: request.signal.aborted ? status.cancel : status.success };
}

/** @returns how many */
async function sendSteps(
  request: Request,
  { caller, parts, callingAETitle }: ServiceContext,
  identifier: Dataset,
): Promise<number> {
  const syntax = transferSyntaxOf(request.transferSyntax);
  const filter = filterOf(identifier);
  const { keys, areAll } = supportedKeys(identifier, everyAttribute);
  const pending = areAll ? status.pending : status.pendingWithUnsupportedKeys;
  const { fuzzyNames } = findBehaviour(request.extended);
  const matching = { combined: [[startDate, startTime]], fuzzyNames } as const;
  const writing = writingFor(identifier.characterSet, caller.characterSet);
  let sent = 0;
  for await (const steps of stepsInOrder(parts.database, filter, limits.workflow.stepsAtOnce)) {
    for (const { attributes, state } of steps) {
      const entry = stepDataset(answered(attributes, filter.stationAETitle ?? callingAETitle), statusOf(state));
      if (!matchesIdentifier(keys, entry, matching)) continue;
      const answer = inCharacterSet(selected(identifier, entry), writing);
      await request.pending({ status: pending, identifier: serializeDataset(answer, syntax) });
      // Between answers a C-CANCEL is heard.
      if (++sent % answersAtOnce === 0) await nextTurnOfCaller();
      if (request.signal.aborted) return sent;
    }
    await nextTurnOfCaller();
    if (request.signal.aborted) break;
  }
  return sent;
}

/** An entry with nothing in it: of what there may be in one, all is there. */
const everyAttribute = stepDataset({}, '');

/**
 * The keys that an entry can have. Others are answered empty, and narrow nothing down (K.2.2.3, as C.2.2.1.3). One that is
 * empty itself asks for no more: there are toolkits (dcmjs-dimse) that take the FF01H of a key too many for the last answer.
 */
function supportedKeys(identifier: Dataset, entry: Dataset): { readonly keys: Dataset; readonly areAll: boolean } {
  const elements = new Map<number, Element>();
  let areAll = true;
  for (const [tag, element] of identifier.elements) {
    const known = entry.elements.get(tag);
    if (!known) {
      if (!isUniversal({ ...identifier, elements: new Map([[tag, element]]) })) areAll = false;
      continue;
    }
    const [item] = known.items ?? [];
    // Of codes every attribute is kept.
    const within = item ? element.items?.map((each) => supportedKeys(each, item)) : undefined;
    if (within?.some((each) => !each.areAll)) areAll = false;
    elements.set(tag, within ? { ...element, items: within.map(({ keys }) => keys) } : element);
  }
  return { keys: { ...identifier, elements }, areAll };
}

/**
 * No answer is without a station and a time (Table K.6-1): what is scheduled for no station in particular is for the one that
 * asks, and what has no time of its day is there from its beginning.
 */
function answered(attributes: StepAttributes, asking: string): StepAttributes {
  const { ScheduledStationAETitle: stations, ScheduledProcedureStepStartTime: time } = attributes;
  const isForAll = !Array.isArray(stations) || stations.length === 0;
  return {
    ...attributes,
    ...(isForAll && { ScheduledStationAETitle: [asking] }),
    ScheduledProcedureStepStartTime: time || '000000',
  };
}

/** As far as a key says no more than one value. */
function filterOf(identifier: Dataset): StepFilter {
  const step = identifier.elements.get(scheduledProcedureStepSequence)?.items?.[0];
  const single = (dataset: Dataset | undefined, tag: number): string | undefined => {
    const [value, ...others] = dataset ? textValues(dataset, tag) : [];
    return value === undefined || value === '' || others.length > 0 || /[*?\\]/.test(value) ? undefined : value;
  };
  const [, from, dash, to] = /^(\d{8})?(-)?(\d{8})?$/.exec(single(step, startDate) ?? '') ?? [];
  const values = {
    from,
    to: dash === undefined ? from : to,
    modality: single(step, modality),
    stationAETitle: single(step, stationAETitle),
    patientID: single(identifier, patientID),
    accessionNumber: single(identifier, accessionNumber),
  };
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return { states: openStates, ...(Object.fromEntries(given) as Partial<StepFilter>) };
}

function* keysOf(identifier: Dataset): Generator<number> {
  for (const { tag, items, bytes } of identifier.elements.values()) {
    if (items) for (const item of items) yield* keysOf(item);
    else if (bytes && bytes.length > 0 && tag !== specificCharacterSet) yield tag;
  }
}
