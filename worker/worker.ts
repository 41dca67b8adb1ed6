/**
 * Runs jobs: looks every second what is owed, hands it to the queue, and settles it when a run has succeeded.
 * Whatever is killed or lost on the way is found again in `index.owed`.
 */
import { noteFailure } from '#index/jobs.ts';
import { beginOwed, registerJobs, settle, takeDue } from '#index/owed.ts';
import type { Queue } from '#queue/queue.ts';

import type { Job, JobParts } from './job.ts';
import { jobCause } from './job-cause.ts';
import { lookEvery } from '#index/look-every.ts';

/** What waits in the queue at most, more or less: as much as is run until the next look. */
const handedAtOnce = 200;

export interface WorkerOptions extends JobParts {
  readonly jobs: readonly Job[];
  readonly queue: Queue;
}

/** Resolves when the jobs are registered and running. Disposed, it hands nothing more over; the queue ends the runs under way. */
export async function startWorker({ jobs, queue, ...parts }: WorkerOptions): Promise<AsyncDisposable> {
  const { database, log } = parts;

  await registerJobs(database, jobs);
  for (const job of jobs) {
    queue.process(
      job.name,
      job.limits,
      async (key, signal) => {
        const owed = await beginOwed(database, job.name, Number(key));
        // Somebody was quicker, or a rerun came for what the first run had seen.
        if (!owed) return;
        await job.run(owed.key, parts, signal);
        await settle(database, owed);
      },
      (key, error) => noteFailure(database, job.name, Number(key), jobCause(error)),
    );
  }
  const looking = jobs.map((job) => handOver(job));
  log.info({ jobs: jobs.map(({ name }) => name) }, 'worker started');

  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(looking.map((one) => one[Symbol.asyncDispose]()));
    },
  };

  function handOver({ name, limits }: Job): AsyncDisposable {
    let isBusy = false;
    const look = async (): Promise<boolean> => {
      try {
        const room = isBusy ? handedAtOnce - (await queue.waiting(name)) : handedAtOnce;
        // The newest first, here and in the queue: a small study is not behind twenty thousand series that came before it.
        const keys: number[] = room > 0 ? await takeDue(database, name, room) : [];
        await queue.add(name, keys.map(String), limits);
        isBusy = room <= 0 || keys.length > 0;
        return false;
      } catch (error) {
        // The index may have been made anew meanwhile.
        await registerJobs(database, jobs).catch(() => {});
        throw error;
      }
    };
    return lookEvery({ what: `the job ${name}`, log }, look);
  }
}
