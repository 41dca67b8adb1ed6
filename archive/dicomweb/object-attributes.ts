/**
 * Attributes that the index has no column for, read from the stored objects: an instance's own, or those of the first
 * instance of a study or series. A result whose object cannot be read is given without them.
 */
import type { Log } from '#settings/log.ts';
import { beginHolding, weightOf } from '#derive/heavy-heads.ts';
import type { Dataset, Element } from '#dicom/data/dataset.ts';
import type { AttributePath } from '#dicom/web/query-parameters.ts';
import { transferSyntaxOf } from '#dicom/syntax/all.ts';
import type { DescribedDataset } from '#derive/instance-metadata.ts';
import type { Database } from '#index/database.ts';
import { standingFor } from '#index/heads.ts';
import type { InstanceRow } from '#index/instances.ts';
import type { FoundRow } from '#index/query.ts';
import { limits } from '#settings/limits.ts';
import type { Storage } from '#storage/storage.ts';
import type { SearchPlace } from './search-query.ts';
import { readDataset } from '../retrieve.ts';

export interface ObjectParts {
  readonly database: Database;
  readonly storage: Storage;
  readonly log: Log;
  /** Of the DICOMweb root: long values stand behind addresses below it. */
  readonly baseUrl: string;
}

/**
 * For each row what was asked for, in order, a few objects read ahead, but none of those that are large once they are in memory.
 * Ends early when the signal aborts.
 */
export async function* objectAttributes(
  rows: readonly FoundRow[],
  level: SearchPlace['level'],
  asked: readonly AttributePath[] | 'all',
  parts: ObjectParts,
  signal: AbortSignal,
): AsyncGenerator<DescribedDataset | undefined, void, void> {
  const ids = rows.map(({ id }) => id as number);
  const instances = await standingFor(parts.database, level, ids);
  const found = ids.map((id) => instances.get(id));
  /** Undefined: too much to be read before its turn. */
  const ahead: (Promise<DescribedDataset | undefined> | undefined)[] = [];
  let next = 0;
  for (const row of found) {
    while (next < found.length && ahead.length < limits.search.headsAtOnce) {
      const following = found[next++];
      ahead.push(weigh(following) > 0 ? undefined : read(following, asked, parts));
    }
    if (signal.aborted) return;
    const reading = ahead.shift();
    if (reading) yield await reading;
    else {
      const letGo = await beginHolding(weigh(row));
      try {
        yield await read(row, asked, parts);
      } finally {
        letGo();
      }
    }
  }
}

const weigh = (row: InstanceRow | undefined): number => (row ? weightOf(row, row.transfer_syntax) : 0);

async function read(
  row: InstanceRow | undefined,
  asked: readonly AttributePath[] | 'all',
  { storage, log, baseUrl }: ObjectParts,
): Promise<DescribedDataset | undefined> {
  const syntax = row && transferSyntaxOf(row.transfer_syntax);
  if (!syntax) return undefined;
  const { study_instance_uid: study, series_instance_uid: series, sop_instance_uid: sop } = row;
  try {
    const whole = await readDataset({ row, syntax }, storage);
    const address = `${baseUrl}/studies/${study}/series/${series}/instances/${sop}`;
    return { dataset: asked === 'all' ? whole : picked(whole, asked), address };
  } catch (error) {
    log.warn({ SOPInstanceUID: sop, err: error }, 'attributes cannot be read from the object');
    return undefined;
  }
}

/** The attributes at these paths; a sequence on the way keeps its items, with what was asked of each. */
function picked(dataset: Dataset, paths: readonly AttributePath[]): Dataset {
  const elements = new Map<number, Element>();
  for (const [tag, here] of Map.groupBy(paths, ([first]) => first as number)) {
    const element = dataset.elements.get(tag);
    if (!element) continue;
    const creator = dataset.elements.get(privateCreator(tag) ?? -1);
    if (creator) elements.set(creator.tag, creator);
    const deeper = here.map(([, ...rest]) => rest);
    if (deeper.some((rest) => rest.length === 0)) elements.set(tag, element);
    else if (element.items) elements.set(tag, { ...element, items: element.items.map((item) => picked(item, deeper)) });
  }
  return { ...dataset, elements };
}

/** A private attribute means nothing without the creator of its block (PS3.5 7.8.1). */
function privateCreator(tag: number): number | undefined {
  const group = Math.floor(tag / 0x10000);
  const block = (tag & 0xffff) >> 8;
  return group % 2 === 1 && block >= 0x10 ? group * 0x10000 + block : undefined;
}
