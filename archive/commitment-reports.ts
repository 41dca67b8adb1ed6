/**
 * Reports of storage commitment (PS3.4 J.3.3): reads the objects, then tells the device (scp/tell-commitment.ts). What is not
 * told yet is a row (workflow/commitments.ts): any archive takes it up, whatever ended before.
 */
import type { Peer } from '#dicom/dimse/service.ts';
import { AssociationLost } from '#dicom/network/association-user.ts';
import type { Database } from '#index/database.ts';
import { studyComplete } from '#index/completeness.ts';
import { DeviceFailed, type DeviceFailure } from '#index/device-failure.ts';
import { lookEvery } from '#index/look-every.ts';
import { limits } from '#settings/limits.ts';
import { Places } from '#settings/places.ts';
import type { Storage } from '#storage/storage.ts';
import {
  commitmentChecked,
  commitmentPostponed,
  commitmentReported,
  forgetCommitments,
  keepCommitment,
  studiesWithin,
  takeCommitment,
} from '#workflow/commitments.ts';
import type { Asker, Commitment } from '#workflow/commitments.ts';
import { checkReferences } from './check-commitment.ts';
import { tellCommitment, type TellingParts } from './scp/tell-commitment.ts';

const { leaseSeconds, lookMs, devicesAtOnce, retrySeconds, longestRetrySeconds } = limits.commitment;
const { givenUpSeconds, keptDays, forgetEveryMs, referencesAtOnce, requestsAtOnce, rememberedPerAssociation } =
  limits.commitment;

export interface CommitmentReportsParts extends TellingParts {
  readonly database: Database;
  readonly storage: Storage;
  readonly store: number;
}

export interface CommitmentReports extends AsyncDisposable {
  /**
   * Works on a request that was just accepted, or leaves it for later where too much is worked on.
   * @param peer  who asked, and is told there for as long as it listens, now or later
   */
  begin(commitment: Commitment, peer: Peer): void;
}

export function openCommitmentReports(parts: CommitmentReportsParts): CommitmentReports {
  const { database, log } = parts;
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = new Set<Promise<void>>();
  /** Of all that is running. */
  let references = 0;
  // One object at a time is read for all of them: a hundred modalities that ask at once must not fill the disk's queue, and
  // one that asks for a whole archive must not keep the others waiting.
  const reading = new Places(1);
  /** What was taken up, by the device that asked: one that does not answer keeps no other one waiting. */
  const takenUp = new Map<Asker, Promise<void>>();
  /** Of what was left for later, by who asked on an association that may still be open: the registry may know no other way to tell it. */
  const later = new Map<Peer, Set<number>>();

  let forgotAt = -Infinity;
  const looking = lookEvery({ what: 'requests for storage commitment', everyMs: lookMs, log }, async () => {
    if (performance.now() - forgotAt > forgetEveryMs) {
      forgotAt = performance.now();
      await forgetCommitments(database, keptDays);
    }
    for (const peer of later.keys()) if (peer.isOver) later.delete(peer);
    const isRoom = takenUp.size < devicesAtOnce && !signal.aborted;
    const due = isRoom ? await takeCommitment(database, leaseSeconds, [...takenUp.keys()]) : undefined;
    if (!due) return false;
    const work = perform(due, peerOf(due)).finally(() => {
      takenUp.delete(due);
      looking.wake(); // its place is free
    });
    takenUp.set(due, work);
    return true;
  });

  return {
    begin(commitment, peer) {
      // It is kept: whoever asks faster than objects can be read is answered from there, one request after the other.
      if (running.size >= requestsAtOnce || references >= referencesAtOnce) return remember(commitment, peer);
      const { length } = commitment.requested;
      const work = perform(commitment, peer);
      references += length;
      running.add(work);
      void work.finally(() => {
        references -= length;
        running.delete(work);
      });
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await looking[Symbol.asyncDispose]();
      await Promise.all([...takenUp.values(), ...running]);
    },
  };

  function remember({ id }: Commitment, peer: Peer): void {
    const ids = later.get(peer) ?? new Set();
    if (ids.size < rememberedPerAssociation) later.set(peer, ids.add(id));
  }

  /** Who asked for what was left for later, once. */
  function peerOf({ id }: Commitment): Peer | undefined {
    for (const [peer, ids] of later) {
      if (!ids.delete(id)) continue;
      if (ids.size === 0) later.delete(peer);
      return peer;
    }
    return undefined;
  }

  /** Never throws: what is not done is due again later. */
  async function perform(commitment: Commitment, peer: Peer | undefined): Promise<void> {
    const { id, callingAETitle, transactionUID } = commitment;
    const keeping = setInterval(
      () => void keepCommitment(database, id, leaseSeconds).catch(() => {}),
      (leaseSeconds * 1000) / 3,
    );
    try {
      const failed = commitment.failed ?? (await checked(commitment));
      await tellCommitment({ ...commitment, failed }, peer, parts, signal);
      await commitmentReported(database, id);
      if (failed.length === 0) await completeStudies(commitment);
      const fields = { callingAETitle, transactionUID, instances: commitment.requested.length, failed: failed.length };
      log.info(fields, 'storage commitment reported');
    } catch (error) {
      if (!signal.aborted) await postpone(commitment, error).catch(() => {}); // its time runs out by itself
    } finally {
      clearInterval(keeping);
    }
  }

  /** A device that has all of a study committed to has sent all of it. Where that cannot be said now, the quiet time says it. */
  async function completeStudies({ requested }: Commitment): Promise<void> {
    const instances = requested.map(({ sopInstanceUID }) => sopInstanceUID);
    try {
      for (const study of await studiesWithin(database, instances))
        await studyComplete(database, study, 'storage-commitment', { instances });
    } catch (error) {
      log.warn({ err: error }, 'studies that were committed to are not called complete yet');
    }
  }

  async function checked({ id, requested }: Commitment) {
    const failed = await checkReferences(requested, { ...parts, reading }, signal);
    await commitmentChecked(database, id, failed);
    return failed;
  }

  async function postpone({ id, callingAETitle, transactionUID, attempts, ageSeconds }: Commitment, error: unknown) {
    const seconds =
      ageSeconds > givenUpSeconds
        ? undefined
        : Math.min(retrySeconds * 2 ** Math.min(attempts, 20), longestRetrySeconds);
    log.warn({ callingAETitle, transactionUID, attempts, seconds, err: error }, 'storage commitment not reported yet');
    await commitmentPostponed(database, id, { failure: failureOf(error), seconds });
  }
}

function failureOf(error: unknown): DeviceFailure {
  if (error instanceof DeviceFailed) return error.failure;
  const reason = error instanceof Error ? error.message : String(error);
  return { code: error instanceof AssociationLost ? 'associationBroken' : 'processingFailure', reason };
}
