// Loading images through Cornerstone's pool, so that one somebody waits for overtakes those fetched ahead; each with the stack
// that wants it, so that a series that was left is forgotten, on its way or not.
import { Enums, cache, imageLoadPoolManager } from '@cornerstonejs/core';
import { LoadError, loadError } from '../archive-client.ts';
import { line, type OnArrival } from '../image-client.ts';
import type { Frame } from './display-sets.ts';
import { loadFrame, type FrameImage } from './load-frame.ts';
import type { ReadOptions } from './sent-frame.ts';

export type Purpose = 'interaction' | 'prefetch';

// Counted from the last byte that came: a dead line is cut earlier (archive-client.ts), so this is an image that arrived
// and was never decoded.
const nothingHappensMs = 45_000;

/** The image if it is in memory already. */
export const imageInMemory = (imageId: string) => cache.getImage(imageId) as FrameImage | undefined;

const atOnce = { quick: { interaction: 3, prefetch: 4 }, slow: { interaction: 2, prefetch: 2 } };
/** How many are on their way because somebody waits for them. */
let waitedFor = 0;

/**
 * What comes over a slow line at the same time comes late, all of it: there an image that somebody waits for comes alone, after what
 * had been begun. Two of them may: one that was gone past, and may hang, is not in the way of the one that is wanted now.
 */
function shareLine(change = 0): void {
  waitedFor += change;
  const { interaction, prefetch } = line.slow ? atOnce.slow : atOnce.quick;
  const ahead = line.slow && waitedFor > 0 ? 0 : prefetch;
  imageLoadPoolManager.setMaxSimultaneousRequests(Enums.RequestType.Interaction, interaction);
  imageLoadPoolManager.setMaxSimultaneousRequests(Enums.RequestType.Prefetch, ahead);
}

interface Details {
  owner?: string;
  purpose?: Purpose;
}

/** What one stack is loading. */
export class ImageRequests {
  readonly #owner: string;
  #running = new AbortController();

  /** @param owner  the stack's own name */
  constructor(owner: string) {
    this.#owner = owner;
  }

  /** @throws LoadError, at the latest some time after the last byte arrived; never answers when it was forgotten */
  load(frame: Frame, purpose: Purpose, onArrival?: OnArrival): Promise<FrameImage> {
    let settle: { resolve: (image: FrameImage) => void; reject: (error: LoadError) => void };
    const promise = new Promise<FrameImage>((resolve, reject) => (settle = { resolve, reject }));
    const { signal } = this.#running;
    const load = async () => {
      if (signal.aborted) return;
      const waits = purpose === 'interaction' ? 1 : 0;
      shareLine(waits);
      try {
        settle.resolve(await this.#loadNow(frame, signal, onArrival));
      } catch (error) {
        if (!signal.aborted) settle.reject(loadError(error));
      } finally {
        shareLine(-waits);
      }
    };
    shareLine();
    const details = { imageId: frame.imageId, owner: this.#owner, purpose };
    imageLoadPoolManager.addRequest(load, typeOf(purpose), details, 0);
    return promise;
  }

  /** Forgets what has not been asked of the archive yet. */
  forgetWaiting(purpose: Purpose): void {
    imageLoadPoolManager.filterRequests(({ additionalDetails }) => {
      const of = additionalDetails as Details;
      return of.owner !== this.#owner || of.purpose !== purpose;
    });
  }

  /** Forgets everything, and stops what is on its way. */
  forgetAll(): void {
    this.forgetWaiting('interaction');
    this.forgetWaiting('prefetch');
    this.#running.abort();
    this.#running = new AbortController();
  }

  async #loadNow(frame: Frame, signal: AbortSignal, onArrival?: OnArrival): Promise<FrameImage> {
    const limit = timeLimit();
    const told: OnArrival = (received, total) => {
      limit.again();
      onArrival?.(received, total);
    };
    try {
      return await Promise.race([loadOnce(frame, { signal, onArrival: told }), limit.passed]);
    } finally {
      limit.stop();
    }
  }
}

// Two viewports may want the same image.
const onTheirWay = new Map<string, Promise<FrameImage>>();

/**
 * Cornerstone's cache is given images that are there, never promises: one that fails would end in a rejection that nobody can
 * handle.
 */
async function loadOnce(frame: Frame, options: ReadOptions): Promise<FrameImage> {
  const { imageId } = frame;
  const known = imageInMemory(imageId);
  if (known) return known;
  const running = onTheirWay.get(imageId);
  if (running) {
    try {
      return await running;
    } catch {
      return loadOnce(frame, options); // it was another viewport's, which may have stopped it
    }
  }
  const loading = loadFrame(imageId, options).promise as Promise<FrameImage>;
  onTheirWay.set(imageId, loading);
  try {
    const image = await loading;
    if (!imageInMemory(imageId)) await cache.putImageLoadObject(imageId, { promise: Promise.resolve(image) });
    return image;
  } finally {
    onTheirWay.delete(imageId);
  }
}

const typeOf = (purpose: Purpose) =>
  purpose === 'interaction' ? Enums.RequestType.Interaction : Enums.RequestType.Prefetch;

function timeLimit(): { passed: Promise<never>; again: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout>;
  let giveUp: () => void;
  const passed = new Promise<never>((_, reject) => (giveUp = () => reject(new LoadError('cannotDraw'))));
  passed.catch(() => {}); // it may pass when nobody waits any more
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(giveUp, nothingHappensMs);
  };
  again();
  return { passed, again, stop: () => clearTimeout(timer) };
}
