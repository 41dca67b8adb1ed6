/**
 * Puts commands and data sets together from presentation data values (PS3.8 Annex E, PS3.7 6.3).
 * A command is small and read whole; its data set is handed on while it arrives.
 */
import { BadCommand, type Command, decodeCommand, noDataset } from './command.ts';
import { type DatasetSource, DatasetStream } from './dataset-stream.ts';
import type { UpperLayerLimits } from '../network/limits.ts';

export interface MessageSink extends DatasetSource {
  /** A command has come; its data set, if it announced one, still comes. */
  message(contextId: number, command: Command, dataset: DatasetStream | undefined): void;
}

export class MessageReader {
  readonly #sink: MessageSink;
  readonly #limits: UpperLayerLimits;
  #command: Buffer[] = [];
  #commandBytes = 0;
  #dataset: DatasetStream | undefined;
  #contextId: number | undefined;
  #messages = 0;

  constructor(sink: MessageSink, limits: UpperLayerLimits) {
    this.#sink = sink;
    this.#limits = limits;
  }

  /** A part of a message has come, and not all of it. */
  get isMidMessage(): boolean {
    return this.#contextId !== undefined;
  }

  /** The number of the message of which a part has come, and not all of it. */
  get unfinished(): number | undefined {
    return this.isMidMessage ? this.#messages : undefined;
  }

  /** @throws BadCommand */
  push(contextId: number, isCommand: boolean, isLast: boolean, bytes: Buffer): void {
    if (this.#contextId !== undefined && this.#contextId !== contextId)
      throw new BadCommand(`a message on context ${contextId} within one on context ${this.#contextId}`);
    if (isCommand) this.#pushCommand(contextId, isLast, bytes);
    else this.#pushDataset(isLast, bytes);
  }

  #pushCommand(contextId: number, isLast: boolean, bytes: Buffer): void {
    if (this.#dataset) throw new BadCommand('a command before the end of a data set');
    if (this.#contextId === undefined) this.#messages++;
    this.#contextId = contextId;
    // What comes is not kept beyond this call; a command in several pieces is the exception.
    this.#command.push(isLast ? bytes : Buffer.from(bytes));
    this.#commandBytes += bytes.length;
    if (this.#commandBytes > this.#limits.commandSetBytes || this.#command.length > this.#limits.commandSetPieces)
      throw new BadCommand('a command without end');
    if (!isLast) return;
    const command = decodeCommand(this.#command.length === 1 ? bytes : Buffer.concat(this.#command));
    this.#command = [];
    this.#commandBytes = 0;
    if (command.CommandDataSetType === noDataset) this.#contextId = undefined;
    else this.#dataset = new DatasetStream(this.#sink);
    this.#sink.message(contextId, command, this.#dataset);
  }

  #pushDataset(isLast: boolean, bytes: Buffer): void {
    const dataset = this.#dataset;
    if (!dataset) throw new BadCommand('a data set without a command that announced it');
    if (isLast) {
      this.#dataset = undefined;
      this.#contextId = undefined;
    }
    dataset.push(bytes);
    if (isLast) dataset.complete();
  }

  /** Nothing more will come. */
  fail(error: Error): void {
    this.#dataset?.fail(error);
  }
}
