/**
 * A study at which the other archive breaks off or gives up, fetched in parts: each series by itself, and one at which it does so again image by
 * image, so that a damaged image keeps no other of its study back.
 */
import { knownInstances } from '#index/held-studies.ts';
import type { Database } from '#index/database.ts';

import { Unanswered } from '../peer.ts';
import { counted } from '../progress.ts';
import type { OldArchive } from './old-archive.ts';

/** Where so many images of a study were not sent, its others are left for the next run: each may have cost minutes of silence. */
const mostLost = 20;

export interface Parts {
  /** Images that the other archive lists. */
  readonly there: number;
  /** Which of them were not sent, and why the first was not; undefined when all were. */
  readonly cause: string | undefined;
}

/** @throws Unanswered when it breaks off at the lists of the study too, or is away @throws Error */
export async function fetchInParts(
  StudyInstanceUID: string,
  {
    old,
    database,
    destination,
    signal,
  }: {
    readonly old: OldArchive;
    readonly database: Database;
    readonly destination: string;
    readonly signal: AbortSignal;
  },
): Promise<Parts> {
  const missing = async (images: readonly string[]): Promise<string[]> => {
    const known = await knownInstances(database, images);
    return images.filter((image) => !known.has(image));
  };
  /** @returns why not all of it was sent */
  const moved = async (keys: Parameters<OldArchive['move']>[0]): Promise<string | undefined> => {
    signal.throwIfAborted();
    try {
      return (await old.move(keys, destination))?.cause;
    } catch (error) {
      if (!(error instanceof Unanswered) || signal.aborted || !(await old.isReached())) throw error;
      return error.message;
    }
  };

  let there = 0;
  const lost: string[] = [];
  let why: string | undefined;
  for (const [SeriesInstanceUID, images] of await old.images(StudyInstanceUID)) {
    there += images.length;
    if (lost.length >= mostLost || (await missing(images)).length === 0) continue;
    if ((await moved({ StudyInstanceUID, SeriesInstanceUID })) === undefined) continue;
    for (const SOPInstanceUID of await missing(images)) {
      const cause = await moved({ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID });
      if (cause === undefined) continue;
      why ??= cause;
      if (lost.push(SOPInstanceUID) >= mostLost) break;
    }
  }
  if (lost.length === 0) return { there, cause: undefined };
  const others = lost.length >= mostLost ? ', the others not asked for' : '';
  return { there, cause: `${counted(lost.length, 'image')} not sent (${lost.join(', ')}${others}): ${why}` };
}
