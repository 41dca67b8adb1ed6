/** The frames of one instance, written anew one after the other while the ones before go out. */
import { CannotDecode } from '#dicom/pixels/decoded-frame.ts';
import type { ImagePixel } from '#dicom/pixels/image-pixel.ts';
import { patiently } from './patiently.ts';

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
  const made = (frame: number): Promise<Frame> => patiently(() => make(frame), signal);
  yield first;
  let next: Promise<Frame> | undefined;
  for (let frame = 1; frame < count; frame++) {
    const current = next ?? made(frame);
    next = frame + 1 < count ? made(frame + 1) : undefined;
    next?.catch(() => undefined); // told when its turn comes
    const one = await current;
    // The data set says it once, for all frames.
    if (one.photometricInterpretation !== first.photometricInterpretation)
      throw new CannotDecode('frames of different colour spaces');
    yield one;
  }
}
