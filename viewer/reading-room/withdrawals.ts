// Images that were withdrawn (by a rejection note, IHE RAD TF-3 4.66) while they are read. Their number alone does not tell: a rejected
// image and the corrected one that takes its place leave it as it was. So it is asked which ones are left.
import { readSeriesMetadata } from '../image-client.ts';
import { LoadError } from '../archive-client.ts';
import { string } from '../viewport/dicom-json.ts';
import type { DisplaySet } from '../viewport/display-sets.ts';
import { lookOnNews } from './look-on-news.ts';
import type { Pane } from './pane.ts';
import { keyOfSet } from './series-entry.ts';

// A scanner that has sent nothing for so long has done with the series, or waits for somebody.
const quietMs = 10_000;

/**
 * Asks for the images of series that grow once they grow no more: asked at each news of a running scanner, a thin line would carry
 * nothing else. A rejected image among more new ones is found then.
 * @returns what is to be called each time that they have grown
 */
export function findWithdrawnWhenQuiet(panes: () => readonly Pane[], signal: AbortSignal): () => void {
  const looking = lookOnNews(() => findWithdrawn(panes(), signal), signal);
  return () => looking.whenQuiet(quietMs);
}

/** How often it was asked which images are left, and by viewport which of these answers was noted. */
let begun = 0;
const notedOf = new WeakMap<Pane, number>();

/** Notes in each viewport what it holds and the archive no longer gives; a late answer does not undo a later one. */
export async function findWithdrawn(panes: readonly Pane[], signal: AbortSignal): Promise<void> {
  const look = (begun += 1);
  const bySeries = new Map<string, Promise<ReadonlySet<string>>>();
  await Promise.all(
    panes.map(async (pane) => {
      const set = pane.set.peek();
      if (!set) return;
      const series = keyOfSet(set);
      if (!bySeries.has(series)) bySeries.set(series, instancesOf(set, signal));
      const left = await bySeries.get(series)!;
      if (signal.aborted || pane.set.peek() !== set || look < (notedOf.get(pane) ?? 0)) return;
      notedOf.set(pane, look);
      pane.withdrawn.value = new Set(heldBy(set).filter((uid) => !left.has(uid)));
    }),
  );
}

/** Whether what stands in a viewport must not be read on, or what is wanted of it was taken away before it came. */
export function showsWithdrawn({ place, state, withdrawn }: Pane): boolean {
  const { error, set, wanted = 0 } = state.value ?? {};
  return [place.value, error && set?.frames[wanted]].some((each) => each && withdrawn.value.has(each.SOPInstanceUID));
}

function heldBy({ frames, instance }: DisplaySet): string[] {
  const ofFrames = new Set(frames.map(({ SOPInstanceUID }) => SOPInstanceUID));
  return ofFrames.size > 0 ? [...ofFrames] : [string(instance, '00080018')!];
}

async function instancesOf(
  { StudyInstanceUID, SeriesInstanceUID }: DisplaySet,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const instances = await readSeriesMetadata(StudyInstanceUID, SeriesInstanceUID, signal).catch(noneIfNotFound);
  return new Set(instances.map((instance) => string(instance, '00080018')!));
}

/** A study or series of which nothing is left is not there any more: no failure, but news. */
export function noneIfNotFound(error: unknown): [] {
  if (error instanceof LoadError && error.trouble === 'notFound') return [];
  throw error;
}
