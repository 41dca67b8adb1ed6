/** What an answer about several instances leaves out, and until when its status can say so (PS3.18 Section 10.4.3). */
import type { Log } from '#settings/log.ts';
import type { Problem } from '../problems.ts';
import type { RetrievedInstance } from '../retrieve.ts';
import { reasonToLeaveOut, rememberLost } from '../unreadable.ts';

export class LeftOut {
  readonly reasons: Map<RetrievedInstance, Problem>;
  /** The status is decided. */
  isSaid = false;
  readonly #log: Log;
  readonly #isUnsaid: (error: unknown) => boolean;

  /**
   * @param reasons   of what is left out from the beginning
   * @param isUnsaid  what is left out also when the status is decided; anything else breaks the answer off then
   */
  constructor(log: Log, reasons: Map<RetrievedInstance, Problem>, isUnsaid: (error: unknown) => boolean = () => false) {
    this.#log = log;
    this.reasons = reasons;
    this.#isUnsaid = isUnsaid;
  }

  /** @returns false where all of the answer fails with it */
  add(instance: RetrievedInstance, error: unknown): boolean {
    if (this.isSaid) rememberLost(error, instance);
    const why = this.isSaid && !this.#isUnsaid(error) ? undefined : reasonToLeaveOut(error, instance, this.#log);
    // Of several reasons the one that may pass is kept: for its sake the answer has no tag.
    if (why && this.reasons.get(instance)?.code !== 'objectUnreadable') this.reasons.set(instance, why);
    return why !== undefined;
  }
}
