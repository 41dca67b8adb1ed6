/**
 * Message exchange on one association (PS3.7): performs the requests that arrive, in their order unless an asynchronous
 * operations window was negotiated, and invokes requests of our own.
 */
import { BadCommand, type Command, type RequestName, commandFields, responseBit } from './command.ts';
import type { DatasetStream } from './dataset-stream.ts';
import { MessageReader } from './message-reader.ts';
import { Operating } from './operating.ts';
import { Outgoing, type Response } from './outgoing.ts';
import { responseTo } from './response.ts';
import type { Answer, Invocation, Operation, OutgoingDataset, Peer, Service } from './service.ts';
import { status } from './status.ts';
import type { AcceptedContext, Agreement } from '../network/agreement.ts';
import type { Association } from '../network/association.ts';
import { AssociationLost, type AssociationUser } from '../network/association-user.ts';

/** For figures and logs. */
export interface Performed {
  readonly command: Command;
  readonly context: AcceptedContext;
  readonly answer: Answer;
  readonly datasetBytes: number;
  readonly durationMs: number;
  /** What the service threw that was no answer. */
  readonly unexpected?: unknown;
}

export interface ExchangeOptions<Context> {
  readonly services: readonly Service<Context>[];
  readonly context: Context;
  readonly performed?: (performed: Performed) => void;
  readonly ended?: (lost: AssociationLost | undefined) => void;
}

const requestNames = new Map<number, RequestName>(
  Object.entries(commandFields).map(([name, field]) => [field, name as RequestName]),
);

/**
 * Belongs to one association, acceptor's or requestor's, and ends with it. What waits for a service is bounded by
 * `limits.bufferedBytes`: beyond that nothing more is taken from the connection.
 */
export class Exchange<Context> implements AssociationUser, Peer {
  readonly #association: Association;
  readonly #agreement: Agreement;
  readonly #options: ExchangeOptions<Context>;
  readonly #reader: MessageReader;
  readonly #waiting: Operating[] = [];
  readonly #running = new Set<Operating>();
  readonly #outgoing: Outgoing;
  #bufferedBytes = 0;
  #isPaused = false;
  /** The message that was coming when its pace was last looked at; undefined where something was held back of it since. */
  #coming: number | undefined;
  #isReleasing = false;
  #isDraining = false;
  #isOver = false;
  #lost: AssociationLost | undefined;
  readonly #over = Promise.withResolvers<void>();

  constructor(association: Association, agreement: Agreement, options: ExchangeOptions<Context>) {
    this.#association = association;
    this.#agreement = agreement;
    this.#options = options;
    this.#outgoing = new Outgoing(association, agreement.maximumLength);
    this.#reader = new MessageReader(
      {
        message: (contextId, command, dataset) => this.#message(contextId, command, dataset),
        taken: (bytes) => this.#taken(bytes),
        giveBack: (piece) => association.giveBack(piece),
      },
      association.limits,
    );
  }

  /** Resolves when the association is over, however it ended. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  get contexts(): Agreement['contexts'] {
    return this.#agreement.contexts;
  }

  get otherwise(): ReadonlySet<string> {
    return this.#agreement.otherwise ?? new Set();
  }

  get invocations(): number {
    return this.#agreement.invocations;
  }

  /** Also while the peer waits for our answer to its A-RELEASE-RQ: nothing can be asked of it any more. */
  get isOver(): boolean {
    return this.#isOver || this.#isReleasing;
  }

  get isFlushed(): boolean {
    return this.#association.isFlushed;
  }

  /** Answers what is running, then aborts; aborts at once when nothing is. */
  drain(): void {
    this.#isDraining = true;
    this.#settle();
  }

  abort(why: string): void {
    this.#association.abort(why);
  }

  /** Requestor: releases in order. */
  async release(): Promise<void> {
    this.#association.release();
    const noResponse = setTimeout(() => this.abort('no release in time'), this.#association.limits.artimMs);
    await this.#over.promise;
    clearTimeout(noResponse);
    if (this.#lost) throw this.#lost;
  }

  /** As `Outgoing.invoke`. @throws AssociationLost, and what the data set throws */
  async invoke(
    contextId: number,
    command: Invocation,
    dataset?: OutgoingDataset,
    told?: { response?: (response: Response) => void; signal?: AbortSignal },
  ): Promise<Command> {
    if (this.#lost) throw this.#lost;
    return this.#outgoing.invoke(contextId, command, dataset, told);
  }

  data(contextId: number, isCommand: boolean, isLast: boolean, bytes: Buffer): void {
    try {
      if (!isCommand) this.#bufferedBytes += bytes.length;
      this.#reader.push(contextId, isCommand, isLast, bytes);
    } catch (error) {
      if (!(error instanceof BadCommand)) throw error;
      this.#association.abort(error.message);
    }
    this.#holdBack();
  }

  releaseRequested(): void {
    this.#isReleasing = true;
    // It may send no data any more (PS3.8 Table 9-10, Sta7), so none of our requests would ever be answered.
    this.#outgoing.fail(new AssociationLost('the peer releases the association'));
    this.#settle();
  }

  quiet(forMs: number): void {
    const { stalledMessageMs, idleAssociationMs } = this.#association.limits;
    if (this.#reader.isMidMessage && !this.#isPaused) {
      if (forMs >= stalledMessageMs) this.#association.abort('the rest of a message does not come');
    } else if (this.#running.size === 0 && !this.#outgoing.isWaiting && forMs >= idleAssociationMs)
      this.#association.abort('idle for too long');
  }

  paced(received: number): void {
    const coming = this.#isPaused ? undefined : this.#reader.unfinished;
    if (coming !== undefined && coming === this.#coming && received < this.#association.limits.leastPaceBytes)
      this.#association.abort('the rest of a message comes too slowly');
    this.#coming = coming;
  }

  ended(lost: AssociationLost | undefined): void {
    this.#isOver = true;
    this.#lost = lost;
    const over = lost ?? new AssociationLost('released');
    this.#reader.fail(over);
    this.#waiting.length = 0;
    for (const operating of this.#running) operating.cancel(over);
    this.#outgoing.fail(over);
    this.#options.ended?.(lost);
    this.#over.resolve();
  }

  #message(contextId: number, command: Command, dataset: DatasetStream | undefined): void {
    const context = this.#agreement.contexts.get(contextId);
    if (!context) throw new BadCommand(`presentation context ${contextId}`);
    if (command.CommandField === commandFields['C-CANCEL-RQ']) this.#cancel(command, dataset);
    else if ((command.CommandField & responseBit) !== 0) this.#outgoing.response(command, dataset);
    else if (command.MessageID === undefined) throw new BadCommand('a request without Message ID (0000,0110)');
    else {
      const respond = (operating: Operating, answer: Answer) => this.#answer(operating, answer);
      this.#waiting.push(new Operating({ command, context, dataset }, this, respond));
      this.#start();
    }
  }

  #cancel({ MessageIDBeingRespondedTo }: Command, dataset: DatasetStream | undefined): void {
    dataset?.discard();
    for (const operating of [...this.#running, ...this.#waiting])
      if (operating.command.MessageID === MessageIDBeingRespondedTo) operating.cancel();
  }

  #start(): void {
    while (this.#waiting.length > 0 && this.#running.size < this.#agreement.operations && !this.#isDraining) {
      const operating = this.#waiting.shift()!;
      this.#running.add(operating);
      // What nobody expected ends this association, and only this one.
      this.#perform(operating).catch((error: unknown) => this.#association.abort(`failed: ${String(error)}`));
    }
  }

  async #perform(operating: Operating): Promise<void> {
    const { command, context, dataset } = operating;
    const began = performance.now();
    let answer: Answer;
    let unexpected: unknown;
    try {
      answer = await this.#operation(operating)(operating, this.#options.context);
    } catch (error) {
      unexpected = error;
      answer = { status: status.processingFailure, errorComment: 'processing failure' };
    }
    // What the service did not want is read to its end, or the next message could not be found.
    dataset?.discard();
    if (dataset && !dataset.hasEnded) await dataset.ended;
    try {
      if (!this.#lost) await this.#answer(operating, answer);
    } catch (error) {
      if (!(error instanceof AssociationLost)) throw error;
    }
    this.#running.delete(operating);
    if (!(unexpected instanceof AssociationLost))
      this.#options.performed?.({
        command,
        context,
        answer,
        datasetBytes: dataset?.length ?? 0,
        durationMs: performance.now() - began,
        ...(unexpected !== undefined && { unexpected }),
      });
    this.#settle();
  }

  #operation({ command, context }: Operating): Operation<Context> {
    const service = this.#options.services.find((each) => each.abstractSyntaxes(context.abstractSyntax));
    const name = requestNames.get(command.CommandField);
    const operation = name && service?.commands[name];
    if (!operation)
      return async () => ({ status: status.unrecognizedOperation, errorComment: 'unrecognized operation' });
    const sopClass = command.AffectedSOPClassUID ?? command.RequestedSOPClassUID;
    if (sopClass !== undefined && sopClass !== context.abstractSyntax)
      return async () => ({
        status: status.sopClassNotSupported,
        errorComment: 'SOP class differs from that of the presentation context',
      });
    return operation;
  }

  async #answer({ command, context }: Operating, answer: Answer): Promise<void> {
    await this.#outgoing.send(context.id, responseTo(command, answer), answer.identifier);
    answer.sent?.();
  }

  /** After each change: the next request, the release that waits, the end of a drain, the socket. */
  #settle(): void {
    this.#start();
    if (this.#running.size === 0) {
      if (this.#isDraining) this.#association.abort('we are closing');
      else if (this.#isReleasing && this.#waiting.length === 0) this.#association.releaseResponse();
    }
    this.#holdBack();
  }

  #taken(bytes: number): void {
    this.#bufferedBytes -= bytes;
    if (this.#isPaused) this.#holdBack();
  }

  /** Pauses the socket while more has come than our services take, resumes it when half of that is gone. */
  #holdBack(): void {
    const { bufferedBytes, waitingRequests } = this.#association.limits;
    const most = this.#isPaused ? bufferedBytes / 2 : bufferedBytes;
    const pause = this.#bufferedBytes > most || this.#waiting.length > waitingRequests;
    if (pause === this.#isPaused) return;
    this.#isPaused = pause;
    // What did not come while we held it back is not the peer's delay.
    this.#coming = undefined;
    if (pause) this.#association.pause();
    else this.#association.resume();
  }
}
