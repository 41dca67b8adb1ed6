/** One request while it is performed (PS3.7 7.5.1). */
import type { Uid } from '#dicom/data/uid.ts';
import type { Command } from '#dicom/dimse/command.ts';
import type { DatasetStream } from '#dicom/dimse/dataset-stream.ts';
import type { Request } from '#dicom/dimse/service.ts';
import type { AcceptedContext } from '#dicom/network/association.ts';

export class Operating implements Request {
  readonly command: Command;
  readonly context: AcceptedContext;
  readonly dataset: DatasetStream | undefined;
  #controller: AbortController | undefined;
  #isCancelled = false;

  constructor(command: Command, context: AcceptedContext, dataset: DatasetStream | undefined) {
    this.command = command;
    this.context = context;
    this.dataset = dataset;
  }

  get abstractSyntax(): Uid {
    return this.context.abstractSyntax;
  }

  get transferSyntax(): Uid {
    return this.context.transferSyntax;
  }

  /** Made only for those who ask: a C-STORE has no use for it. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isCancelled) this.#controller.abort();
    return this.#controller.signal;
  }

  cancel(): void {
    this.#isCancelled = true;
    this.#controller?.abort();
  }
}
