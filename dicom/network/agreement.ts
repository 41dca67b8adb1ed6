/** What the two sides of an association agreed on when it was established (PS3.8 7.1, PS3.7 Annex D). */
import type { Uid } from '../data/uid.ts';

/** A presentation context that both sides agreed on. */
export interface AcceptedContext {
  readonly id: number;
  readonly abstractSyntax: Uid;
  readonly transferSyntax: Uid;
  /** We may invoke its requests: the requestor, unless roles were negotiated otherwise (PS3.7 D.3.3.4). */
  readonly asSCU: boolean;
  /** We may send its notifications (N-EVENT-REPORT): the acceptor, unless roles were negotiated otherwise. */
  readonly asSCP: boolean;
  /** Service class application information that both sides agreed on for this SOP class (PS3.7 D.3.3.5). */
  readonly extended?: Buffer;
}

/** What both sides agreed on. */
export interface Agreement {
  readonly contexts: ReadonlyMap<number, AcceptedContext>;
  /** Abstract syntaxes that the acceptor knows, and takes in none of the transfer syntaxes that were proposed (PS3.8 Table 9-18). */
  readonly otherwise?: ReadonlySet<string>;
  /** The peer's maximum length of a P-DATA-TF variable field; 0: no limit. */
  readonly maximumLength: number;
  /** Requests of the peer that we perform at once (PS3.7 D.3.3.3). */
  readonly operations: number;
  /** Requests of ours that the peer performs at once. */
  readonly invocations: number;
}
