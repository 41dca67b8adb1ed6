/**
 * The account of one run of a send: what is acknowledged is written down every moment, so that a run that is cut off
 * costs little; and the reasons of what was not, for the person who looks at the list.
 */
import type { RetrievedInstance } from '#archive/retrieve.ts';
import type { Account } from '#archive/scp/sub-operations.ts';
import { isFailure } from '#dicom/dimse/status.ts';
import type { Log } from '#settings/log.ts';
import { limits } from '#settings/limits.ts';

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
  readonly #reasons = new Map<string, number>();

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

  /** The most frequent reason, and how many others there are. */
  get cause(): string | undefined {
    const [first, ...others] = [...this.#reasons].sort(([, a], [, b]) => b - a);
    if (!first) return undefined;
    const [reason, count] = first;
    const rest =
      others.length === 0 ? '' : others.length === 1 ? '; another reason' : `; ${others.length} other reasons`;
    return `${reason}${count > 1 ? ` (${count} instances)` : ''}${rest}`;
  }

  answered({ row }: RetrievedInstance, status: number, comment?: string): void {
    if (isFailure(status)) {
      const number = status.toString(16).toUpperCase().padStart(4, '0');
      this.#because(`answered with status ${number}${comment ? ` ${comment}` : ''}`);
    } else {
      this.#acknowledged++;
      this.#due.push(row.digest);
    }
  }

  failed(_instance: RetrievedInstance, reason: string): void {
    this.#because(reason);
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

  #because(reason: string): void {
    if (this.#reasons.has(reason) || this.#reasons.size < 20)
      this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
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
