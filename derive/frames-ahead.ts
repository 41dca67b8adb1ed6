/** The frames of one instance, written anew one after the other while the ones before go out. */
import { setTimeout as delay } from 'node:timers/promises';
import { CannotDecode } from '#dicom/pixels/decoded-frame.ts';
import type { ImagePixel } from '#dicom/pixels/image-pixel.ts';
import { PixelPoolSaturated } from './pixel-pool.ts';

const busyPauseMs = 100;

/**
 * @param first  was made before: what can fail is to fail before anything is sent
 * @throws CannotDecode when a frame is of another colour space, and what `make` throws but PixelPoolSaturated
 */
export async function* framesAhead<Frame extends ImagePixel>(
  first: Frame,
  {
    count,
    make,
    signal,
  }: {
    readonly count: number;
    readonly make: (frame: number) => Promise<Frame>;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<Frame> {
  const patiently = async (frame: number): Promise<Frame> => {
    for (;;) {
      try {
        return await make(frame);
      } catch (error) {
        // The answer is under way: it waits for its turn as often as it must.
        if (!(error instanceof PixelPoolSaturated)) throw error;
        await delay(busyPauseMs, undefined, { signal });
      }
    }
  };
  yield first;
  let next: Promise<Frame> | undefined;
  for (let frame = 1; frame < count; frame++) {
    const current = next ?? patiently(frame);
    next = frame + 1 < count ? patiently(frame + 1) : undefined;
    next?.catch(() => undefined); // told when its turn comes
    const made = await current;
    // The data set says it once, for all frames.
    if (made.photometricInterpretation !== first.photometricInterpretation)
      throw new CannotDecode('frames of different colour spaces');
    yield made;
  }
}
