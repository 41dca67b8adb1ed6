/**
 * The account of one retrieval's C-STORE sub-operations (PS3.4 C.4.2.1.6 to C.4.2.1.9): counts for pending responses,
 * and the last response with the instances that failed.
 */
import type { Log } from '#settings/log.ts';
import { newDataset, newElement } from '#dicom/data/new-dataset.ts';
import { AssociationLost } from '#dicom/network/association-user.ts';
import type { Answer, Request, Suboperations } from '#dicom/dimse/service.ts';
import { isFailure, isWarning, printedStatus, status } from '#dicom/dimse/status.ts';
import type { SendFailure } from '#index/send-cause.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { transferSyntaxOf } from '#dicom/syntax/all.ts';
import { limits } from '#settings/limits.ts';
import type { RetrievedInstance } from '../retrieve.ts';
import { retrieveStatus } from './retrieval.ts';
import type { Account } from './sub-operations.ts';

const failedSOPInstanceUIDList = 0x00080058;

export class Tally implements Account {
  readonly #request: Request;
  readonly #found: { readonly total: number };
  #completed = 0;
  #warning = 0;
  readonly #failed: string[] = [];
  /** How often each reason was met, and the instance that met it first. */
  readonly #reasons = new Map<string, { count: number; SOPInstanceUID: string }>();
  #saidAt = -Infinity;
  #isSaying = false;

  constructor(request: Request, found: { readonly total: number }) {
    this.#request = request;
    this.#found = found;
  }

  answered(instance: RetrievedInstance, answer: number, comment?: string): void {
    if (isFailure(answer)) {
      const number = printedStatus(answer);
      this.#fail(instance, comment === undefined || comment === '' ? `status ${number}` : `${number} ${comment}`);
    } else if (isWarning(answer)) this.#warning++;
    else this.#completed++;
  }

  failed(instance: RetrievedInstance, { reason }: SendFailure): void {
    this.#fail(instance, reason);
  }

  #fail({ row }: RetrievedInstance, reason: string): void {
    const SOPInstanceUID = row.sop_instance_uid;
    this.#failed.push(SOPInstanceUID);
    const known = this.#reasons.get(reason);
    if (known) known.count++;
    else if (this.#reasons.size < 20) this.#reasons.set(reason, { count: 1, SOPInstanceUID });
  }

  /** Says how far we are, unless that was said a moment ago. Resolves when the requestor takes more. */
  async progress(): Promise<void> {
    const now = performance.now();
    if (this.#isSaying || now - this.#saidAt < limits.retrieve.pendingMs) return;
    this.#saidAt = now;
    this.#isSaying = true;
    try {
      await this.#request.pending({ status: status.pending, suboperations: this.#counts(true) });
    } catch (error) {
      if (!(error instanceof AssociationLost)) throw error; // the request's signal says so too
    } finally {
      this.#isSaying = false;
    }
  }

  /** The last response: after C-CANCEL with what is left, else by what became of all. */
  answer(): Answer {
    const { remaining } = this.#counts(true);
    const isCancelled = this.#request.signal.aborted && remaining !== undefined && remaining > 0;
    const [reason] = this.#reasons.keys();
    return {
      status: isCancelled ? status.cancel : this.#status(),
      suboperations: this.#counts(isCancelled),
      ...(reason !== undefined && !isCancelled && { errorComment: reason }),
      ...(this.#failed.length > 0 && { identifier: this.#failedList() }),
    };
  }

  log(log: Log, fields: object): void {
    for (const [reason, { count, SOPInstanceUID }] of this.#reasons)
      log.warn({ ...fields, reason, count, SOPInstanceUID }, 'sub-operations failed');
  }

  /** C.4.2.3.1: failure only when nothing at all was done. */
  #status(): number {
    if (this.#failed.length === 0 && this.#warning === 0) return status.success;
    return this.#completed + this.#warning === 0 ? retrieveStatus.unableToPerform : retrieveStatus.someFailed;
  }

  #counts(withRemaining: boolean): Suboperations {
    const done = { completed: this.#completed, failed: this.#failed.length, warning: this.#warning };
    const remaining = this.#found.total - done.completed - done.failed - done.warning;
    return withRemaining ? { remaining, ...done } : done;
  }

  /** Failed SOP Instance UID List (C.4.2.1.4.2). */
  #failedList(): Buffer {
    const failed = newElement(failedSOPInstanceUIDList, 'UI', Buffer.from(this.#failed.join('\\'), 'latin1'));
    return serializeDataset(newDataset([failed]), transferSyntaxOf(this.#request.transferSyntax));
  }
}
