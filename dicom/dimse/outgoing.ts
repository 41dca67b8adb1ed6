/**
 * What goes out on one association (PS3.7 6.3, 7.5): messages one after another, and among them our own requests, each
 * until its last response has come.
 */
import { BadCommand, type Command, commandFields, responseBit } from './command.ts';
import type { DatasetStream } from './dataset-stream.ts';
import { encodeMessage, encodeMessageInPieces, type OutgoingCommand } from './message.ts';
import type { Invocation, OutgoingDataset } from './service.ts';
import { isFailure, isPending } from './status.ts';
import type { Association } from '../network/association.ts';

/** A response as it comes; whoever takes it reads its data set. */
export interface Response {
  readonly command: Command;
  readonly dataset: AsyncIterable<Uint8Array> | undefined;
}

/** A request of ours that is not answered to the end. */
interface Invoked {
  readonly request: number;
  readonly SOPInstanceUID: string | undefined;
  readonly response: ((response: Response) => void) | undefined;
  readonly answered: PromiseWithResolvers<Command>;
  /** Runs since the request or its last pending response, and from C-CANCEL on without regard to those. */
  noResponse?: NodeJS.Timeout;
  isCancelled: boolean;
}

/** Requests to which several responses may come (PS3.7 9.1.2, 9.1.3, 9.1.4). */
const answeredInParts: ReadonlySet<number> = new Set([
  commandFields['C-FIND-RQ'],
  commandFields['C-GET-RQ'],
  commandFields['C-MOVE-RQ'],
]);

export class Outgoing {
  readonly #association: Association;
  readonly #maximumLength: number;
  readonly #invoked = new Map<number, Invoked>();
  #lastMessageID = 0;
  #failure: Error | undefined;
  /** While a message is on its way in pieces: those of two may not mix. */
  #sending: Promise<void> | undefined;

  /** @param maximumLength of the peer, 0: no limit */
  constructor(association: Association, maximumLength: number) {
    this.#association = association;
    this.#maximumLength = maximumLength;
  }

  /** A request of ours is not answered to the end: how long that may take is its own limit. */
  get isWaiting(): boolean {
    return this.#invoked.size > 0;
  }

  /**
   * Sends a request and resolves with the command of its last response.
   * @param told.response is told of every response, the last one too
   * @param told.signal   asks the peer to cancel (C-CANCEL); its last response is awaited all the same
   * @throws AssociationLost, and what the data set throws: the association is aborted when half a message is sent then
   */
  async invoke(
    contextId: number,
    command: Invocation,
    dataset: OutgoingDataset | undefined,
    { response, signal }: { response?: (response: Response) => void; signal?: AbortSignal } = {},
  ): Promise<Command> {
    if (this.#failure) throw this.#failure;
    const MessageID = (this.#lastMessageID = (this.#lastMessageID % 0xffff) + 1);
    const answered = Promise.withResolvers<Command>();
    answered.promise.catch(() => {}); // it may be lost while the data set is still being sent
    const { CommandField: request, AffectedSOPInstanceUID: SOPInstanceUID } = command;
    const invoked: Invoked = { request, SOPInstanceUID, answered, response, isCancelled: false };
    this.#invoked.set(MessageID, invoked);
    const cancel = (): void => {
      invoked.isCancelled = true;
      this.#cancel(contextId, MessageID).catch(() => {}); // lost: `answered` says so
    };
    try {
      await this.send(contextId, { ...command, MessageID }, dataset);
      const { responseMs } = this.#association.limits;
      invoked.noResponse = setTimeout(() => this.#association.abort('no response in time'), responseMs);
      if (signal?.aborted === true) cancel();
      signal?.addEventListener('abort', cancel, { once: true });
      return await answered.promise;
    } finally {
      clearTimeout(invoked.noResponse);
      signal?.removeEventListener('abort', cancel);
      this.#invoked.delete(MessageID);
    }
  }

  /** @throws AssociationLost, and what the data set throws */
  async send(contextId: number, command: OutgoingCommand, dataset: OutgoingDataset | undefined): Promise<void> {
    while (this.#sending) await this.#sending;
    if (dataset === undefined || dataset instanceof Uint8Array) {
      await this.#association.send(encodeMessage(contextId, command, dataset, this.#maximumLength));
      return;
    }
    const sent = Promise.withResolvers<void>();
    this.#sending = sent.promise;
    let begun = false;
    try {
      for await (const pdus of encodeMessageInPieces(contextId, command, dataset, this.#maximumLength)) {
        begun = true;
        await this.#association.send(pdus);
      }
    } catch (error) {
      if (begun) this.#association.abort('the rest of a data set cannot be sent');
      throw error;
    } finally {
      this.#sending = undefined;
      sent.resolve();
    }
  }

  /** @throws BadCommand */
  response(command: Command, dataset: DatasetStream | undefined): void {
    const invoked = this.#invoked.get(command.MessageIDBeingRespondedTo ?? -1);
    if (!invoked) throw new BadCommand('a response to nothing that we asked');
    const { CommandField, Status = 0 } = command;
    if (CommandField !== (invoked.request | responseBit)) throw new BadCommand('a response to another kind of request');
    if (isOfAnother(command, invoked)) throw new BadCommand('a response about another instance');
    const isPartial = isPending(Status);
    if (isPartial && !answeredInParts.has(invoked.request))
      throw new BadCommand('a pending response to a request that has only one');
    if (invoked.response) invoked.response({ command, dataset });
    else dataset?.discard();
    if (isPartial && !invoked.isCancelled) invoked.noResponse?.refresh();
    else if (!isPartial) invoked.answered.resolve(command);
  }

  /** No response will come any more, to what is asked and to what would be. */
  fail(error: Error): void {
    this.#failure ??= error;
    for (const { answered } of this.#invoked.values()) answered.reject(error);
  }

  async #cancel(contextId: number, messageID: number): Promise<void> {
    const command = { CommandField: commandFields['C-CANCEL-RQ'], MessageIDBeingRespondedTo: messageID };
    await this.send(contextId, command, undefined);
  }
}

/**
 * An instance counts as stored there by its own acknowledgement only (PS3.7 Table 9.1-1). What other services say there takes nothing away,
 * and what was not stored was not, whatever it is called.
 */
function isOfAnother({ AffectedSOPInstanceUID, Status = 0 }: Command, { request, SOPInstanceUID }: Invoked): boolean {
  if (request !== commandFields['C-STORE-RQ'] || isFailure(Status)) return false;
  return AffectedSOPInstanceUID !== undefined && AffectedSOPInstanceUID !== SOPInstanceUID;
}
