/**
 * How many instances each device has stored, for people to look at: gathered here and written every few seconds, so that
 * the count costs no write per instance. An archive that is killed forgets what it had gathered.
 */
import type { Pool } from 'pg';
import { limits } from '#settings/limits.ts';

export interface DeviceFigures extends AsyncDisposable {
  /** An instance was acknowledged to the device with this entry in the registry. */
  stored(device: number): void;
}

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
  let gathered = new Map<number, number>();
  const timer = setInterval(() => void write(), everyMs);
  timer.unref();

  async function write(): Promise<void> {
    if (gathered.size === 0) return;
    const writing = gathered;
    gathered = new Map();
    try {
      await database.query(
        `UPDATE site.device SET stored_instances = stored_instances + count, last_stored_at = now()
         FROM unnest($1::integer[], $2::bigint[]) AS figures (device, count) WHERE id = device`,
        [[...writing.keys()], [...writing.values()]],
      );
    } catch (error) {
      for (const [device, count] of writing) gathered.set(device, (gathered.get(device) ?? 0) + count);
      onError(error);
    }
  }

  return {
    stored(device) {
      gathered.set(device, (gathered.get(device) ?? 0) + 1);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await write();
    },
  };
}
