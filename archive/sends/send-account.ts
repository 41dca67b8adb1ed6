/**
 * The account of one run of a send: what is acknowledged is written down every moment, so that a run that is cut off
 * costs little; and the reasons of what was not, for the person who looks at the list.
 */
import { isFailure, printedStatus } from '#dicom/dimse/status.ts';
import type { SendCause, SendFailure } from '#index/send-cause.ts';
import type { Log } from '#settings/log.ts';
import { limits } from '#settings/limits.ts';
import type { RetrievedInstance } from '../retrieve.ts';
import type { Account } from '../scp/sub-operations.ts';

const { noteMs, notedAtOnce, leaseSeconds } = limits.sends;

export class SendAccount implements Account {
  readonly #write: (digests: readonly Buffer[]) => Promise<boolean>;
  readonly #lost: () => void;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  #due: Buffer[] = [];
  #acknowledged = 0;
  #writing: Promise<void> | undefined;
  #writtenAt = performance.now();
  /** By what would be said of them. */
  readonly #failures = new Map<string, { readonly failure: SendFailure; instances: number }>();

  /**
   * @param write  writes digests down; false when the send is not this run's any more
   * @param lost   is called then, and when nothing could be written for so long that another run may have begun
   */
  constructor(write: (digests: readonly Buffer[]) => Promise<boolean>, lost: () => void, log: Log) {
    this.#write = write;
    this.#lost = lost;
    this.#log = log;
    // Also while a slow destination answers nothing: the run goes on.
    this.#timer = setInterval(() => void this.#note(), noteMs);
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** The most frequent failure, and how many others there are. */
  get cause(): SendCause | undefined {
    const [first, ...others] = [...this.#failures.values()].sort((a, b) => b.instances - a.instances);
    if (!first) return undefined;
    return {
      ...first.failure,
      instances: first.instances,
      ...(others.length > 0 && { others: others.length }),
    };
  }

  answered({ row }: RetrievedInstance, answer: number, comment?: string): void {
    if (isFailure(answer)) this.#because(refusal(answer, comment));
    else {
      this.#acknowledged++;
      this.#due.push(row.digest);
    }
  }

  failed(_instance: RetrievedInstance, why: SendFailure): void {
    this.#because(why);
  }

  async progress(): Promise<void> {
    if (this.#due.length >= notedAtOnce) await this.#note();
  }

  /** Writes down what is left. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    if (this.#due.length > 0) await this.#note();
  }

  #because(failure: SendFailure): void {
    const known = this.#failures.get(failure.reason);
    if (known) known.instances++;
    else if (this.#failures.size < 20) this.#failures.set(failure.reason, { failure, instances: 1 });
  }

  #note(): Promise<void> {
    return (this.#writing ??= this.#writeDown().finally(() => (this.#writing = undefined)));
  }

  async #writeDown(): Promise<void> {
    const digests = this.#due;
    this.#due = [];
    try {
      const isOurs = await this.#write(digests);
      this.#writtenAt = performance.now();
      if (!isOurs) this.#lost();
    } catch (error) {
      this.#due = [...digests, ...this.#due];
      this.#log.warn({ err: error }, 'what was sent cannot be written down');
      if (performance.now() - this.#writtenAt > (leaseSeconds / 2) * 1000) this.#lost();
    }
  }
}

/** What a status of C-STORE says of the destination (PS3.4 Table B.2-1, PS3.7 Annex C). */
function refusal(answer: number, comment: string | undefined): SendFailure {
  const status = printedStatus(answer);
  const code =
    answer >> 8 === 0xa7
      ? 'outOfResources'
      : answer >> 8 === 0xa9 || answer >> 12 === 0xc
        ? 'notUnderstood'
        : answer === 0x0124
          ? 'notAuthorized'
          : 'answeredFailure';
  const reason = `answered with status ${status}${comment ? ` ${comment}` : ''}`;
  return { code, reason, status, ...(comment && { comment }) };
}
