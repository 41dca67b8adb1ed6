/**
 * What a job is: what it listens to, its limits, its run. The archive says what happened and knows no job.
 */
import type { PixelPool } from '#derive/pixel-pool.ts';
import type { Database } from '#index/database.ts';
import type { RunLimits } from '#queue/queue.ts';
import type { Log } from '#settings/log.ts';
import type { Storage } from '#storage/storage.ts';

export interface JobParts {
  readonly database: Database;
  readonly storage: Storage;
  /** The number that rows carry for `storage`. */
  readonly store: number;
  /** The worker's own threads for pixels. */
  readonly pixels: PixelPool;
  /** What addresses in answers of the archive begin with: PUBLIC_URL's /dicom-web, or relative. */
  readonly baseUrl: string;
  readonly log: Log;
}

export interface Job {
  /** Stands in the index and in the queue: a new name is a new job. */
  readonly name: string;
  /** What happened to a series. */
  readonly on: 'InstanceStored';
  readonly limits: RunLimits;
  /**
   * Safe to repeat: it may have been done already, or in part. When it resolves, everything that had happened to the
   * series when it was called counts as seen to.
   * @param series surrogate key; the series may be gone
   */
  run(series: number, parts: JobParts, signal: AbortSignal): Promise<void>;
}
