/**
 * Attributes that the index has no column for, read from the stored objects: an instance's own, or those of the first
 * instance of a study or series. A result whose object cannot be read is given without them.
 */
import type { Log } from '#settings/log.ts';
import type { SearchPlace } from '#archive/dicomweb/search-query.ts';
import { readDataset } from '#archive/retrieve.ts';
import { hexTag } from '#dicom/data/dictionary.ts';
import { toDicomJson } from '#dicom/web/dicom-json.ts';
import type { DicomJson, JsonAttribute } from '#dicom/web/dicom-json.ts';
import type { AttributePath } from '#dicom/web/query-parameters.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import type { Database } from '#index/database.ts';
import { standingFor } from '#index/heads.ts';
import type { FoundRow } from '#index/query.ts';
import { limits } from '#settings/limits.ts';
import type { Storage } from '#storage/storage.ts';

export interface ObjectParts {
  readonly database: Database;
  readonly storage: Storage;
  readonly log: Log;
}

/** @returns for each row what was asked for, in order */
export async function objectAttributes(
  rows: readonly FoundRow[],
  level: SearchPlace['level'],
  asked: readonly AttributePath[] | 'all',
  { database, storage, log }: ObjectParts,
  signal: AbortSignal,
): Promise<DicomJson[]> {
  const ids = rows.map(({ id }) => id as number);
  const instances = await standingFor(database, level, ids);
  const results: DicomJson[] = ids.map(() => ({}));
  let next = 0;
  const readSome = async (): Promise<void> => {
    for (let at = next++; at < ids.length && !signal.aborted; at = next++) {
      const row = instances.get(ids[at] as number);
      const syntax = row && transferSyntaxes.get(row.transfer_syntax);
      if (!syntax) continue;
      try {
        const json = toDicomJson(await readDataset({ row, syntax }, storage));
        results[at] = asked === 'all' ? json : picked(json, asked);
      } catch (error) {
        log.warn({ SOPInstanceUID: row.sop_instance_uid, err: error }, 'attributes cannot be read from the object');
      }
    }
  };
  await Promise.all(Array.from({ length: limits.search.headsAtOnce }, readSome));
  return results;
}

/** The attributes at these paths; a sequence on the way keeps its items, with what was asked of each. */
function picked(json: DicomJson, paths: readonly AttributePath[]): DicomJson {
  const result: DicomJson = {};
  for (const [tag, here] of Map.groupBy(paths, ([first]) => first as number)) {
    const attribute = json[hexTag(tag)];
    if (!attribute) continue;
    const creator = privateCreator(tag);
    if (creator && json[creator]) result[creator] = json[creator];
    const deeper = here.map(([, ...rest]) => rest);
    result[hexTag(tag)] = deeper.some((rest) => rest.length === 0) ? attribute : pickedItems(attribute, deeper);
  }
  return result;
}

function pickedItems({ vr, Value }: JsonAttribute, paths: readonly AttributePath[]): JsonAttribute {
  return Value ? { vr, Value: Value.map((item) => picked(item as DicomJson, paths)) } : { vr };
}

/** A private attribute means nothing without the creator of its block (PS3.5 7.8.1). */
function privateCreator(tag: number): string | undefined {
  const group = Math.floor(tag / 0x10000);
  const block = (tag & 0xffff) >> 8;
  return group % 2 === 1 && block >= 0x10 ? hexTag(group * 0x10000 + block) : undefined;
}
