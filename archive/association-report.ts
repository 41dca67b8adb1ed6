/**
 * What the log, the device registry and the figures are told of an association, and of what was asked on it.
 */
import type { Caller } from '#access/caller.ts';
import type { DeviceFigures } from '#access/device-figures.ts';
import { commandFields } from '#dicom/dimse/command.ts';
import type { Performed } from '#dicom/dimse/exchange.ts';
import { isFailure, printedStatus } from '#dicom/dimse/status.ts';
import type { Calling } from '#dicom/network/acceptor.ts';
import type { DeviceFailure } from '#index/device-failure.ts';

/** As pino logs: fields, then a message. */
interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface ReportParts {
  readonly log: Log;
  /** What devices of the registry did and what failed. */
  readonly figures?: Pick<DeviceFigures, 'associated' | 'failed'>;
  /** For figures: each request that was performed, with its answer. */
  readonly onMessage?: (performed: Performed) => void;
}

/** Of one association. */
export class AssociationReport {
  readonly #began = performance.now();
  readonly #sums = { messages: 0, failures: 0, bytes: 0 };
  readonly #parts: ReportParts;
  readonly #calling: Calling;
  readonly #caller: Caller;

  constructor(parts: ReportParts, calling: Calling, caller: Caller) {
    this.#parts = parts;
    this.#calling = calling;
    this.#caller = caller;
  }

  performed(performed: Performed): void {
    this.#sums.messages++;
    this.#sums.bytes += performed.datasetBytes;
    if (isFailure(performed.answer.status)) {
      this.#sums.failures++;
      logFailure(this.#parts.log, this.#calling.callingAETitle, performed);
      this.#failed(failureOf(performed));
    }
    this.#parts.onMessage?.(performed);
  }

  /** @param isLockedOut  by us, so that its breaking is no fault of the device */
  ended(lost: Error | undefined, isLockedOut: boolean): void {
    const { callingAETitle, address } = this.#calling;
    const durationMs = Math.round(performance.now() - this.#began);
    const fields = { callingAETitle, address, ...this.#sums, durationMs };
    if (!lost) return this.#parts.log.info(fields, 'association released');
    this.#parts.log.warn({ ...fields, reason: lost.message }, 'association lost');
    if (!isLockedOut) this.#failed({ code: 'associationBroken', reason: `association lost: ${lost.message}` });
  }

  #failed(failure: DeviceFailure): void {
    if (this.#caller.device !== undefined) this.#parts.figures?.failed(this.#caller.device, failure);
  }
}

function logFailure(
  log: Log,
  callingAETitle: string,
  { command, context, answer, datasetBytes, unexpected }: Performed,
) {
  const fields = {
    callingAETitle,
    abstractSyntax: context.abstractSyntax,
    transferSyntax: context.transferSyntax,
    SOPInstanceUID: command.AffectedSOPInstanceUID,
    commandField: command.CommandField,
    status: printedStatus(answer.status),
    errorComment: answer.errorComment,
    bytes: datasetBytes,
  };
  if (unexpected === undefined) log.warn(fields, 'request failed');
  else log.error({ ...fields, err: unexpected }, 'request failed unexpectedly');
}

/** Its reason reads `C-STORE A700: no space left in storage`. */
function failureOf({ command: { CommandField }, answer }: Performed): DeviceFailure {
  const [name = 'request'] = Object.entries(commandFields).find(([, field]) => field === CommandField) ?? [];
  const operation = name.replace('-RQ', '');
  const code = operation === 'C-STORE' ? storeFailureCode(answer.status) : 'requestFailed';
  const number = printedStatus(answer.status);
  return { code, operation, status: number, reason: `${operation} ${number}: ${answer.errorComment ?? 'failed'}` };
}

/** PS3.4 Table B.2-1. */
function storeFailureCode(status: number): DeviceFailure['code'] {
  if (status >> 8 === 0xa7) return 'requestOutOfResources';
  return status >> 8 === 0xa9 || status >> 12 === 0xc ? 'requestNotUnderstood' : 'requestFailed';
}
