/**
 * Whether the archive can do its work: what /health/ready tells load balancers, launchers and people on the phone.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { limits } from '#settings/limits.ts';
import type { ProcessState } from '#settings/process-channel.ts';
import { objectKey } from '#storage/keys.ts';
import { StorageFull, type Storage } from '#storage/storage.ts';

type Part = 'ok' | 'full' | 'failed';

export interface Health {
  /** `degraded`: everything stored can be read, but nothing more can be kept. */
  readonly status: 'ready' | 'degraded' | 'not-ready';
  readonly database: Part;
  readonly storage: Part;
  /** Bytes that may still be written; null where the storage cannot tell. */
  readonly freeBytes: number | null;
  readonly processes: readonly ProcessState[];
}

/** @returns a function that answers from a check at most a second old; callers at the same time share one */
export function openHealth({
  database,
  storage,
  processes,
}: {
  database: Pool;
  storage: Storage;
  processes: () => readonly ProcessState[];
}): () => Promise<Health> {
  const canStore = openProbe(storage);
  let last: { health: Promise<Omit<Health, 'processes'>>; at: number } | undefined;

  async function check(): Promise<Omit<Health, 'processes'>> {
    const [databaseState, { storageState, freeBytes }] = await Promise.all([
      checkDatabase(database),
      checkStorage(storage, canStore),
    ]);
    const broken = databaseState === 'failed' || storageState === 'failed';
    return {
      status: broken ? 'not-ready' : storageState === 'full' ? 'degraded' : 'ready',
      database: databaseState,
      storage: storageState,
      freeBytes,
    };
  }

  return async () => {
    if (!last || Date.now() - last.at > limits.http.healthRememberedMs) last = { health: check(), at: Date.now() };
    return { ...(await last.health), processes: processes() };
  };
}

/**
 * Resolves when everything stored can be read, or after `withinMs`: the bucket of a server that had none makes its first
 * reader wait for seconds. @returns what it came to
 */
export async function untilReady(health: () => Promise<Health>, withinMs: number): Promise<Health> {
  for (const until = Date.now() + withinMs; ;) {
    const found = await health();
    if (found.status !== 'not-ready' || Date.now() >= until) return found;
    await delay(limits.http.healthRememberedMs);
  }
}

async function checkDatabase(database: Pool): Promise<Part> {
  try {
    await within(database.query('SELECT 1'));
    return 'ok';
  } catch {
    return 'failed';
  }
}

async function checkStorage(
  storage: Storage,
  canStore: () => Promise<Part>,
): Promise<{ storageState: Part; freeBytes: number | null }> {
  try {
    const key = objectKey('d', new Date());
    // Objects for a server begin in the spool: whether the server answers is asked beside it.
    const [freeBytes] = await within(Promise.all([storage.freeBytes(), storage.length(key)]));
    const storageState = freeBytes !== undefined && freeBytes <= 0 ? 'full' : await canStore();
    return { storageState, freeBytes: storageState === 'failed' ? null : (freeBytes ?? null) };
  } catch {
    return { storageState: 'failed', freeBytes: null };
  }
}

/**
 * Whether objects can be made. A disk that only takes its time has not failed: what is stored can be read, and what comes
 * waits. The next question then waits for the same object rather than for one more.
 */
function openProbe(storage: Storage): () => Promise<Part> {
  let running: Promise<Part> | undefined;
  return () => {
    running ??= makeAndThrowAway(storage).finally(() => (running = undefined));
    return Promise.race([running, delay(limits.http.healthPartMs, 'ok' as const, { ref: false })]);
  };
}

/** Without a sync for every question. Never rejects. */
async function makeAndThrowAway(storage: Storage): Promise<Part> {
  try {
    const object = await storage.begin(objectKey('d', new Date()));
    try {
      await object.write(new Uint8Array(1));
      await object.flush(); // until then it may lie in memory alone
    } finally {
      await object.abort();
    }
    return 'ok';
  } catch (error) {
    return error instanceof StorageFull ? 'full' : 'failed';
  }
}

/** A part that hangs is a part that failed. */
async function within<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('no answer in time')), limits.http.healthPartMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
