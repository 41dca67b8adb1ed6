/** What a DIMSE service is: which SOP classes it serves, and what it does with each request (PS3.7 Section 7.5). */
import type { Uid } from '#dicom/data/uid.ts';
import type { Command, RequestName } from '#dicom/dimse/command.ts';
import type { Offer } from '#dicom/network/negotiate.ts';

/** A request as a service sees it. */
export interface Request {
  readonly command: Command;
  readonly abstractSyntax: Uid;
  readonly transferSyntax: Uid;
  /**
   * Bytes of the data set while they arrive; undefined when the command announced none. Throws AssociationLost when the
   * rest will never come. Whoever stops reading early is not sent the rest, and the association stays usable.
   * A piece stays as it is until the next one is asked for or the operation settles; what is kept of it is copied.
   */
  readonly dataset: AsyncIterable<Uint8Array> | undefined;
  /** Aborted by C-CANCEL, and when the association is lost. */
  readonly signal: AbortSignal;
}

/** A response. Message ID and SOP class and instance are those of the request. */
export interface Answer {
  readonly status: number;
  /** At most 64 characters of the default repertoire are sent. */
  readonly errorComment?: string;
  /** Tags. */
  readonly offendingElement?: readonly number[];
}

/** May throw: the answer is then 0110H, processing failure. */
export type Operation<Context> = (request: Request, context: Context) => Promise<Answer>;

export interface Service<Context> extends Offer {
  readonly name: string;
  readonly commands: Readonly<Partial<Record<RequestName, Operation<Context>>>>;
}
