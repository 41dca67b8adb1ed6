// The status as the page holds it, asked for every few seconds while it is looked at.
import { batch, signal } from '@preact/signals';
import {
  readFailedJobs,
  readHealth,
  readStatus,
  retryCommitments,
  retryJobs,
  type FailedJob,
  type Health,
  type Status,
} from '../administration-client.ts';
import { keepFresh as lookAgain } from '../keep-fresh.ts';
import { loadError, type LoadError } from '../archive-client.ts';
import { alerts } from '../study-list/live.ts';
import { text } from '../text.ts';
import { thenRefresh } from '../then-refresh.ts';

const lookEveryMs = 5_000;

export const status = signal<Status | undefined>(undefined);
export const failedJobs = signal<FailedJob[]>([]);
export const error = signal<LoadError | undefined>(undefined);
/** While the database is away nobody can be asked who is signed in, and nothing but this is known. */
export const databaseAway = signal<Pick<Health, 'databaseSince'> | undefined>(undefined);
export const checkedAt = signal<Date | undefined>(undefined);

export async function refresh(stopped?: AbortSignal): Promise<void> {
  try {
    const found = await readStatus(stopped);
    const hasFailed = found.queue.jobs.some(({ failed }) => failed > 0);
    const failed = hasFailed ? await readFailedJobs(stopped) : [];
    batch(() => {
      status.value = found;
      alerts.value = found.alerts;
      failedJobs.value = failed;
      error.value = undefined;
      databaseAway.value = undefined;
      checkedAt.value = new Date();
    });
  } catch (thrown) {
    if (stopped?.aborted) return;
    const health = await readHealth(stopped).catch(() => undefined);
    if (stopped?.aborted) return;
    batch(() => {
      databaseAway.value = health?.database === 'failed' ? health : undefined;
      error.value = loadError(thrown);
    });
  }
}

/** Returns what stops it. */
export const keepFresh = (): (() => void) => lookAgain(refresh, lookEveryMs);

/** One failed job, or all of them. */
export const retry = (which?: Pick<FailedJob, 'name' | 'key'>) =>
  thenRefresh(refresh, retryJobs(which && { name: which.name, key: which.key }), text('retried'));

/** Every report of storage commitment that was given up. */
export const retryReports = () => thenRefresh(refresh, retryCommitments(), text('retried'));
