/** What C-FIND, and the services of attributes (N-CREATE, N-SET, N-ACTION), answer when they cannot do what they are asked. */
import { NoRoomInMemory } from '#derive/heavy-heads.ts';
import { UnreadableKey } from '#dicom/data/attribute-matching.ts';
import { keywordOf } from '#dicom/data/dictionary.ts';
import type { Answer } from '#dicom/dimse/service.ts';
import { status } from '#dicom/dimse/status.ts';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { BadKey } from '#index/bad-key.ts';
import { isDatabaseGone } from '#index/database.ts';
import { StepTooLarge } from '#workflow/performed-steps.ts';
import { Problem, problems } from '../problems.ts';
import { SaidEnough } from './allowances.ts';
import { BadIdentifier } from './identifier.ts';

const wrongStatuses = {
  missing: status.missingAttribute,
  missingValue: status.missingAttributeValue,
  invalid: status.invalidAttributeValue,
} as const;

/** PS3.7 C.5: which attribute is wrong, and how. */
class WrongAttribute extends Error {
  override name = 'WrongAttribute';
  readonly how: keyof typeof wrongStatuses;
  readonly tag: number;

  constructor(how: keyof typeof wrongStatuses, tag: number, message: string) {
    super(message);
    this.how = how;
    this.tag = tag;
  }
}

/** @param how `missing`: 0120H, `missingValue`: 0121H, `invalid`: 0106H */
export function wrongAttribute(how: keyof typeof wrongStatuses, tag: number, why?: string): WrongAttribute {
  const says = { missing: 'is missing', missingValue: 'has no value', invalid: 'has a value that it cannot have' };
  return new WrongAttribute(how, tag, `${keywordOf(tag) ?? 'an attribute'} ${why ?? says[how]}`);
}

/** To a C-FIND (PS3.4 Tables C.4-1 and K.4-1). @throws what is no answer */
export function findRefusalOf(error: unknown): Answer {
  if (error instanceof BadIdentifier)
    return {
      status: problems.doesNotMatchSOPClass.dimse,
      errorComment: error.message,
      offendingElement: [error.offendingElement],
    };
  if (error instanceof UnreadableKey)
    return { status: problems.doesNotMatchSOPClass.dimse, errorComment: error.message, offendingElement: [error.tag] };
  if (error instanceof BadDataset)
    return { status: problems.cannotUnderstand.dimse, errorComment: error.message, offendingElement: [error.tag] };
  if (isDatabaseGone(error))
    return { status: problems.unavailable.dimse, errorComment: 'the database does not answer' };
  if (!(error instanceof Problem)) throw error;
  if (error.cause instanceof BadKey)
    return {
      status: problems.doesNotMatchSOPClass.dimse,
      errorComment: error.message,
      offendingElement: [error.cause.attribute.tag],
    };
  return { status: error.dimseStatus, errorComment: error.message };
}

/** To the services of attributes (PS3.7 Annex C). @throws what is no answer */
export function refusalOf(error: unknown): Answer {
  if (error instanceof WrongAttribute)
    return { status: wrongStatuses[error.how], errorComment: error.message, attributes: [error.tag] };
  if (error instanceof BadDataset)
    return { status: status.processingFailure, errorComment: error.message, attributes: [error.tag] };
  if (error instanceof StepTooLarge) return { status: status.processingFailure, errorComment: error.message };
  if (error instanceof NoRoomInMemory || error instanceof SaidEnough)
    return { status: status.resourceLimitation, errorComment: error.message };
  if (isDatabaseGone(error)) return { status: status.resourceLimitation, errorComment: 'the database does not answer' };
  if (!(error instanceof Problem)) throw error;
  if (error.code === 'outOfResources') return { status: status.resourceLimitation, errorComment: error.message };
  const isUnreadable = error.code === 'cannotUnderstand';
  return {
    status: isUnreadable ? status.processingFailure : problems[error.code].dimse,
    errorComment: error.message,
  };
}
