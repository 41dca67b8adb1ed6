/** What a DIMSE service is: which SOP classes it serves, and what it does with each request (PS3.7 Section 7.5). */
import type { Uid } from '../data/uid.ts';
import type { Command, RequestName } from './command.ts';
import type { AcceptedContext } from '../network/agreement.ts';
import type { Offer } from '../network/negotiate.ts';

/** A request as a service sees it. */
export interface Request {
  readonly command: Command;
  readonly abstractSyntax: Uid;
  readonly transferSyntax: Uid;
  /** Service class application information that was agreed on for its SOP class (PS3.7 D.3.3.5). */
  readonly extended: Uint8Array | undefined;
  /**
   * Bytes of the data set while they arrive; undefined when the command announced none. Throws AssociationLost when the
   * rest will never come. Whoever stops reading early is not sent the rest, and the association stays usable.
   * A piece stays as it is until the next one is asked for or the operation settles; what is kept of it is copied.
   */
  readonly dataset: AsyncIterable<Uint8Array> | undefined;
  /** Aborted by C-CANCEL, and when the association is lost: its reason is then the AssociationLost. */
  readonly signal: AbortSignal;
  /** Where this request came from: C-GET performs its C-STORE sub-operations there. */
  readonly peer: Peer;
  /**
   * Sends a response before the last one. Resolves when the peer takes more; after C-CANCEL nothing is sent.
   * @throws AssociationLost
   */
  pending(answer: Answer): Promise<void>;
}

/** The other end of an association, when we invoke requests. */
export interface Peer {
  /** By their ID. On those that are not `asSCU` only the peer may invoke requests. */
  readonly contexts: ReadonlyMap<number, AcceptedContext>;
  /** Abstract syntaxes that it takes, but in no transfer syntax that we can give. */
  readonly otherwise: ReadonlySet<string>;
  /** Requests that may wait for their response at once (PS3.7 D.3.3.3). */
  readonly invocations: number;
  /** Nothing can be invoked any more. */
  readonly isOver: boolean;
  /** Nothing of what was invoked waits in our memory any more. */
  readonly isFlushed: boolean;
  /**
   * Sends a request and resolves with the command of its last response.
   * @param dataset in one piece, or in pieces that stay as they are when the next one is asked for
   * @throws AssociationLost
   */
  invoke(contextId: number, command: Invocation, dataset?: OutgoingDataset): Promise<Command>;
}

export type Invocation = Omit<Command, 'MessageID' | 'CommandDataSetType'>;
export type OutgoingDataset = Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** A response. Message ID and SOP class and instance are those of the request. */
export interface Answer {
  readonly status: number;
  /** At most 64 characters of the default repertoire are sent. */
  readonly errorComment?: string;
  /** Tags. */
  readonly offendingElement?: readonly number[];
  /** The data set of the response, in the transfer syntax of the request. */
  readonly identifier?: Uint8Array;
  /** Of C-GET and C-MOVE (PS3.4 C.4.2.1.6 to C.4.2.1.9). */
  readonly suboperations?: Suboperations;
  /** Error ID (0000,0903), where a service class names some. */
  readonly errorID?: number;
  /** Attribute Identifier List (0000,1005): tags. */
  readonly attributes?: readonly number[];
  /** The SOP Instance UID of what N-CREATE made, when the request names none (PS3.7 10.1.5.1.4). */
  readonly sopInstanceUID?: string;
  /** Called when the answer has been sent: what the requestor may hear of only after it. */
  readonly sent?: () => void;
}

export interface Suboperations {
  /** Only while pending, and after C-CANCEL. */
  readonly remaining?: number;
  readonly completed: number;
  readonly failed: number;
  readonly warning: number;
}

/** May throw: the answer is then 0110H, processing failure. */
export type Operation<Context> = (request: Request, context: Context) => Promise<Answer>;

export interface Service<Context> extends Offer {
  readonly name: string;
  readonly commands: Readonly<Partial<Record<RequestName, Operation<Context>>>>;
}
