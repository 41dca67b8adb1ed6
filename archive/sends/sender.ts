/**
 * Does what is to be sent: takes sends from the index as they fall due, and delivers each over associations of its own, as
 * C-MOVE does. It belongs to the archive because it is the archive that the other side knows, by AE title and address.
 */
import { randomUUID } from 'node:crypto';
import { programCaller } from '#access/caller.ts';
import type { ReachableDevice } from '#access/peer-tls.ts';
import type { Database } from '#index/database.ts';
import type { DeviceFailure } from '#index/device-failure.ts';
import { Holder } from '#index/holder.ts';
import { lookEvery } from '#index/look-every.ts';
import type { Priority } from '#index/routes.ts';
import type { SendFailure } from '#index/send-cause.ts';
import { countSent, endSend, noteSent, type SendEnd, takeSends, type TakenSend } from '#index/send-runs.ts';
import { limits } from '#settings/limits.ts';
import { deliver } from '../deliver.ts';
import type { FoundInstances } from '../found-instances.ts';
import { Problem } from '../problems.ts';
import { retrieveByKeys, type RetrievedInstance, type RetrieveParts } from '../retrieve.ts';
import { SendAccount } from './send-account.ts';

const { atOnce, perDestination, leaseSeconds, lookMs } = limits.sends;
const { attempts: mostAttempts, firstRetrySeconds, longestRetrySeconds } = limits.sends;

/** Priority (0000,0700) of PS3.7 E.1. */
const priorityNumbers: Readonly<Record<Priority, number>> = { medium: 0, high: 1, low: 2 };

export interface SenderParts extends RetrieveParts {
  readonly database: Database;
  /** Our own AE title. */
  readonly aeTitle: string;
  readonly timeZone: string;
  readonly destination: (aeTitle: string, device: number) => Promise<ReachableDevice | undefined>;
  /** There was no association with a device of the registry. */
  readonly deviceFailed: (device: number, failure: DeviceFailure) => void;
}

export interface Sender extends AsyncDisposable {
  /** Something is due now. */
  wake(): void;
}

export function startSender(parts: SenderParts): Sender {
  const { database, log, timeZone } = parts;
  const closing = new AbortController();
  const running = new Set<Promise<void>>();
  const holder = new Holder(database.pool);

  const look = lookEvery({ what: 'what is to be sent', everyMs: lookMs, log }, async () => {
    const room = atOnce - running.size;
    if (room === 0 || closing.signal.aborted) return false;
    const taken = await takeSends(database.pool, {
      run: randomUUID(),
      holder: await holder.held(),
      room,
      perDestination,
      leaseSeconds,
      timeZone,
    });
    for (const send of taken) {
      const run = runSend(send, parts, closing.signal)
        .catch((error: unknown) => log.error({ err: error, send: send.id }, 'a send failed unexpectedly'))
        .finally(() => {
          running.delete(run);
          look.wake(); // its place is free
        });
      running.add(run);
    }
    return false;
  });

  return {
    wake: () => look.wake(),
    async [Symbol.asyncDispose]() {
      closing.abort();
      await look[Symbol.asyncDispose]();
      await Promise.all(running);
      await holder[Symbol.asyncDispose]();
    },
  };
}

async function runSend(send: TakenSend, parts: SenderParts, closing: AbortSignal): Promise<void> {
  const { database, log } = parts;
  const began = performance.now();
  const taken = new AbortController();
  const signal = AbortSignal.any([closing, taken.signal]);
  const end = await outcomeOf(send, parts, signal, () => taken.abort());
  if (!taken.signal.aborted) await endSend(database.pool, send, end);
  const { id, aeTitle: destination, StudyInstanceUID } = send;
  const state = taken.signal.aborted ? 'given up' : end.state;
  const cause = 'cause' in end ? end.cause : undefined;
  const fields = { send: id, destination, StudyInstanceUID, state, durationMs: Math.round(performance.now() - began) };
  if (cause === undefined) log.info(fields, 'send ended');
  else log.warn({ ...fields, cause }, 'send ended');
}

async function outcomeOf(send: TakenSend, parts: SenderParts, signal: AbortSignal, lost: () => void): Promise<SendEnd> {
  const { database, log } = parts;
  const destination = send.aeTitle === null ? undefined : await parts.destination(send.aeTitle, send.device);
  if (!destination) return failed('noDestination', 'the device is not in the registry, or is not known to listen');
  const left = await instancesLeft(send, destination.aeTitle, parts);
  if (left instanceof Problem)
    return failed(left.code === 'tooManyInstances' ? 'tooManyInstances' : 'processingFailure', left.message);
  const total = left.total + (await countSent(database.pool, send.id));
  if (total === 0) return failed('nothingThere', 'the study or series is not there any more');
  const account = new SendAccount(
    (digests) => noteSent(database.pool, send, { digests, total, leaseSeconds }),
    lost,
    log,
  );
  try {
    await noteSent(database.pool, send, { digests: [], total, leaseSeconds });
    const command = { Priority: priorityNumbers[send.priority] };
    const deviceFailed = (why: SendFailure) => parts.deviceFailed(destination.device, { ...why, operation: 'C-STORE' });
    await deliver(left, { destination, aeTitle: parts.aeTitle, account, deviceFailed, parts, signal, command });
  } finally {
    await account.close();
  }
  if (account.acknowledged === left.total) return { state: 'done' };
  // We are closing: whoever comes next goes on at once.
  if (signal.aborted) return { state: 'waiting', afterSeconds: 0 };
  const cause = account.cause ?? { code: 'notAllSent', reason: 'not everything was sent' };
  const attempts = account.acknowledged > 0 ? 1 : send.attempts;
  if (attempts >= mostAttempts) return { state: 'failed', cause };
  return { state: 'waiting', cause, afterSeconds: retrySeconds(attempts) };
}

/** No further try would end otherwise. */
function failed(code: SendFailure['code'], reason: string): SendEnd {
  return { state: 'failed', cause: { code, reason } };
}

async function instancesLeft(
  { id, StudyInstanceUID, SeriesInstanceUID }: TakenSend,
  destination: string,
  parts: SenderParts,
): Promise<FoundInstances<RetrievedInstance> | Problem> {
  const keys = {
    StudyInstanceUID: [StudyInstanceUID],
    ...(SeriesInstanceUID !== null && { SeriesInstanceUID: [SeriesInstanceUID] }),
  };
  try {
    const options = { caller: programCaller('send'), door: 'C-STORE', destination, exceptSentBy: id } as const;
    return await retrieveByKeys(keys, options, [], parts);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/** Half a minute after the first attempt in vain, twice as long after each further one, up to an hour. */
function retrySeconds(attempts: number): number {
  return Math.min(longestRetrySeconds, firstRetrySeconds * 2 ** Math.max(0, attempts - 1));
}
