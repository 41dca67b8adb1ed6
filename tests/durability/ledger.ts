/** What was sent and what was acknowledged: the claim that the archive is held to after each kill. */
import { createCipheriv, createHash } from 'node:crypto';
import { smallInstance } from '../dataset-bytes.ts';

/** One data set: `variant` tells other bytes under the same SOP Instance UID apart. */
export interface Item {
  readonly study: string;
  readonly series: string;
  readonly instance: string;
  readonly variant: number;
  readonly pixelBytes: number;
}

/** The same item always has the same bytes. */
export function datasetOf({ study, series, instance, variant, pixelBytes }: Item): Buffer {
  const key = createHash('sha256').update(`${instance} ${variant}`).digest().subarray(0, 16);
  const pixels = createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(pixelBytes));
  return smallInstance({ study, series, instance, patientID: study, pixels });
}

export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export interface SentVersion {
  readonly item: Item;
  acknowledged: boolean;
}

/** Study Instance UID → SOP Instance UID → digest of the data set (SHA-256) → what became of it. */
export class Ledger {
  readonly studies = new Map<string, Map<string, Map<string, SentVersion>>>();
  readonly items: Item[] = [];
  #touched = new Set<string>();

  /** Noted before the first byte leaves: whatever happens, these bytes may be found. */
  sending(item: Item, dataset: Buffer): SentVersion {
    this.#touched.add(item.study);
    const study = this.#entry(this.studies, item.study);
    const versions = this.#entry(study, item.instance);
    const digest = digestOf(dataset);
    let version = versions.get(digest);
    if (!version) {
      version = { item, acknowledged: false };
      versions.set(digest, version);
      this.items.push(item);
    }
    return version;
  }

  /** Studies that something was sent to since this was last asked. */
  takeTouched(): ReadonlySet<string> {
    const touched = this.#touched;
    this.#touched = new Set();
    return touched;
  }

  get acknowledged(): number {
    let count = 0;
    for (const study of this.studies.values())
      for (const versions of study.values()) for (const version of versions.values()) if (version.acknowledged) count++;
    return count;
  }

  #entry<V>(map: Map<string, Map<string, V>>, key: string): Map<string, V> {
    let found = map.get(key);
    if (!found) map.set(key, (found = new Map()));
    return found;
  }
}
