/** C-STORE sub-operations of one retrieval over one association (PS3.4 C.4.2.2, C.4.3.2). */
import type { Log } from '#settings/log.ts';
import { waysOver, type Way } from '#dicom/dimse/store-contexts.ts';
import { PixelPoolSaturated } from '#derive/pixel-pool.ts';
import { sopClassName } from '#dicom/data/sop-class.ts';
import { commandFields, type Command } from '#dicom/dimse/command.ts';
import type { Peer } from '#dicom/dimse/service.ts';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { AssociationLost } from '#dicom/network/association-user.ts';
import { losslessEncodings } from '#dicom/syntax/all.ts';
import type { SendFailure } from '#index/send-cause.ts';
import { StorageFailed } from '#storage/storage.ts';
import { Problem } from '../problems.ts';
import type { InstancesInOrder } from '../found-instances.ts';
import { storableOf, type RetrievedInstance } from '../retrieve.ts';
import { openOutgoing } from './outgoing-dataset.ts';
import type { OutgoingParts } from './outgoing-dataset.ts';
import { ReadAhead, type Opened } from './read-ahead.ts';

/** Who keeps count of what becomes of each instance. */
export interface Account {
  /** A sub-operation was answered. @param comment Error Comment (0000,0902) of the answer */
  answered(instance: RetrievedInstance, answer: number, comment?: string): void;
  /** A sub-operation could not be performed. */
  failed(instance: RetrievedInstance, why: SendFailure): void;
  /** Says how far we are, when it is time to. Resolves when more may be sent. */
  progress(): Promise<void>;
}

export interface Sending {
  readonly peer: Peer;
  readonly account: Account;
  readonly parts: OutgoingParts & { readonly log: Log };
  /** Nothing more is begun once it aborts. */
  readonly signal: AbortSignal;
  /** Of each C-STORE: priority, and for C-MOVE who asked (PS3.7 9.1.1.1). */
  readonly command: Pick<Command, 'Priority' | 'MoveOriginatorApplicationEntityTitle' | 'MoveOriginatorMessageID'>;
}

/**
 * Sends instances until they are all sent, the association is over, or the signal aborts. What became of those that it
 * has taken is in the account.
 * @throws what the database throws where they cannot be read; no sub-operation is under way then
 */
export async function sendInstances(instances: InstancesInOrder<RetrievedInstance>, sending: Sending): Promise<void> {
  const { peer, account, parts, signal } = sending;
  const way = waysOver(peer.contexts.values(), losslessEncodings);
  const wayOf = (instance: RetrievedInstance) => way(storableOf(instance));
  // It may know the SOP class and take it only as we cannot give it: what is to be switched on there is another thing then.
  const usable = [...peer.contexts.values()].filter(({ asSCU }) => asSCU);
  const known = new Set([...peer.otherwise, ...usable.map(({ abstractSyntax }) => abstractSyntax)]);
  const ending = new AbortController();
  const whileSending = AbortSignal.any([signal, ending.signal]);
  const ahead = new ReadAhead(instances, async (instance) =>
    openOutgoing(instance, wayFor(instance, wayOf, known), parts, whileSending),
  );
  const sendOneByOne = async (): Promise<void> => {
    while (!signal.aborted && !peer.isOver) {
      const opened = await ahead.take();
      if (!opened) return;
      await sendOne(opened, wayOf(opened.instance), sending);
      await account.progress();
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: peer.invocations }, sendOneByOne));
  ahead.close();
  ending.abort();
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** No presentation context was accepted for it. */
class NotTaken extends Error {
  override name = 'NotTaken';
  readonly sopClass: string;
  readonly isKnown: boolean;

  constructor(sopClass: string, isKnown: boolean) {
    super(isKnown ? `peer has no syntax of ours for ${sopClass}` : `peer takes no ${sopClass}`);
    this.sopClass = sopClass;
    this.isKnown = isKnown;
  }
}

function wayFor(
  instance: RetrievedInstance,
  wayOf: (instance: RetrievedInstance) => Way | undefined,
  known: ReadonlySet<string>,
): Way {
  const way = wayOf(instance);
  if (way) return way;
  const { sop_class } = instance.row;
  throw new NotTaken(sopClassName(sop_class) ?? sop_class, known.has(sop_class));
}

async function sendOne(opened: Opened, way: Way | undefined, sending: Sending): Promise<void> {
  const { instance } = opened;
  const { peer, account, parts, signal } = sending;
  const { row } = instance;
  let isSent = false;
  try {
    const { dataset } = await opened.outgoing;
    if (!way || signal.aborted) return;
    const command = {
      CommandField: commandFields['C-STORE-RQ'],
      AffectedSOPClassUID: row.sop_class,
      AffectedSOPInstanceUID: row.sop_instance_uid,
      ...sending.command,
    };
    const { Status, ErrorComment } = await peer.invoke(way.contextId, command, dataset);
    // A peer may answer what it has not read, and would read what the next object has put in the same memory.
    isSent = peer.isFlushed;
    if (Status === undefined)
      account.failed(instance, { code: 'answeredFailure', reason: 'a response without Status (0000,0900)' });
    else account.answered(instance, Status, ErrorComment);
  } catch (error) {
    if (signal.aborted && !(error instanceof AssociationLost)) return; // not begun
    account.failed(instance, failureOf(error, parts.log, row.sop_instance_uid));
  } finally {
    opened.done(isSent);
  }
}

function failureOf(error: unknown, log: Log, SOPInstanceUID: string): SendFailure {
  if (error instanceof NotTaken) {
    const { message: reason, sopClass, isKnown } = error;
    return isKnown ? { code: 'cannotReEncode', reason } : { code: 'sopClassNotTaken', reason, sopClass };
  }
  if (error instanceof Problem) return { code: 'cannotReEncode', reason: error.message };
  if (error instanceof AssociationLost) return { code: 'associationLost', reason: error.message };
  if (error instanceof PixelPoolSaturated) return { code: 'decodersBusy', reason: 'no decoder was free' };
  if (error instanceof BadDataset) return { code: 'cannotReEncode', reason: `cannot be re-encoded: ${error.message}` };
  log.error({ err: error, SOPInstanceUID }, 'an instance cannot be sent');
  if (error instanceof StorageFailed) return { code: 'objectUnreadable', reason: 'the stored object cannot be read' };
  return { code: 'processingFailure', reason: 'processing failure' };
}
