/**
 * Tells the index of every stored object again, as if the instances came now in the order in which they came then: the
 * same function writes the rows, so the same answers come out.
 */
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import type { Database } from '#index/database.ts';
import type { InstanceRecord } from '#index/instance-record.ts';
import { hasPatient, highestVersion } from '#index/rebuild.ts';
import { IndexUnavailable } from '#index/patience.ts';
import type { InstanceWriter, Written } from '#index/write.ts';
import { keepAtMost } from '#settings/keep-at-most.ts';
import { isUnreadable, type Storage } from '#storage/storage.ts';

import { inOrder } from './in-order.ts';
import { objectsInOrder, type FoundObject } from './objects-in-order.ts';
import { readStoredInstance } from './read-stored-instance.ts';
import type { StoragePatience } from './storage-patience.ts';

export interface ReplayParts {
  readonly storage: Storage;
  /** With a storage that cannot be read now. */
  readonly patience: StoragePatience;
  /** What index rows call this storage. */
  readonly store: number;
  readonly database: Database;
  readonly writer: Pick<InstanceWriter, 'write'>;
}

export interface ReplayEvents {
  /** An object has been dealt with. */
  done(object: FoundObject): void;
  /** An object is not in the index, and why. */
  leftOut(object: FoundObject, reason: string): void;
  /** An object was never finished: nobody was told that it is kept. */
  unfinished(object: FoundObject): void;
  /** An object holds the bytes of one that is in the index already: an answer was lost on its way once. */
  copy(object: FoundObject): void;
}

const readAtOnce = 32;
/** Rows on their way: enough for the writer to fill its batches while the next ones are read. */
const writesAtOnce = 512;
/** Patients with several studies of whom it is remembered that they are there: no study of theirs is waited for any more. */
const patientsRemembered = 10_000;

interface Readable {
  readonly object: FoundObject;
  readonly record?: InstanceRecord;
  readonly reason?: string;
}

/** @throws IndexUnavailable, StorageUnavailable; StorageFailed where the objects cannot be listed */
export async function replayObjects(parts: ReplayParts, events: ReplayEvents): Promise<void> {
  const { storage, patience, store, database, writer } = parts;
  const writing = new Map<string, Promise<void>>();
  const firstOfPatients = new Map<string, { readonly study: string; readonly written: Promise<void> }>();
  const patientsThere = new Set<string>();
  const versions: FoundObject[] = [];
  let isAfterNote = false;
  let failure: unknown;

  const read = async (object: FoundObject): Promise<Readable> => {
    if (object.fault !== undefined) return { object, reason: object.fault };
    try {
      return { object, record: await patience.read(object.key, () => readStoredInstance(storage, store, object)) };
    } catch (error) {
      if (error instanceof BadDataset) return { object, reason: `not a data set any more: ${error.message}` };
      if (isUnreadable(error)) return { object, reason: `cannot be read: ${error.message}` };
      throw error;
    }
  };

  const settled = (object: FoundObject, written: Promise<Written>): Promise<void> =>
    written.then(
      ({ outcome }) => {
        if (outcome === 'duplicate') events.copy(object);
        events.done(object);
      },
      (error: unknown) => {
        if (error instanceof IndexUnavailable) failure ??= error;
        events.leftOut(object, `the index does not take it: ${(error as Error).message}`);
        events.done(object);
      },
    );

  /** Who is forgotten for it has a study waited for once more. */
  const remember = (patient: string): void => {
    patientsThere.add(patient);
    keepAtMost(patientsThere, patientsRemembered);
  };

  /** @returns false when it has to wait for a version that came before it */
  const write = async ({ object, record, reason }: Readable, last: boolean): Promise<boolean> => {
    if (!record) {
      if (object.isUnfinished) events.unfinished(object);
      else events.leftOut(object, reason ?? '');
      events.done(object);
      return true;
    }
    const SOPInstanceUID = record.sop_instance_uid;
    // Within a batch the studies are sorted: what came first is only certain when it is there first.
    await writing.get(SOPInstanceUID);
    // A patient, too, shows what came first of all studies.
    const patient = `${String(record['issuer_of_patient_id'])}\0${String(record['patient_id'])}`;
    const study = record.study_instance_uid;
    const first = firstOfPatients.get(patient);
    if (first && first.study !== study && record['patient_id'] !== '') {
      await first.written;
      if (await hasPatient(database, record)) remember(patient);
    }
    // What came before a rejection note is there before it, in whichever study, and what came after it after.
    if (record['rejection'] || isAfterNote) await Promise.all(writing.values());
    isAfterNote = record['rejection'] !== undefined;
    if (object.version > 1 && !last && (await highestVersion(database, SOPInstanceUID)) < object.version - 1)
      return false;
    const written = settled(object, writer.write(record)).then(() => {
      writing.delete(SOPInstanceUID);
      if (firstOfPatients.get(patient)?.written === written) firstOfPatients.delete(patient);
    });
    writing.set(SOPInstanceUID, written);
    if (!firstOfPatients.has(patient) && !patientsThere.has(patient)) firstOfPatients.set(patient, { study, written });
    if (writing.size >= writesAtOnce) await writing.values().next().value;
    if (failure) throw failure;
    return true;
  };

  for await (const readable of inOrder(objectsInOrder(storage, patience), readAtOnce, read)) {
    if (!(await write(readable, false))) versions.push(readable.object);
  }
  // Two senders at the same moment: the one who was there first did not get the first number.
  versions.sort((a, b) => a.version - b.version || a.order - b.order);
  for await (const readable of inOrder(versions, readAtOnce, read)) await write(readable, true);
  await Promise.all(writing.values());
  if (failure) throw failure;
}
