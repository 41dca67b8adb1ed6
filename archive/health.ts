/**
 * Whether the archive can do its work: what /health/ready tells load balancers, launchers and people on the phone.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Log } from '#settings/log.ts';
import { limits } from '#settings/limits.ts';
import type { ProcessState } from '#settings/process-channel.ts';
import { isDiskFull, useDiskRoom } from '#index/disk-room.ts';
import { objectKey } from '#storage/keys.ts';
import { NoSuchObject, StorageFull, StorageGone, StorageUnavailable, type Storage } from '#storage/storage.ts';

type Part = 'ok' | 'full' | 'failed';

/** Why nothing can be stored, by what a person has to look at. */
export const storageFaults = [
  'missing',
  'readOnly',
  'notAllowed',
  'broken',
  'tooManyFiles',
  'noAnswer',
  'other',
] as const;
type StorageFault = (typeof storageFaults)[number];

export interface Health {
  /** `degraded`: everything stored can be read, but nothing more can be kept. */
  readonly status: 'ready' | 'degraded' | 'not-ready';
  readonly database: Part;
  readonly storage: Part;
  /** Null where the storage has not failed. */
  readonly storageFault: StorageFault | null;
  /** When a look first found the part as it is; null while it works. */
  readonly databaseSince: Date | null;
  readonly storageSince: Date | null;
  /** Bytes that may still be written; null where the storage cannot tell. */
  readonly freeBytes: number | null;
  readonly processes: readonly ProcessState[];
  /** Since when lines of the access record are lost: nothing else suffers by it, but the law asks for them. Null while they are written. */
  readonly recordLostSince: Date | null;
}

/** What is looked at; the rest the launcher tells. */
type Looked = Omit<Health, 'processes' | 'recordLostSince'>;

/** @returns a function that answers from a check at most a second old; callers at the same time share one */
export function openHealth({
  database,
  storage,
  processes,
  recordLostSince = () => null,
  log,
}: {
  database: Pool;
  storage: Storage;
  processes: () => readonly ProcessState[];
  recordLostSince?: () => Date | null;
  log: Log;
}): () => Promise<Health> {
  const canStore = openProbe(() => makeAndThrowAway(storage));
  const canKeepRows = openProbe(() => lookForRoom(database));
  const databaseChanges = sinceWhen((state, error) => {
    if (state === 'ok') log.warn('the database works again');
    else if (state === 'full') log.warn({ err: error }, 'the disk of the database is full: nothing more is stored');
    else log.warn({ err: error }, 'the database does not answer: nothing can be found or stored');
  });
  const storageChanges = sinceWhen((state, error) => {
    if (state === 'ok') log.warn('the storage works again');
    else if (state === 'full') log.warn('the storage is full: nothing more is stored');
    else log.warn({ err: error }, 'the storage has failed: nothing can be stored');
  });
  let last: { health: Promise<Looked>; at: number } | undefined;

  async function check(): Promise<Looked> {
    const [inDatabase, inStorage] = await Promise.all([
      checkDatabase(database, canKeepRows),
      checkStorage(storage, canStore),
    ]);
    const states = [inDatabase.state, inStorage.state];
    return {
      status: states.includes('failed') ? 'not-ready' : states.includes('full') ? 'degraded' : 'ready',
      database: inDatabase.state,
      databaseSince: databaseChanges(inDatabase),
      storage: inStorage.state,
      storageSince: storageChanges(inStorage),
      storageFault: inStorage.state === 'failed' ? faultOf(inStorage.error) : null,
      freeBytes: inStorage.freeBytes,
    };
  }

  return async () => {
    if (!last || performance.now() - last.at > limits.http.healthRememberedMs) {
      const look = { health: check(), at: Infinity };
      void look.health.then(() => (look.at = performance.now()));
      last = look;
    }
    return { ...(await last.health), processes: processes(), recordLostSince: recordLostSince() };
  };
}

/**
 * Resolves when everything stored can be read, or after `withinMs`: the bucket of a server that had none makes its first
 * reader wait for seconds. @returns what it came to
 */
export async function untilReady(health: () => Promise<Health>, withinMs: number): Promise<Health> {
  for (const until = performance.now() + withinMs; ;) {
    const found = await health();
    if (found.status !== 'not-ready' || performance.now() >= until) return found;
    await delay(limits.http.healthRememberedMs);
  }
}

/** What a look found; `error` where that is not `ok`. */
interface Found {
  readonly state: Part;
  readonly error?: unknown;
}
const works: Found = { state: 'ok' };

/**
 * @param onChange  told of every other state than the one before, the first of which is `ok`, at the second look in a row that finds it:
 *   one that took too long on a busy machine is no failure to write down
 * @returns what says since when a part is in the state that it is given; null while that is `ok`
 */
function sinceWhen(onChange: (state: Part, error: unknown) => void): (found: Found) => Date | null {
  let before: { readonly state: Part; readonly since: Date } = { state: 'ok', since: new Date() };
  let told: Part = 'ok';
  return ({ state, error }) => {
    if (before.state !== state) before = { state, since: new Date() };
    else if (told !== state) onChange((told = state), error);
    return state === 'ok' ? null : before.since;
  };
}

async function checkDatabase(database: Pool, canKeepRows: () => Promise<Found>): Promise<Found> {
  try {
    await within(database.query('SELECT 1'));
    return await canKeepRows();
  } catch (error) {
    return { state: isDiskFull(error) ? 'full' : 'failed', error };
  }
}

/** What else is wrong the question before it tells. Never rejects. */
async function lookForRoom(database: Pool): Promise<Found> {
  try {
    await useDiskRoom(database);
  } catch (error) {
    if (isDiskFull(error)) return { state: 'full', error };
  }
  return works;
}

async function checkStorage(
  storage: Storage,
  canStore: () => Promise<Found>,
): Promise<Found & { readonly freeBytes: number | null }> {
  try {
    const key = objectKey('d', new Date());
    // Objects for a server begin in the spool: whether the server answers is asked beside it.
    const [freeBytes = null] = await within(Promise.all([storage.freeBytes(), storage.length(key)]));
    const found = freeBytes !== null && freeBytes <= 0 ? ({ state: 'full' } as const) : await canStore();
    return { ...found, freeBytes: found.state === 'failed' ? null : freeBytes };
  } catch (error) {
    return { state: 'failed', error, freeBytes: null };
  }
}

/**
 * Whether anything can be kept. A disk that only takes its time has not failed: what is stored can be read, and what comes
 * waits. The next question then waits for the same try rather than for one more.
 */
function openProbe(tryToKeep: () => Promise<Found>): () => Promise<Found> {
  let running: Promise<Found> | undefined;
  return () => {
    running ??= tryToKeep().finally(() => (running = undefined));
    return Promise.race([running, delay(limits.http.healthPartMs, works, { ref: false })]);
  };
}

/** Without a sync for every question. Never rejects. */
async function makeAndThrowAway(storage: Storage): Promise<Found> {
  try {
    const object = await storage.begin(objectKey('d', new Date()));
    try {
      await object.write(new Uint8Array(1));
      await object.flush(); // until then it may lie in memory alone
    } finally {
      await object.abort();
    }
    return works;
  } catch (error) {
    return { state: error instanceof StorageFull ? 'full' : 'failed', error };
  }
}

const faultOfCode: Readonly<Record<string, StorageFault>> = {
  ENOENT: 'missing',
  ENOTDIR: 'missing',
  ENODEV: 'missing',
  EROFS: 'readOnly',
  EACCES: 'notAllowed',
  EPERM: 'notAllowed',
  EIO: 'broken',
  EMFILE: 'tooManyFiles',
  ENFILE: 'tooManyFiles',
};

function faultOf(error: unknown): StorageFault {
  const { code, cause } = error as NodeJS.ErrnoException;
  const said = faultOfCode[code ?? (cause as NodeJS.ErrnoException | undefined)?.code ?? ''];
  if (said) return said;
  if (error instanceof StorageUnavailable || error instanceof HungPart) return 'noAnswer';
  return error instanceof StorageGone || error instanceof NoSuchObject ? 'missing' : 'other';
}

class HungPart extends Error {
  override name = 'HungPart';
}

/** A part that hangs is a part that failed. */
async function within<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new HungPart('no answer in time')), limits.http.healthPartMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
