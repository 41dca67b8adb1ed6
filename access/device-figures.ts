/**
 * What each device has stored, how often it called and what failed, for people to look at: gathered here and written every few
 * seconds, so that the counts cost no write per instance. An archive that is killed forgets what it had gathered.
 */
import type { Pool } from 'pg';
import type { DeviceFailure } from '#index/device-failure.ts';
import { storableJson } from '#index/storable.ts';
import { limits } from '#settings/limits.ts';

export interface DeviceFigures extends AsyncDisposable {
  /** An instance was acknowledged to the device with this entry in the registry. */
  stored(device: number): void;
  /** An association of it was accepted. */
  associated(device: number): void;
  failed(device: number, failure: DeviceFailure): void;
}

interface Figures {
  stored: number;
  associations: number;
  failures: number;
  lastFailure: DeviceFailure | null;
  lastFailedAt: Date | null;
}

/** So much of a reason is kept: people read no more of it. */
const failureCharacters = 200;

/** @param onError  the database did not take the figures; they are kept for the next time */
export function openDeviceFigures({
  database,
  onError,
  everyMs = limits.access.figuresWrittenMs,
}: {
  database: Pool;
  onError: (error: unknown) => void;
  everyMs?: number;
}): DeviceFigures {
  let gathered = new Map<number, Figures>();
  const timer = setInterval(() => void write(), everyMs);
  timer.unref();

  function of(device: number): Figures {
    let figures = gathered.get(device);
    if (!figures) {
      figures = { stored: 0, associations: 0, failures: 0, lastFailure: null, lastFailedAt: null };
      gathered.set(device, figures);
    }
    return figures;
  }

  async function write(): Promise<void> {
    if (gathered.size === 0) return;
    const writing = gathered;
    gathered = new Map();
    const all = [...writing.values()];
    try {
      await database.query(
        `UPDATE site.device SET
           stored_instances = stored_instances + stored,
           last_stored_at = CASE WHEN stored > 0 THEN now() ELSE last_stored_at END,
           associations = site.device.associations + figures.associations,
           failures = site.device.failures + figures.failures,
           last_failure = coalesce(failure, last_failure),
           last_failed_at = coalesce(failed_at, last_failed_at)
         FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[], $5::jsonb[], $6::timestamptz[])
           AS figures (device, stored, associations, failures, failure, failed_at)
         WHERE id = device`,
        [
          [...writing.keys()],
          all.map(({ stored }) => stored),
          all.map(({ associations }) => associations),
          all.map(({ failures }) => failures),
          all.map(({ lastFailure }) => lastFailure && storableJson(lastFailure, failureCharacters)),
          all.map(({ lastFailedAt }) => lastFailedAt),
        ],
      );
    } catch (error) {
      for (const [device, { stored, associations, failures, lastFailure, lastFailedAt }] of writing) {
        const now = of(device);
        now.stored += stored;
        now.associations += associations;
        now.failures += failures;
        // What failed meanwhile is the later one.
        now.lastFailure ??= lastFailure;
        now.lastFailedAt ??= lastFailedAt;
      }
      onError(error);
    }
  }

  return {
    stored(device) {
      of(device).stored++;
    },
    associated(device) {
      of(device).associations++;
    },
    failed(device, failure) {
      const figures = of(device);
      figures.failures++;
      figures.lastFailure = failure;
      figures.lastFailedAt = new Date();
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await write();
    },
  };
}
