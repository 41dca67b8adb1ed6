/**
 * Storage commitment service class, push model (PS3.4 Annex J): N-ACTION asks whether we have instances for good; it is
 * accepted when the request is durable, and answered by N-EVENT-REPORT when their objects were read again.
 */
import { recordAccess } from '#access/record.ts';
import { textValue } from '#dicom/data/dataset.ts';
import type { Dataset } from '#dicom/data/dataset.ts';
import { storageCommitmentInstance, storageCommitmentSOPClass } from '#dicom/data/sop-class.ts';
import { isUid } from '#dicom/data/uid.ts';
import type { Answer, Request, Service } from '#dicom/dimse/service.ts';
import { status } from '#dicom/dimse/status.ts';
import { mapInTurns } from '#dicom/file/turn.ts';
import { limits } from '#settings/limits.ts';
import { addCommitment } from '#workflow/commitments.ts';
import type { Reference } from '#workflow/commitments.ts';
import { problems } from '../problems.ts';
import { countBytes, countCommitment } from './allowances.ts';
import { failureReason } from './commitment-report.ts';
import { isForIdentifiers } from './information-model.ts';
import { withIdentifierDataset } from './identifier-dataset.ts';
import type { ServiceContext } from './service-context.ts';
import { refusalOf, wrongAttribute } from './refusal.ts';

const transactionUID = 0x00081195;
const referencedSOPSequence = 0x00081199;
const referencedSOPClassUID = 0x00081150;
const referencedSOPInstanceUID = 0x00081155;

/** Two UIDs. */
const referenceBytes = 128;
/** PS3.4 J.3.2: Request Storage Commitment. */
const requestStorageCommitment = 1;

export const storageCommitment: Service<ServiceContext> = {
  name: 'Storage Commitment Push Model',
  abstractSyntaxes: (abstractSyntax) => abstractSyntax === storageCommitmentSOPClass,
  transferSyntaxes: isForIdentifiers,
  commands: { 'N-ACTION-RQ': requestCommitment },
};

async function requestCommitment(request: Request, context: ServiceContext): Promise<Answer> {
  const { command, peer } = request;
  const { callingAETitle, parts, caller, commitments } = context;
  if (command.RequestedSOPInstanceUID !== storageCommitmentInstance)
    return { status: problems.noSuchInstance.dimse, errorComment: 'not the well-known instance of storage commitment' };
  if (command.ActionTypeID !== requestStorageCommitment)
    return { status: status.noSuchActionType, errorComment: 'action type 1 is the only one' };
  try {
    countCommitment(context);
    const asked = await withIdentifierDataset(request, limits.commitment, undefined, readRequest);
    countBytes(context, asked.requested.length * referenceBytes);
    const { leaseSeconds } = limits.commitment;
    const { duplicateTransactionUID: duplicateReason } = failureReason;
    const added = await addCommitment(
      parts.database,
      { ...asked, callingAETitle, device: caller.device, address: caller.address },
      { leaseSeconds, duplicateReason },
    );
    const count = asked.requested.length;
    recordAccess(parts.log, { caller, action: 'search', door: 'N-ACTION', matched: ['SOPInstanceUID'], count });
    return { status: status.success, ...(added && { sent: () => commitments.begin(added, peer) }) };
  } catch (error) {
    return refusalOf(error);
  }
}

/** @throws WrongAttribute */
async function readRequest(dataset: Dataset): Promise<{ transactionUID: string; requested: Reference[] }> {
  const transaction = textValue(dataset, transactionUID);
  if (transaction === '') throw wrongAttribute('missing', transactionUID);
  if (!isUid(transaction)) throw wrongAttribute('invalid', transactionUID);
  const items = dataset.elements.get(referencedSOPSequence)?.items ?? [];
  if (items.length === 0) throw wrongAttribute('missing', referencedSOPSequence);
  const requested = await mapInTurns(items, (item): Reference => {
    const uidAt = (tag: number): string => {
      const value = textValue(item, tag);
      if (!isUid(value)) throw wrongAttribute(value === '' ? 'missing' : 'invalid', tag);
      return value;
    };
    return { sopClassUID: uidAt(referencedSOPClassUID), sopInstanceUID: uidAt(referencedSOPInstanceUID) };
  });
  return { transactionUID: transaction, requested };
}
