/**
 * Sends instances to a device of the registry over associations that we open (PS3.4 B.2): what C-MOVE does while its
 * requestor waits, and a send of its own account.
 */
import { leave } from '#access/leave-association.ts';
import { outgoingLimits } from '#access/outgoing-limits.ts';
import type { ReachableDevice } from '#access/peer-tls.ts';
import type { Exchange } from '#dicom/dimse/exchange.ts';
import { connectExchange } from '#dicom/dimse/requests.ts';
import { planAssociations, type PlannedAssociation, type Storable } from '#dicom/dimse/store-contexts.ts';
import { AssociationLost } from '#dicom/network/association-user.ts';
import { associationTrouble } from '#dicom/network/association-trouble.ts';
import { AssociationRejected } from '#dicom/network/requestor.ts';
import { losslessEncodings } from '#dicom/syntax/all.ts';
import type { FoundKind } from '#index/instances.ts';
import type { SendFailure } from '#index/send-cause.ts';
import { limits } from '#settings/limits.ts';
import type { FoundInstances, InstancesInOrder } from './found-instances.ts';
import type { RetrievedInstance } from './retrieve.ts';
import { type Account, sendInstances, type Sending } from './scp/sub-operations.ts';

const { connectMs, reconnections, endMs } = limits.retrieve;

export interface Delivery extends Pick<Sending, 'parts' | 'signal' | 'command'> {
  readonly destination: ReachableDevice;
  /** Our own AE title. */
  readonly aeTitle: string;
  readonly account: Account;
  /** There was no association with it. */
  readonly deviceFailed: (why: SendFailure) => void;
}

/**
 * What becomes of each instance is told to the account; of those that were not begun when the signal aborts, nothing.
 * @throws what the database throws where they cannot be read
 */
export async function deliver(found: FoundInstances<RetrievedInstance>, delivery: Delivery): Promise<void> {
  const storableOf = ({ sop_class, transfer_syntax }: FoundKind): Storable => ({
    sopClassUID: sop_class,
    transferSyntaxUID: transfer_syntax,
  });
  for (const { contexts, instances: kinds } of planAssociations(found.kinds, storableOf, losslessEncodings))
    await deliverOver(contexts, found.inOrder(kinds), delivery);
}

/** Sends the instances of one association; where the destination ends it, the rest over another one. */
async function deliverOver(
  contexts: PlannedAssociation<FoundKind>['contexts'],
  instances: InstancesInOrder<RetrievedInstance>,
  { destination, aeTitle, account, deviceFailed, parts, signal, command }: Delivery,
): Promise<void> {
  let whyNot: SendFailure | undefined;
  for (let tried = 0; !instances.isDone && tried <= reconnections && !signal.aborted; tried++) {
    let exchange: Exchange<undefined>;
    try {
      exchange = await connectExchange({
        host: destination.host,
        port: destination.port,
        ...(destination.tls && { tls: destination.tls }),
        callingAETitle: aeTitle,
        calledAETitle: destination.aeTitle,
        contexts,
        limits: outgoingLimits(destination.outgoing, { artimMs: connectMs }),
        signal,
      });
    } catch (error) {
      if (signal.aborted) break;
      whyNot = whyNoAssociation(error, destination.host);
      deviceFailed(whyNot);
      break;
    }
    const stop = stopWith(exchange, signal);
    try {
      await sendInstances(instances, { peer: exchange, account, parts, signal, command });
    } finally {
      await leave(exchange);
      stop();
    }
    whyNot = { code: 'endsAssociations', reason: 'the destination ends every association' };
  }
  if (signal.aborted || !whyNot) return;
  while (await instances.more()) {
    account.failed(instances.next as RetrievedInstance, whyNot);
    instances.pass();
  }
}

/** Ends the association soon after the signal, and at once when a requestor is gone. @returns what takes that back */
function stopWith(exchange: Exchange<undefined>, signal: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    const isLost = signal.reason instanceof AssociationLost;
    timer = setTimeout(() => exchange.abort('the request was cancelled'), isLost ? 0 : endMs);
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  return () => {
    signal.removeEventListener('abort', stop);
    clearTimeout(timer);
  };
}

/** @throws what is no reason */
function whyNoAssociation(error: unknown, host: string): SendFailure {
  const code = associationTrouble(error, host);
  if (!code) throw error;
  const { message, cause } = error as AssociationRejected | AssociationLost;
  if (error instanceof AssociationRejected) return { code, reason: `destination ${message}` };
  const { code: system } = (cause ?? {}) as NodeJS.ErrnoException;
  return { code, reason: `destination: ${message}${system === undefined ? '' : ` (${system})`}` };
}
