/** Requests that we invoke as SCU (PS3.7 Section 9.1). */
import { type Dataset, textValues } from '../data/dataset.ts';
import { isUid, type Uid } from '../data/uid.ts';
import { verificationSOPClass } from '../data/sop-class.ts';
import { type Command, commandFields } from './command.ts';
import { Exchange } from './exchange.ts';
import type { OutgoingDataset, Suboperations } from './service.ts';
import { parseDataset } from '../file/parse.ts';
import { serializeDataset } from '../file/serialize.ts';
import { type AssociationRequest, connectAssociation } from '../network/requestor.ts';
import { transferSyntaxOf } from '../syntax/all.ts';
import type { TransferSyntax } from '../syntax/transfer-syntax.ts';

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
  const response = await exchange.invoke(contextFor(exchange, verificationSOPClass).id, {
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
    contextFor(exchange, instance.sopClassUID, instance.transferSyntaxUID).id,
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

/** What a response to C-FIND or C-MOVE may bring. */
const responseLimits = {
  sequenceDepth: 16,
  elements: 10_000,
  attributeValueBytes: 1024 * 1024,
  attributeBytes: 8 * 1024 * 1024,
  inflatedBytes: 8 * 1024 * 1024,
};

/** The last response to a C-FIND or C-MOVE. */
export interface Concluded {
  readonly status: number | undefined;
  readonly errorComment: string | undefined;
}

/**
 * C-FIND (9.1.2): gives the identifiers of the pending responses as they come. A match that is not taken holds the peer
 * back; who stops asking, or aborts the signal, sends C-CANCEL.
 * @param sopClassUID of the information model
 * @returns the last response
 * @throws NoPresentationContext, AssociationLost; BadDataset for an identifier that cannot be read
 */
export async function* find(
  exchange: Exchange<undefined>,
  { sopClassUID, identifier }: { readonly sopClassUID: Uid; readonly identifier: Dataset },
  signal?: AbortSignal,
): AsyncGenerator<Dataset, Concluded, void> {
  const { id, syntax } = contextFor(exchange, sopClassUID);
  const enough = new AbortController();
  const come: AsyncIterable<Uint8Array>[] = [];
  let news = Promise.withResolvers<void>();
  let last: Command | undefined;
  let isOver = false;
  const answered = exchange
    .invoke(
      id,
      { AffectedSOPClassUID: sopClassUID, CommandField: commandFields['C-FIND-RQ'], Priority: 0 },
      serializeDataset(identifier, syntax),
      {
        signal: signal ? AbortSignal.any([signal, enough.signal]) : enough.signal,
        response({ dataset }) {
          if (dataset && enough.signal.aborted) void passOver(dataset);
          else if (dataset) come.push(dataset);
          news.resolve();
        },
      },
    )
    .then((command) => void (last = command))
    .finally(() => {
      isOver = true;
      news.resolve();
    });
  answered.catch(() => {}); // told below, when its turn comes
  try {
    for (;;) {
      const next = come.shift();
      if (next) yield await parseDataset(next, syntax, responseLimits);
      else if (last) return { status: last.Status, errorComment: last.ErrorComment };
      else {
        await news.promise;
        news = Promise.withResolvers<void>();
        if (isOver) await answered;
      }
    }
  } finally {
    enough.abort();
    for (const left of come) void passOver(left);
    await answered.catch(() => {}); // said above, or nobody asks any more
  }
}

export interface Moved extends Concluded {
  readonly suboperations: Suboperations;
  /** What stands in the list and is no UID names nothing. */
  readonly failedSOPInstanceUIDs: readonly Uid[];
}

/**
 * C-MOVE (9.1.4) to a destination that the peer knows by its AE title. Aborting the signal sends C-CANCEL.
 * @param told.progress hears the counts of each pending response that has some
 * @throws NoPresentationContext, AssociationLost
 */
export async function move(
  exchange: Exchange<undefined>,
  asked: { readonly sopClassUID: Uid; readonly identifier: Dataset; readonly destination: string },
  told: { readonly signal?: AbortSignal; readonly progress?: (counts: Suboperations) => void } = {},
): Promise<Moved> {
  const { sopClassUID, identifier, destination } = asked;
  const { id, syntax } = contextFor(exchange, sopClassUID);
  let failed: Promise<Dataset | undefined> = Promise.resolve(undefined);
  const command = await exchange.invoke(
    id,
    {
      AffectedSOPClassUID: sopClassUID,
      CommandField: commandFields['C-MOVE-RQ'],
      Priority: 0,
      MoveDestination: destination,
    },
    serializeDataset(identifier, syntax),
    {
      ...(told.signal && { signal: told.signal }),
      response({ command: response, dataset }) {
        if (response.NumberOfRemainingSuboperations !== undefined) told.progress?.(countsOf(response));
        // A list that cannot be read costs nothing but the list: the counts are in the command.
        if (dataset) failed = parseDataset(dataset, syntax, responseLimits).catch(() => undefined);
      },
    },
  );
  const list = await failed;
  return {
    status: command.Status,
    errorComment: command.ErrorComment,
    suboperations: countsOf(command),
    failedSOPInstanceUIDs: list ? textValues(list, failedSOPInstanceUIDList).filter(isUid) : [],
  };
}

const failedSOPInstanceUIDList = 0x00080058;

function countsOf(command: Command): Suboperations {
  const remaining = command.NumberOfRemainingSuboperations;
  return {
    ...(remaining !== undefined && { remaining }),
    completed: command.NumberOfCompletedSuboperations ?? 0,
    failed: command.NumberOfFailedSuboperations ?? 0,
    warning: command.NumberOfWarningSuboperations ?? 0,
  };
}

async function passOver(dataset: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const _ of dataset);
  } catch {
    // The association is lost: the request says so.
  }
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
  const { id, syntax } = contextFor(exchange, sopClassUID);
  const response = await exchange.invoke(
    id,
    {
      AffectedSOPClassUID: sopClassUID,
      CommandField: commandFields['N-CREATE-RQ'],
      AffectedSOPInstanceUID: sopInstanceUID,
    },
    datasetIn(syntax.uid),
  );
  return { status: response.Status, errorComment: response.ErrorComment };
}

function contextFor(
  exchange: Exchange<undefined>,
  abstractSyntax: Uid,
  transferSyntax?: Uid,
): { readonly id: number; readonly syntax: TransferSyntax } {
  for (const context of exchange.contexts.values()) {
    if (
      context.abstractSyntax === abstractSyntax &&
      (transferSyntax ?? context.transferSyntax) === context.transferSyntax
    )
      return { id: context.id, syntax: transferSyntaxOf(context.transferSyntax) };
  }
  throw new NoPresentationContext(`no presentation context for ${abstractSyntax} in ${transferSyntax ?? 'any syntax'}`);
}
