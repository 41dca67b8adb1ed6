/**
 * Wakes the worker: BullMQ, on the PostgreSQL that is there anyway, or on Redis where REDIS_URL names one.
 * It makes work quick; that nothing is forgotten is the business of the rows in `index.owed`. It may lose everything.
 */
import { createRedisBackend, type Job, withBackend } from 'bullmq';

import { createCalmPostgresBackend } from './calm-postgres-backend.ts';
import { seldom } from './seldom.ts';

export interface RunLimits {
  /** Runs of this name at once, in one process. */
  readonly atOnce: number;
  /** Tries in a row, a second, two, four, … apart. */
  readonly attempts: number;
  readonly timeoutMs: number;
}

export type Run = (key: string, signal: AbortSignal) => Promise<void>;
/** Told once, after the last try in a row. What it rejects with goes to `onError`. */
export type RunFailed = (key: string, error: Error) => Promise<void>;

export interface Queue extends AsyncDisposable {
  /**
   * Asks for one run per key: the first of them comes before the others, and all before what waits already. A key that waits
   * is not added again; one that is being run is run once more afterwards, so that what happened meanwhile is seen.
   */
  add(name: string, keys: readonly string[], limits: RunLimits): Promise<void>;
  /** How many keys wait under `name`. */
  waiting(name: string): Promise<number>;
  /** Runs what is added under `name`, here, until the queue is closed. */
  process(name: string, limits: RunLimits, run: Run, failed?: RunFailed): void;
}

export interface QueueOptions {
  readonly databaseUrl: string;
  /** Absent: the queue is on PostgreSQL. */
  readonly redisUrl?: string | undefined;
  /** What keeps us from the server (it is tried again; the same is told once a minute), or a failed run's last error with its key. */
  readonly onError: (error: Error, failed?: { readonly name: string; readonly key: string }) => void;
}

/** A run whose process was killed is taken over after the lock has ended and the next check came. */
const lockMs = 10_000;
const stalledCheckMs = 4_000;
/** Connections of one name: two for its adds and its runs each, and one that listens. */
const connections = 2;

type Classes = ReturnType<typeof classesFor>;
type BullQueue = InstanceType<Classes['Queue']>;

/** Connects at the first `add` or `process`, and again whenever a connection breaks. */
export function openQueue(options: QueueOptions): Queue {
  const { Queue, Worker } = classesFor(options.redisUrl);
  const connection = connectionFor(options);
  const queues = new Map<string, BullQueue>();
  const workers: Pick<InstanceType<Classes['Worker']>, 'cancelAllJobs' | 'close'>[] = [];
  const report = seldom((error) => options.onError(error));

  function queueOf(name: string): BullQueue {
    let queue = queues.get(name);
    if (!queue) {
      queue = new Queue(name, { connection });
      queue.on('error', report);
      queues.set(name, queue);
    }
    return queue;
  }

  return {
    async add(name, keys, { attempts }) {
      if (keys.length === 0) return;
      await queueOf(name).addBulk(
        keys.toReversed().map((key) => ({
          name,
          data: key,
          opts: {
            attempts,
            lifo: true,
            backoff: { type: 'exponential', delay: 1000 },
            // Nothing is kept: what failed for good is known by its owed row.
            removeOnComplete: true,
            removeOnFail: true,
            deduplication: { id: key, keepLastIfActive: true },
          },
        })),
      );
    },

    waiting(name) {
      return queueOf(name).getWaitingCount();
    },

    process(name, { atOnce, timeoutMs }, run, failed) {
      const processor = (job: Job<string>, _token?: string, cancelled?: AbortSignal): Promise<void> =>
        withinTime(timeoutMs, cancelled, (signal) => run(job.data, signal));
      const worker = new Worker<string>(name, processor, {
        connection,
        concurrency: atOnce,
        lockDuration: lockMs,
        stalledInterval: stalledCheckMs,
      });
      worker.on('error', report);
      worker.on('failed', (job, error) => {
        if (job?.finishedOn === undefined) return;
        options.onError(error, { name, key: job.data as string });
        failed?.(job.data as string, error).catch(report);
      });
      workers.push(worker);
    },

    async [Symbol.asyncDispose]() {
      for (const worker of workers) worker.cancelAllJobs('the queue is closing');
      await Promise.all(workers.map((worker) => worker.close()));
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

function classesFor(redisUrl: string | undefined): ReturnType<typeof withBackend> {
  const factory = redisUrl === undefined ? createCalmPostgresBackend : createRedisBackend;
  return withBackend(factory as never);
}

function connectionFor({ databaseUrl, redisUrl }: QueueOptions): unknown {
  // BullMQ asks for it: a blocking read must be waited for however long it takes.
  if (redisUrl !== undefined) return { url: redisUrl, maxRetriesPerRequest: null };
  return { connectionString: databaseUrl, schema: 'bullmq', migrate: true, max: connections, keepAlive: true };
}

/** Rejects when the time is up even if `run` does not listen to its signal, so that its place is free for others. */
async function withinTime(
  timeoutMs: number,
  cancelled: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const tooLong = AbortSignal.timeout(timeoutMs);
  const signal = cancelled ? AbortSignal.any([tooLong, cancelled]) : tooLong;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason ?? new Error('cancelled'));
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([run(signal), aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
