/**
 * The pictures of several frames, one after the other: a few are made ahead, and those that turn out to have none are left out
 * (PS3.18 Section 10.4.3).
 */
import { patiently } from '#derive/patiently.ts';
import type { StoredImage } from '#derive/stored-image.ts';
import { frameCount } from '../instance-pixels.ts';
import { openPicture, pictureOf } from '../pictures.ts';
import type { PictureParts, PictureRequest } from '../pictures.ts';
import { Problem } from '../problems.ts';
import type { RetrievedInstance } from '../retrieve.ts';
import type { LeftOut } from './left-out.ts';
import type { Unsent } from './unsent.ts';

/** Pictures that are made while the one before them is sent. */
const ahead = 2;
/** So much is made before the status is said, by which a reader knows that something is missing; what fails later is left out unsaid. */
const beforeStatus = { ms: 2_000, bytes: 8 * 1024 * 1024 };

export interface Place {
  readonly instance: RetrievedInstance;
  readonly stored: StoredImage;
  readonly frame: number;
}

/** @param numbers  undefined for every frame there is @throws Problem noSuchInstance for numbers beyond the last frame */
export async function* framesOf(
  shown: readonly RetrievedInstance[],
  numbers: readonly number[] | undefined,
  parts: PictureParts,
  leftOut: LeftOut,
): AsyncGenerator<Place> {
  for (const each of shown) {
    try {
      const stored = await openPicture(each, parts);
      const count = await frameCount(each, stored.frames);
      if (numbers?.some((number) => number > count))
        throw new Problem('noSuchInstance', `the instance has ${count} frames`);
      const all = numbers ?? Array.from({ length: count }, (_, index) => index + 1);
      for (const frame of all) yield { instance: each, stored, frame };
    } catch (error) {
      if (shown.length === 1 || !leftOut.add(each, error)) throw error;
    }
  }
}

/**
 * Pictures in order, a few of them made ahead. Where there are several, those that turn out to have none are left out, and
 * those behind the first wait for their turn: its making has shown that the pool has room, and the answer may be under way.
 */
export async function* pictures(
  places: AsyncIterable<Place>,
  picture: PictureRequest,
  parts: PictureParts,
  { signal, leftOut }: { readonly signal: AbortSignal; readonly leftOut: LeftOut },
): AsyncGenerator<Made> {
  const ended = new AbortController();
  const wanted = AbortSignal.any([signal, ended.signal]);
  const make = async (place: Place, isFirst: boolean): Promise<Made | undefined> => {
    const once = (): Promise<Buffer> => pictureOf(place, picture, parts, wanted);
    try {
      return { bytes: await (isFirst ? once() : patiently(once, wanted)), place };
    } catch (error) {
      if (!leftOut.add(place.instance, error)) throw error;
      return undefined;
    }
  };
  const making: Promise<Made | undefined>[] = [];
  let begun = 0;
  let some = false;
  try {
    for await (const place of places) {
      const made = make(place, begun++ === 0);
      made.catch(() => undefined); // told when its turn comes
      making.push(made);
      if (making.length <= ahead) continue;
      const next = await making.shift();
      if (next) yield next;
      some ||= next !== undefined;
    }
    for (const each of making) {
      const next = await each;
      if (next) yield next;
      some ||= next !== undefined;
    }
    if (!some)
      throw (
        [...leftOut.reasons.values()].at(-1) ??
        new Problem('notAcceptable', 'no picture could be made of any of these instances')
      );
  } finally {
    ended.abort();
  }
}

export interface Made {
  readonly bytes: Buffer;
  readonly place: Place;
}

/** @returns those that were made while one could wait, and the others */
export async function firstOf(
  all: AsyncGenerator<Made>,
  unsent: Unsent,
): Promise<{ made: Made[]; more: AsyncGenerator<Made> }> {
  const made: Made[] = [];
  let bytes = 0;
  for (const until = performance.now() + beforeStatus.ms; bytes < beforeStatus.bytes && performance.now() < until;) {
    const next = await all.next();
    if (next.done) break;
    made.push(next.value);
    bytes += next.value.bytes.length;
    unsent.add(next.value.bytes.length);
    if (!unsent.hasRoomAhead) break;
  }
  return { made, more: all };
}

export async function* inOrder({ made, more }: { made: Made[]; more: AsyncGenerator<Made> }): AsyncGenerator<Made> {
  yield* made;
  yield* more;
}
