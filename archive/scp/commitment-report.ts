/** The event information of storage commitment (PS3.4 Table J.3-2): what we commit to, and what not, and why. */
import type { Element } from '#dicom/data/dataset.ts';
import { newDataset, newElement, newSequence } from '#dicom/data/new-dataset.ts';
import { serializeInTurns } from '#dicom/file/serialize.ts';
import { mapInTurns } from '#dicom/file/turn.ts';
import { transferSyntaxOf } from '#dicom/syntax/all.ts';
import type { Commitment, Reference } from '#workflow/commitments.ts';

/** Failure Reason (0008,1197), PS3.3 C.14.1.1. */
export const failureReason = {
  processingFailure: 0x0110,
  noSuchInstance: 0x0112,
  classInstanceConflict: 0x0119,
  duplicateTransactionUID: 0x0131,
} as const;

/** Storage Commitment Request Successful; Request Complete - Failures Exist. */
const eventTypes = { successful: 1, failuresExist: 2 } as const;

/** @param transferSyntax  of the presentation context */
export async function reportDataset(
  { transactionUID, requested, failed = [] }: Pick<Commitment, 'transactionUID' | 'requested' | 'failed'>,
  transferSyntax: string,
  aeTitle: string,
): Promise<{ readonly eventTypeID: number; readonly dataset: Buffer }> {
  const reasons = new Map(failed.map(({ at, reason }) => [at, reason]));
  const committed = requested.filter((_, at) => !reasons.has(at));
  const elements = [
    newElement(0x00080054, 'AE', Buffer.from(aeTitle)),
    newElement(0x00081195, 'UI', Buffer.from(transactionUID)),
  ];
  if (failed.length > 0) {
    const items = await mapInTurns(failed, ({ at, reason }) => {
      const bytes = Buffer.alloc(2);
      bytes.writeUInt16LE(reason);
      return newDataset([...referenceElements(requested[at] as Reference), newElement(0x00081197, 'US', bytes)]);
    });
    elements.push(newSequence(0x00081198, items));
  }
  if (committed.length > 0)
    elements.push(newSequence(0x00081199, await mapInTurns(committed, (each) => newDataset(referenceElements(each)))));
  return {
    eventTypeID: failed.length > 0 ? eventTypes.failuresExist : eventTypes.successful,
    dataset: await serializeInTurns(newDataset(elements), transferSyntaxOf(transferSyntax)),
  };
}

function referenceElements({ sopClassUID, sopInstanceUID }: Reference): Element[] {
  return [
    newElement(0x00081150, 'UI', Buffer.from(sopClassUID)),
    newElement(0x00081155, 'UI', Buffer.from(sopInstanceUID)),
  ];
}
