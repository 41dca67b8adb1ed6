/**
 * Everything that a day brings, over and over: afterwards a Lightbox holds no more than before. A descriptor that is left open
 * once in a hundred requests, or a listener that stays, is seen only so.
 */
import { randomOf } from '#samples/seed.ts';
import { healthOf, type RunningLightbox } from '../running-lightbox.ts';

import { everyday, type Act } from './everyday.ts';
import { footprint, footprintAtRest, type Footprint } from './footprint.ts';
import { Site } from './site.ts';

export interface EndureOptions {
  readonly seed: string;
  /** Of them the first fifth is to warm up. */
  readonly acts: number;
  readonly onProgress?: (done: number, archive: Footprint) => void;
}

export interface Endured {
  /** How often each was done. */
  readonly done: Readonly<Record<string, number>>;
  /** Of the archive, at rest. */
  readonly before: Footprint;
  readonly after: Footprint;
  /** What must not be. */
  readonly faults: readonly string[];
}

const atOnce = 4;
const progressEvery = 1_000;
/** What comes and goes by itself: a connection to PostgreSQL more, a log file. */
const descriptorsToSpare = 5;
/** Frames and heads that are remembered fill what is theirs within some ten thousand acts; beyond this there is a leak. */
const mostMemoryMiB = 300;

export async function endure(lightbox: RunningLightbox, options: EndureOptions): Promise<Endured> {
  const { seed, acts, onProgress } = options;
  const random = randomOf(seed);
  const site = new Site(lightbox, seed, random);
  const { pid } = await healthOf(lightbox);
  const done: Record<string, number> = {};
  const faults: string[] = [];
  let count = 0;

  await perform(everyday[0]!); // so that there is something to look at
  const shares = everyday.flatMap((act) => Array.from({ length: act.share }, () => act));
  await performMany(Math.ceil(acts / 5));
  const before = await footprintAtRest(pid);
  await performMany(acts - count);
  const after = await footprintAtRest(pid);

  if (after.descriptors > before.descriptors + descriptorsToSpare)
    faults.push(`${before.descriptors} descriptors before, ${after.descriptors} after`);
  if (after.memoryMiB > mostMemoryMiB) faults.push(`${after.memoryMiB} MiB after, ${mostMemoryMiB} at most`);
  const health = await healthOf(lightbox);
  if (health.pid !== pid || health.status !== 'ready') faults.push('the archive died, or is not well');
  return { done, before, after, faults };

  async function performMany(many: number): Promise<void> {
    let left = many;
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        while (left-- > 0 && faults.length < 10) await perform(site.pick(shares));
      }),
    );
  }

  async function perform(act: Act): Promise<void> {
    try {
      await act.do(site);
    } catch (error) {
      faults.push(`${act.name}: ${(error as Error).message}`);
    }
    done[act.name] = (done[act.name] ?? 0) + 1;
    if (++count % progressEvery === 0) onProgress?.(count, await footprint(pid));
  }
}
