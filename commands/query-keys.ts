/**
 * Keys of a query as a person writes them: `PatientName=NGUYEN*`, `StudyDate=20260101-`, `ModalitiesInStudy`,
 * `(0008,0060)=CT`.
 */
import { findTag, keywordOf, printedTag } from '#dicom/data/dictionary.ts';
import { BadKeyValue, queryIdentifier, type QueryRetrieveLevel } from '#dicom/dimse/query-retrieve.ts';
import type { Dataset } from '#dicom/data/dataset.ts';

import { BadUsage } from './command.ts';

/** @returns values by tag @throws BadUsage */
export function readKeys(texts: readonly string[]): Map<number, string> {
  const keys = new Map<number, string>();
  for (const text of texts) {
    const at = text.indexOf('=');
    const name = at < 0 ? text : text.slice(0, at);
    const tag = findTag(name) ?? writtenTag(name);
    if (tag === undefined)
      throw new BadUsage(`"${name}" is no attribute; write its keyword, as in PatientName=NGUYEN*, or its tag`);
    if (keys.has(tag)) throw new BadUsage(`${nameOf(tag)} is given twice; several UIDs are joined by a backslash`);
    keys.set(tag, at < 0 ? '' : text.slice(at + 1));
  }
  return keys;
}

export function nameOf(tag: number): string {
  return keywordOf(tag) ?? printedTag(tag);
}

/** @throws BadUsage */
export function identifierOf(level: QueryRetrieveLevel, keys: ReadonlyMap<number, string>): Dataset {
  try {
    return queryIdentifier(level, keys);
  } catch (error) {
    if (error instanceof BadKeyValue) throw new BadUsage(error.message);
    throw error;
  }
}

/** `0010,0010`, `(0010,0010)` or `00100010`. */
function writtenTag(text: string): number | undefined {
  const digits = /^\(?([0-9a-f]{4}),?([0-9a-f]{4})\)?$/i.exec(text);
  return digits ? Number.parseInt(`${digits[1]}${digits[2]}`, 16) : undefined;
}
