/** The event information of storage commitment (PS3.4 Table J.3-2): what we commit to, and what not, and why. */
import type { Dataset, Element } from '#dicom/data/dataset.ts';
import { defaultCharacterSet } from '#dicom/data/character-sets.ts';
import { serializeInTurns } from '#dicom/file/serialize.ts';
import { mapInTurns } from '#dicom/file/turn.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
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
    element(0x00080054, 'AE', Buffer.from(aeTitle)),
    element(0x00081195, 'UI', Buffer.from(transactionUID)),
  ];
  if (failed.length > 0) {
    const items = await mapInTurns(failed, ({ at, reason }) => {
      const bytes = Buffer.alloc(2);
      bytes.writeUInt16LE(reason);
      return dataset([...referenceElements(requested[at] as Reference), element(0x00081197, 'US', bytes)]);
    });
    elements.push(sequence(0x00081198, items));
  }
  if (committed.length > 0)
    elements.push(sequence(0x00081199, await mapInTurns(committed, (each) => dataset(referenceElements(each)))));
  return {
    eventTypeID: failed.length > 0 ? eventTypes.failuresExist : eventTypes.successful,
    dataset: await serializeInTurns(dataset(elements), transferSyntaxes.get(transferSyntax) as TransferSyntax),
  };
}

function referenceElements({ sopClassUID, sopInstanceUID }: Reference): Element[] {
  return [element(0x00081150, 'UI', Buffer.from(sopClassUID)), element(0x00081155, 'UI', Buffer.from(sopInstanceUID))];
}

function dataset(elements: readonly Element[]): Dataset {
  return {
    elements: new Map(elements.map((each) => [each.tag, each])),
    characterSet: defaultCharacterSet,
    bigEndian: false,
  };
}

function element(tag: number, vr: string, bytes: Buffer): Element {
  return { tag, vr, bytes, items: undefined, length: bytes.length };
}

function sequence(tag: number, items: readonly Dataset[]): Element {
  return { tag, vr: 'SQ', bytes: undefined, items, length: -1 };
}
