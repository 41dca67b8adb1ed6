/** One request while it is performed (PS3.7 7.5.1). */
import type { Uid } from '../data/uid.ts';
import type { Command } from './command.ts';
import type { DatasetStream } from './dataset-stream.ts';
import type { Answer, Peer, Request } from './service.ts';
import type { AcceptedContext } from '../network/agreement.ts';

export class Operating implements Request {
  readonly command: Command;
  readonly context: AcceptedContext;
  readonly dataset: DatasetStream | undefined;
  readonly peer: Peer;
  readonly #respond: (answer: Answer) => Promise<void>;
  #controller: AbortController | undefined;
  #isCancelled = false;
  #reason: Error | undefined;

  constructor(
    { command, context, dataset }: Pick<Operating, 'command' | 'context' | 'dataset'>,
    peer: Peer,
    respond: (operating: Operating, answer: Answer) => Promise<void>,
  ) {
    this.command = command;
    this.context = context;
    this.dataset = dataset;
    this.peer = peer;
    this.#respond = (answer) => respond(this, answer);
  }

  get abstractSyntax(): Uid {
    return this.context.abstractSyntax;
  }

  get transferSyntax(): Uid {
    return this.context.transferSyntax;
  }

  get extended(): Uint8Array | undefined {
    return this.context.extended;
  }

  /** Made only for those who ask: a C-STORE has no use for it. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isCancelled) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  async pending(answer: Answer): Promise<void> {
    if (this.#reason) throw this.#reason;
    if (!this.#isCancelled) await this.#respond(answer);
  }

  /** @param reason undefined for C-CANCEL */
  cancel(reason?: Error): void {
    this.#isCancelled = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}
