// Loading one image through Cornerstone, checked: what is drawn must be what the archive announced.
import {
  Enums,
  cache,
  getShouldUseCPURendering,
  imageLoadPoolManager,
  imageLoader,
  metaData,
  type Types,
} from '@cornerstonejs/core';
import { LoadError, loadError } from '../archive-client.ts';
import { watchArrival, type OnArrival } from './cornerstone.ts';
import { announcedSyntaxes, canBeDrawn, type Frame } from './image-series.ts';

type RequestType = 'interaction' | 'prefetch';

const explicitLittleEndian = '1.2.840.10008.1.2.1';
// Counted from the last byte that came: a dead line is cut earlier (archive-client.ts), so this is an image that arrived
// and was never decoded; some of the loader's failures reach nobody.
const nothingHappensMs = 45_000;

/** The image if it is in memory already. */
export const imageInMemory = (imageId: string): Types.IImage | undefined => cache.getImage(imageId);

/**
 * Loads through Cornerstone's pool, so that an image somebody waits for overtakes those fetched ahead.
 * @throws LoadError, at the latest some time after the last byte arrived
 */
export function loadImage(frame: Frame, requestType: RequestType, onArrival?: OnArrival): Promise<Types.IImage> {
  const { promise, resolve, reject } = Promise.withResolvers<Types.IImage>();
  const type = requestType === 'interaction' ? Enums.RequestType.Interaction : Enums.RequestType.Prefetch;
  const load = async () => {
    const limit = timeLimit(frame.imageId, onArrival);
    try {
      if (!canBeDrawn(frame.instance)) throw new LoadError('cannotDraw');
      const options = { priority: 0, requestType: type, preScale: { enabled: !mustStayStored(frame.imageId) } };
      const loading = imageLoader.loadAndCacheImage(frame.imageId, options) as Promise<Types.IImage>;
      const image = await Promise.race([loading, limit.passed]);
      checkPixels(frame, image);
      resolve(image);
    } catch (error) {
      if (cache.getImageLoadObject(frame.imageId)) cache.removeImageLoadObject(frame.imageId);
      reject(loadError(error));
    } finally {
      limit.stop();
    }
  };
  imageLoadPoolManager.addRequest(load, type, { imageId: frame.imageId }, 0);
  return promise;
}

/**
 * Drawing on the processor looks values up in a table by integers: values rescaled by a fraction (Philips MR, PET) would come
 * out black. Those stay as stored, and the table itself does the rescaling.
 */
function mustStayStored(imageId: string): boolean {
  if (!getShouldUseCPURendering()) return false;
  return Object.values(rescaleOf(imageId)).some((value) => !Number.isInteger(value));
}

/** Modality LUT as slope and intercept (PS3.3 C.11.1), from wherever the instance says it. */
export function rescaleOf(imageId: string): { slope: number; intercept: number } {
  const { rescaleSlope, rescaleIntercept } = metaData.get('modalityLutModule', imageId) ?? {};
  return { slope: rescaleSlope || 1, intercept: rescaleIntercept || 0 };
}

function timeLimit(imageId: string, onArrival: OnArrival = () => {}): { passed: Promise<never>; stop: () => void } {
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(new LoadError('cannotDraw'));
  let timer = setTimeout(giveUp, nothingHappensMs);
  const unwatch = watchArrival(imageId, (received, total) => {
    clearTimeout(timer);
    timer = setTimeout(giveUp, nothingHappensMs);
    onArrival(received, total);
  });
  const stop = () => {
    clearTimeout(timer);
    unwatch();
  };
  return { passed: promise, stop };
}

/** Forgets what has not been asked of the archive yet. */
export function forgetWaiting(requestType: RequestType): void {
  const type = requestType === 'interaction' ? Enums.RequestType.Interaction : Enums.RequestType.Prefetch;
  imageLoadPoolManager.clearRequestStack(type);
}

/**
 * The loader takes an answer whose transfer syntax it cannot read for Implicit VR Little Endian and decodes compressed bytes
 * as if they were pixels, without an error. So the syntax it used must be one announced for the instance, or the one every
 * frame may be sent in, and the pixels must be as many as the image is large.
 */
function checkPixels(frame: Frame, image: Types.IImage): void {
  const used = (image as { transferSyntaxUID?: string }).transferSyntaxUID;
  const announced = [...announcedSyntaxes(frame.instance), explicitLittleEndian];
  const samples = image.rows * image.columns * image.numberOfComponents;
  if (used && announced.includes(used) && image.getPixelData().length === samples) return;
  throw new LoadError('wrongPixels');
}
