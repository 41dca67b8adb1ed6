/** Requests that we invoke as SCU (PS3.7 Section 9.1). */
import type { Uid } from '#dicom/data/uid.ts';
import { verificationSOPClass } from '#dicom/data/sop-class.ts';
import { commandFields } from '#dicom/dimse/command.ts';
import { Exchange } from '#dicom/dimse/exchange.ts';
import type { OutgoingDataset } from '#dicom/dimse/service.ts';
import type { AcceptedContext } from '#dicom/network/association.ts';
import { type AssociationRequest, connectAssociation } from '#dicom/network/requestor.ts';

export interface Instance {
  readonly sopClassUID: Uid;
  readonly sopInstanceUID: Uid;
  readonly transferSyntaxUID: Uid;
  readonly dataset: OutgoingDataset;
}

/** No presentation context was accepted for what should be sent. */
export class NoPresentationContext extends Error {
  override name = 'NoPresentationContext';
}

/** An association on which we are the SCU only. @throws AssociationRejected, AssociationLost */
export function connectExchange(request: AssociationRequest): Promise<Exchange<undefined>> {
  return connectAssociation(
    request,
    (association, agreement) => new Exchange(association, agreement, { services: [], context: undefined }),
  );
}

/** C-ECHO (9.1.5); resolves with the status. @throws NoPresentationContext, AssociationLost */
export async function echo(exchange: Exchange<undefined>): Promise<number | undefined> {
  const response = await exchange.invoke(contextId(exchange, verificationSOPClass), {
    AffectedSOPClassUID: verificationSOPClass,
    CommandField: commandFields['C-ECHO-RQ'],
  });
  return response.Status;
}

/** C-STORE (9.1.1); resolves with status and comment. @throws NoPresentationContext, AssociationLost */
export async function store(
  exchange: Exchange<undefined>,
  instance: Instance,
): Promise<{ status: number | undefined; errorComment: string | undefined }> {
  const response = await exchange.invoke(
    contextId(exchange, instance.sopClassUID, instance.transferSyntaxUID),
    {
      AffectedSOPClassUID: instance.sopClassUID,
      CommandField: commandFields['C-STORE-RQ'],
      Priority: 0,
      AffectedSOPInstanceUID: instance.sopInstanceUID,
    },
    instance.dataset,
  );
  return { status: response.Status, errorComment: response.ErrorComment };
}

export interface CreatedInstance {
  readonly sopClassUID: Uid;
  readonly sopInstanceUID: string;
  /** The attributes, in the transfer syntax that was agreed on. */
  datasetIn(transferSyntax: Uid): Uint8Array;
}

/** N-CREATE (10.1.5); resolves with status and comment. @throws NoPresentationContext, AssociationLost */
export async function create(
  exchange: Exchange<undefined>,
  { sopClassUID, sopInstanceUID, datasetIn }: CreatedInstance,
): Promise<{ status: number | undefined; errorComment: string | undefined }> {
  const id = contextId(exchange, sopClassUID);
  const { transferSyntax } = exchange.contexts.get(id) as AcceptedContext;
  const response = await exchange.invoke(
    id,
    {
      AffectedSOPClassUID: sopClassUID,
      CommandField: commandFields['N-CREATE-RQ'],
      AffectedSOPInstanceUID: sopInstanceUID,
    },
    datasetIn(transferSyntax),
  );
  return { status: response.Status, errorComment: response.ErrorComment };
}

function contextId(exchange: Exchange<undefined>, abstractSyntax: Uid, transferSyntax?: Uid): number {
  for (const context of exchange.contexts.values())
    if (
      context.abstractSyntax === abstractSyntax &&
      (transferSyntax ?? context.transferSyntax) === context.transferSyntax
    )
      return context.id;
  throw new NoPresentationContext(`no presentation context for ${abstractSyntax} in ${transferSyntax ?? 'any syntax'}`);
}
