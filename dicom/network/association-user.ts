/** What an association tells the layer above it: the indications of PS3.8 Section 7. */
import type { AssociateAccept, AssociateRequest } from './associate-pdu.ts';
import type { AssociateReject } from './pdu.ts';

/** The association ended otherwise than by release: aborted by either side, or its connection was cut. */
export class AssociationLost extends Error {
  override name = 'AssociationLost';
}

/** Indications of PS3.8 Section 7 to the user of an established association. */
export interface AssociationUser {
  /**
   * A piece of a command or data set; `isLast` with the one that ends it. A piece of a command stays as it is until this
   * returns, one of a data set until `giveBack()`.
   */
  data(contextId: number, isCommand: boolean, isLast: boolean, bytes: Buffer): void;
  /** The peer has sent all it wants to; answer with `releaseResponse()` when every answer is sent. */
  releaseRequested(): void;
  /** Nothing has come or gone for this long. Called again and again while it lasts. */
  quiet(forMs: number): void;
  /** So many bytes have come within the last `stalledMessageMs`. */
  paced(received: number): void;
  /** It is over, once: released in order (undefined), or lost. */
  ended(lost: AssociationLost | undefined): void;
}

/** Who waits for the first PDU: the acceptor for -RQ, the requestor for -AC or -RJ. */
export interface Establishing {
  requested?(request: AssociateRequest): void;
  accepted?(accept: AssociateAccept): void;
  rejected?(reject: AssociateReject): void;
  /** It ended before it was established. */
  failed(lost: AssociationLost | undefined): void;
}
