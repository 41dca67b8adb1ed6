/**
 * A study at which the other archive breaks off or gives up, fetched in parts: each series by itself, and one at which it does so again image by
 * image, so that a damaged image keeps no other of its study back.
 */
import { knownInstances } from '#index/held-studies.ts';
import type { Database } from '#index/database.ts';

import { Unanswered } from '../peer.ts';
import { counted } from '../progress.ts';
import type { Moving, NotSent, OldArchive } from './old-archive.ts';

/** Where so many images of a study were not sent, its others are left for the next run: each may have cost minutes of silence. */
const mostLost = 20;
/** After so many in a row, with nothing of the study come, it is not the images: the old archive cannot reach us, or its disk is gone. */
const mostInARow = 3;

export interface Parts {
  /** Images that the other archive has, by its count or its lists, whichever says more; undefined where it does not say. */
  readonly there: number | undefined;
  /** What was not sent or not listed, and why; undefined when all was. */
  readonly cause: string | undefined;
}

/** A study of which not all was sent when it was asked for as a whole. */
export interface Broken {
  readonly StudyInstanceUID: string;
  /** Images that the other archive counts in it; undefined where it does not count. */
  readonly there: number | undefined;
  /** Why not all was sent. */
  readonly cause: string;
}

/** @throws Unanswered when it breaks off at the lists of the study too, or is away @throws Error */
export async function fetchInParts(
  { StudyInstanceUID, there, cause: ofStudy }: Broken,
  {
    old,
    database,
    move,
    signal,
  }: {
    readonly old: OldArchive;
    readonly database: Database;
    /** Has a part sent to us, within the hours in which that may be. */
    readonly move: (part: Moving) => Promise<NotSent | undefined>;
    readonly signal: AbortSignal;
  },
): Promise<Parts> {
  const missing = async (images: readonly string[]): Promise<string[]> => {
    const known = await knownInstances(database, images);
    return images.filter((image) => !known.has(image));
  };
  /** @returns why not all of it was sent */
  const moved = async (part: Moving): Promise<string | undefined> => {
    try {
      return (await move(part))?.answer;
    } catch (error) {
      if (!(error instanceof Unanswered) || signal.aborted || !(await old.isReached())) throw error;
      return error.message;
    }
  };

  const lists = await old.images(StudyInstanceUID);
  const listed = [...lists.values()].reduce((sum, { length }) => sum + length, 0);
  const lacking = await missing([...lists.values()].flat());
  const hasCome = async (): Promise<boolean> => (await missing(lacking)).length < lacking.length;
  const lost: string[] = [];
  let why: string | undefined;
  let inARow = 0;
  let isInVain = false;
  for (const [SeriesInstanceUID, images] of lists) {
    if (isInVain || lost.length >= mostLost || (images.length > 0 && (await missing(images)).length === 0)) continue;
    if ((await moved({ StudyInstanceUID, SeriesInstanceUID })) === undefined) continue;
    for (const SOPInstanceUID of endsFirst(await missing(images))) {
      const cause = await moved({ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID });
      inARow = cause === undefined ? 0 : inARow + 1;
      if (cause === undefined) continue;
      why ??= cause;
      isInVain = inARow === mostInARow && !(await hasCome());
      if (lost.push(SOPInstanceUID) >= mostLost || isInVain) break;
    }
  }
  if (isInVain)
    return { there: Math.max(there ?? 0, listed), cause: `nothing of it is sent, by images neither: ${why}` };
  const others = lost.length >= mostLost ? ', the others not asked for' : '';
  const causes =
    lost.length > 0 ? [`${counted(lost.length, 'image')} not sent (${lost.join(', ')}${others}): ${why}`] : [];
  // A list may end in success and lack what the archive cannot read: by it alone nothing is whole.
  const isShort = there === undefined ? !hasImages(lists) : listed < there;
  if (isShort) causes.push(`${listed} of ${there ?? 'an unknown number of'} images listed: ${ofStudy}`);
  return {
    there: there === undefined && isShort ? undefined : Math.max(there ?? 0, listed),
    cause: causes.length > 0 ? causes.join('; ') : undefined,
  };
}

/** First, last and middle one before the others: damage lies together, and shall not look as if nothing could be sent. */
function endsFirst(images: readonly string[]): Iterable<string> {
  const ends = [images[0], images.at(-1), images[images.length >> 1]];
  return new Set([...ends.filter((image) => image !== undefined), ...images]);
}

/** Whether there are series, and images in each. */
function hasImages(lists: ReadonlyMap<string, readonly string[]>): boolean {
  return lists.size > 0 && [...lists.values()].every(({ length }) => length > 0);
}
