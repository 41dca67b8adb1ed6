/**
 * Modality performed procedure step service class (PS3.4 Annex F): N-CREATE begins a step, N-SET changes and ends it, and
 * N-GET (F.8, of the Retrieve SOP class) gives it back. Strict in what makes a step one (Table F.7.2-1, type 1), lenient
 * in the rest: what was performed was performed, however little the modality says of it.
 */
import { recordAccess } from '#access/record.ts';
import { beginHolding, weightOfBytes } from '#derive/heavy-heads.ts';
import { textValue } from '#dicom/data/dataset.ts';
import type { Dataset } from '#dicom/data/dataset.ts';
import { hexTag } from '#dicom/data/dictionary.ts';
import { inCharacterSet } from '#dicom/data/identifier-answer.ts';
import { performedStepRetrieveSOPClass, performedStepSOPClass } from '#dicom/data/sop-class.ts';
import { isUid, newUid } from '#dicom/data/uid.ts';
import type { Answer, Request, Service } from '#dicom/dimse/service.ts';
import { status } from '#dicom/dimse/status.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { transferSyntaxOf } from '#dicom/syntax/all.ts';
import { toDicomJsonInTurns } from '#dicom/web/dicom-json.ts';
import type { DicomJson } from '#dicom/web/dicom-json.ts';
import { fromDicomJson } from '#dicom/web/from-dicom-json.ts';
import { completePerformedStep } from '#index/completeness.ts';
import { limits } from '#settings/limits.ts';
import { changePerformedStep, createPerformedStep, findPerformedStep } from '#workflow/performed-steps.ts';
import { missingWhenFinal, performedStepBytes } from '#workflow/performed-steps.ts';
import type { PerformedState, PerformedStep } from '#workflow/performed-steps.ts';
import type { NamedStep } from '#workflow/scheduled-steps.ts';
import { countBytes, countingStep } from './allowances.ts';
import { withIdentifierDataset } from './identifier-dataset.ts';
import { requireRight } from '../require-right.ts';
import { isForIdentifiers } from './information-model.ts';
import { refusalOf, wrongAttribute } from './refusal.ts';
import type { ServiceContext } from './service-context.ts';

const performedProcedureStepStatus = 0x00400252;
const scheduledStepAttributesSequence = 0x00400270;
const studyInstanceUID = 0x0020000d;
const scheduledProcedureStepID = 0x00400009;
const discontinuationReasonCodeSequence = 0x00400281;
/** Type 1 in N-CREATE: ID, station AE title, start date and time, status, modality, scheduled step attributes. */
const neededToCreate = [
  0x00400253,
  0x00400241,
  0x00400244,
  0x00400245,
  performedProcedureStepStatus,
  0x00080060,
  scheduledStepAttributesSequence,
];
/** What only N-CREATE says (Table F.7.2-1, "Not allowed" in N-SET), but for the character set. */
const onlyCreated: ReadonlySet<number> = new Set([
  ...neededToCreate.filter((tag) => tag !== performedProcedureStepStatus),
  0x00100010,
  0x00100020,
  0x00100030,
  0x00100040,
  0x00081120,
  0x00400242,
  0x00400243,
  0x00200010,
]);
/** Error ID of a step that is final (PS3.4 Table F.7.2-2). */
const mayNoLongerBeUpdated = 0xa710;

const states: ReadonlyMap<string, PerformedState> = new Map([
  ['IN PROGRESS', 'in progress'],
  ['COMPLETED', 'completed'],
  ['DISCONTINUED', 'discontinued'],
]);

export const performedStep: Service<ServiceContext> = {
  name: 'Modality Performed Procedure Step',
  abstractSyntaxes: (abstractSyntax) => abstractSyntax === performedStepSOPClass,
  transferSyntaxes: isForIdentifiers,
  commands: { 'N-CREATE-RQ': create, 'N-SET-RQ': change },
};

export const performedStepRetrieve: Service<ServiceContext> = {
  name: 'Modality Performed Procedure Step Retrieve',
  abstractSyntaxes: (abstractSyntax) => abstractSyntax === performedStepRetrieveSOPClass,
  transferSyntaxes: isForIdentifiers,
  commands: { 'N-GET-RQ': give },
};

async function create(request: Request, context: ServiceContext): Promise<Answer> {
  const sopInstanceUID = request.command.AffectedSOPInstanceUID ?? newUid();
  if (!isUid(sopInstanceUID))
    return { status: status.invalidObjectInstance, errorComment: 'the SOP Instance UID is no UID' };
  try {
    requireRight('store', context.caller, context.parts.log, 'N-CREATE');
    return await countingStep(context, () =>
      withIdentifierDataset(request, limits.performedStep, context.caller.characterSet, (dataset, bytes) => {
        countBytes(context, bytes);
        return createAsSaid(sopInstanceUID, dataset, context);
      }),
    );
  } catch (error) {
    return refusalOf(error);
  }
}

/** @throws WrongAttribute, StepTooLarge */
async function createAsSaid(sopInstanceUID: string, dataset: Dataset, context: ServiceContext): Promise<Answer> {
  requireToCreate(dataset);
  const created = await createPerformedStep(context.parts.database, {
    sopInstanceUID,
    attributes: await toDicomJsonInTurns(dataset),
    named: namedSteps(dataset),
    callingAETitle: context.callingAETitle,
  });
  if (!created) return { status: status.duplicateSOPInstance, errorComment: 'this performed step is there already' };
  record(context, 'N-CREATE', dataset);
  return { status: status.success, sopInstanceUID };
}

/** @throws WrongAttribute */
function requireToCreate(dataset: Dataset): void {
  for (const tag of neededToCreate) {
    const element = dataset.elements.get(tag);
    if (!element) throw wrongAttribute('missing', tag);
    const isEmpty = element.items ? element.items.length === 0 : textValue(dataset, tag) === '';
    if (isEmpty) throw wrongAttribute('missingValue', tag);
  }
  if (states.get(textValue(dataset, performedProcedureStepStatus)) !== 'in progress')
    throw wrongAttribute('invalid', performedProcedureStepStatus, 'has to be IN PROGRESS at first');
  for (const { StudyInstanceUID } of namedSteps(dataset)) {
    if (StudyInstanceUID === '') throw wrongAttribute('missingValue', studyInstanceUID);
    if (!isUid(StudyInstanceUID)) throw wrongAttribute('invalid', studyInstanceUID);
  }
}

function namedSteps(dataset: Dataset): NamedStep[] {
  const items = dataset.elements.get(scheduledStepAttributesSequence)?.items ?? [];
  return items.map((item) => ({
    StudyInstanceUID: textValue(item, studyInstanceUID),
    ScheduledProcedureStepID: textValue(item, scheduledProcedureStepID),
  }));
}

/**
 * N-SET. A step that ends without what Table F.7.2-1 requires of the final state (end date and time, a series with its
 * protocol) ends all the same, with success: it is over, and the entry of the worklist must not stay started for ever. To
 * refuse gains nothing, because modalities send the final state once, and many have nothing more to say: one that is
 * discontinued before its first image has no series. A warning would say that something was not taken (0107H), which is not
 * so, and some repeat what was not answered by 0000H, to find that the step may no longer be updated. What is missing is
 * in the log, and with the step wherever it is shown (`/api/worklist`).
 */
async function change(request: Request, context: ServiceContext): Promise<Answer> {
  const sopInstanceUID = request.command.RequestedSOPInstanceUID ?? '';
  try {
    requireRight('store', context.caller, context.parts.log, 'N-SET');
    const { change: mostSaid } = limits.performedStep;
    return await withIdentifierDataset(
      request,
      mostSaid,
      context.caller.characterSet,
      (dataset, bytes) => changeAsSaid(sopInstanceUID, dataset, bytes, context),
      () => performedStepBytes(context.parts.database, sopInstanceUID),
    );
  } catch (error) {
    return refusalOf(error);
  }
}

/**
 * @param bytes  of all that is written anew
 * @throws WrongAttribute, StepTooLarge, SaidEnough
 */
async function changeAsSaid(
  sopInstanceUID: string,
  dataset: Dataset,
  bytes: number,
  context: ServiceContext,
): Promise<Answer> {
  const kept: number[] = [];
  const said = Object.entries(await toDicomJsonInTurns(dataset));
  const changed = await changePerformedStep(context.parts.database, sopInstanceUID, (attributes) => {
    const state = stateOf(dataset, attributes);
    // What ends a step is said once, and taken however much was said before.
    if (state === 'in progress') countBytes(context, bytes);
    const merged = { ...attributes };
    for (const [name, attribute] of said) {
      const tag = Number.parseInt(name, 16);
      if (!onlyCreated.has(tag)) merged[name] = attribute;
      else if (attribute.Value && JSON.stringify(attribute.Value) !== JSON.stringify(attributes[name]?.Value))
        kept.push(tag);
    }
    return { attributes: merged, state, isWrongEntry: state === 'discontinued' && isWrongEntry(dataset) };
  });
  if (!changed) return { status: status.noSuchSOPInstance, errorComment: 'no such performed procedure step' };
  if (!changed.changed)
    return {
      status: status.processingFailure,
      errorComment: 'Performed Procedure Step Object may no longer be updated',
      errorID: mayNoLongerBeUpdated,
    };
  record(context, 'N-SET', dataset);
  noteWhatIsMissing(context, changed.step);
  if (changed.step.state !== 'in progress') await complete(context, changed.step);
  if (kept.length > 0)
    return {
      status: status.attributeListError,
      errorComment: 'attributes that only N-CREATE sets were not changed',
      attributes: kept,
    };
  return { status: status.success };
}

function noteWhatIsMissing({ callingAETitle, parts }: ServiceContext, step: PerformedStep): void {
  const { sopInstanceUID: SOPInstanceUID, state, attributes } = step;
  const missing = state === 'in progress' ? [] : missingWhenFinal(attributes);
  if (missing.length === 0) return;
  const fields = { callingAETitle, SOPInstanceUID, state, missing };
  parts.log.warn(fields, 'a performed step ended without what the standard requires of it');
}

/**
 * What modalities say they made is all there is of a study, where it is all here. Else the worker sees when it comes, also where that
 * cannot be asked now: the step is kept, and the modality is told so.
 */
async function complete(
  { parts }: ServiceContext,
  { id, sopInstanceUID: SOPInstanceUID }: PerformedStep,
): Promise<void> {
  try {
    await completePerformedStep(parts.database, id);
  } catch (error) {
    parts.log.warn({ err: error, SOPInstanceUID }, 'the study of a performed step is not called complete yet');
  }
}

/** @throws WrongAttribute */
function stateOf(dataset: Dataset, attributes: DicomJson): PerformedState {
  const value = textValue(dataset, performedProcedureStepStatus);
  const before = attributes[hexTag(performedProcedureStepStatus)]?.Value?.[0];
  const state = states.get(value === '' ? String(before) : value);
  if (state === undefined)
    throw wrongAttribute('invalid', performedProcedureStepStatus, 'is no state of a performed step');
  return state;
}

/** Reason for Discontinuation: DCM 110514, Incorrect worklist entry selected (PS3.16 CID 9300). */
function isWrongEntry(dataset: Dataset): boolean {
  const reasons = dataset.elements.get(discontinuationReasonCodeSequence)?.items ?? [];
  return reasons.some((item) => textValue(item, 0x00080100) === '110514' && textValue(item, 0x00080102) === 'DCM');
}

async function give(request: Request, context: ServiceContext): Promise<Answer> {
  try {
    return await stepAsked(request, context);
  } catch (error) {
    return refusalOf(error);
  }
}

/** @throws Problem notAuthorized, NoRoomInMemory */
async function stepAsked(request: Request, { caller, parts }: ServiceContext): Promise<Answer> {
  requireRight('read', caller, parts.log, 'N-GET');
  const { RequestedSOPInstanceUID = '' } = request.command;
  const bytes = await performedStepBytes(parts.database, RequestedSOPInstanceUID);
  const letGo = await beginHolding(weightOfBytes(bytes));
  try {
    // Until it is sent, however slowly it is taken.
    return { ...(await stepOf(request, { caller, parts })), sent: letGo };
  } catch (error) {
    letGo();
    throw error;
  }
}

async function stepOf(request: Request, { caller, parts }: Pick<ServiceContext, 'caller' | 'parts'>): Promise<Answer> {
  const { RequestedSOPInstanceUID = '', AttributeIdentifierList = [] } = request.command;
  const found = await findPerformedStep(parts.database, RequestedSOPInstanceUID);
  if (!found) return { status: status.noSuchSOPInstance, errorComment: 'no such performed procedure step' };
  recordAccess(parts.log, { caller, action: 'search', door: 'N-GET', count: 1 });
  const { sequenceDepth } = limits.dataset;
  const whole = inCharacterSet(fromDicomJson(found.attributes, { sequenceDepth }), { wanted: ['ISO_IR 192'] });
  const asked = new Set([...AttributeIdentifierList, 0x00080005]);
  const elements = AttributeIdentifierList.length
    ? new Map([...whole.elements].filter(([tag]) => asked.has(tag)))
    : whole.elements;
  const syntax = transferSyntaxOf(request.transferSyntax);
  return { status: status.success, identifier: serializeDataset({ ...whole, elements }, syntax) };
}

function record({ caller, parts }: ServiceContext, door: string, dataset: Dataset): void {
  const studies = [...new Set(namedSteps(dataset).map(({ StudyInstanceUID }) => StudyInstanceUID))].filter(isUid);
  recordAccess(parts.log, {
    caller,
    action: 'store',
    door,
    ...(studies.length > 0 && { StudyInstanceUID: studies.join('\\') }),
  });
}
