/**
 * Where instances lie whose frames are being asked for: a viewer asks for one after the other of the same series, and a
 * question to the index for each costs more than reading the frame. Remembered for a second.
 */
import type { Caller } from '#access/caller.ts';
import { recordAccess } from '#access/record.ts';
import { transferSyntaxOf } from '#dicom/syntax/all.ts';
import { findFirst } from '#index/instances.ts';
import type { Selection } from '#index/instances.ts';
import { limits } from '#settings/limits.ts';
import type { Ingest } from './ingest.ts';
import { requireRight } from './require-right.ts';
import { retrieve } from './retrieve.ts';
import type { RetrieveParts, RetrievedInstance } from './retrieve.ts';
import { scopeUids } from './search.ts';

type Parts = Pick<RetrieveParts, 'database' | 'log'>;
type ByUid = ReadonlyMap<string, RetrievedInstance>;

interface Remembered {
  readonly until: number;
  /** Asked for once there is a second question about the same series. */
  instances: Promise<ByUid> | undefined;
}

export class RecentInstances {
  readonly #parts: Parts;
  /** By study and series, the oldest first. */
  readonly #series = new Map<string, Remembered>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** One instance. What is not remembered is asked for: an instance stored this moment is there. @throws Problem */
  async retrieve(selection: Required<Selection>, caller: Caller): Promise<RetrievedInstance> {
    requireRight('read', caller, this.#parts.log);
    // Callers with a scope are few, and each sees something else.
    const remembered = scopeUids(caller) === null ? await this.#remembered(selection) : undefined;
    if (remembered) {
      recordAccess(this.#parts.log, { caller, action: 'retrieve', ...selection, count: 1 });
      return remembered;
    }
    const [instance] = await retrieve(selection, caller, [], this.#parts);
    return instance as RetrievedInstance;
  }

  forget(): void {
    this.#series.clear();
  }

  /** Whatever changes where a known instance lies, or hides it, is seen by the next question. */
  watching(ingest: Ingest): Ingest {
    return async (arrival, caller) => {
      const ingested = await ingest(arrival, caller);
      if (ingested.outcome !== 'stored' || ingested.rejection) this.forget();
      return ingested;
    };
  }

  async #remembered({ SOPInstanceUID, ...series }: Required<Selection>): Promise<RetrievedInstance | undefined> {
    const key = `${series.StudyInstanceUID} ${series.SeriesInstanceUID}`;
    const now = performance.now();
    const known = this.#series.get(key);
    if (!known || known.until < now) {
      this.#series.delete(key);
      this.#series.set(key, { until: now + limits.retrieve.rememberedMs, instances: undefined });
      for (const [oldest, { until }] of this.#series) {
        if (until >= now && this.#series.size <= limits.retrieve.seriesRemembered) break;
        this.#series.delete(oldest);
      }
      return undefined;
    }
    known.instances ??= this.#load(series).catch((error: unknown) => {
      this.#series.delete(key);
      throw error;
    });
    return (await known.instances).get(SOPInstanceUID);
  }

  async #load(series: Omit<Selection, 'SOPInstanceUID'>): Promise<ByUid> {
    const rows = await findFirst(this.#parts.database, series, null, limits.retrieve.instancesRemembered);
    return new Map(rows.map((row) => [row.sop_instance_uid, { row, syntax: transferSyntaxOf(row.transfer_syntax) }]));
  }
}
