// Cornerstone, started once for the life of the page: which renderer, how many decoders, how much memory. Everything that
// must be so because of how Cornerstone behaves, and is not about one viewport, stands here.
import {
  Enums,
  RenderingEngine,
  cache,
  eventTarget,
  getRenderingCapabilities,
  imageLoader,
  init as initCore,
  setRenderBackend,
} from '@cornerstonejs/core';
import { init as initTools } from '@cornerstonejs/tools';
import { startDecoders } from './decode-frame.ts';
import { sizeOf } from './element-size.ts';
import { noteGone, noteHeld } from './frames-in-memory.ts';
import { loadFrame, type FrameImage } from './load-frame.ts';
import { provideMetadata } from './metadata-provider.ts';
import { ProcessorEngine } from './processor-engine.ts';
import { forgetReductions, reduceInTime } from './reductions.ts';
import { countShutter, forgetShutter } from './shutters-in-memory.ts';

const mebibyte = 1024 * 1024;
// A browser tab of a 4 GB PC or a phone is closed by the system long before Cornerstone's own 3 GiB would be reached.
const cacheOnPhoneBytes = 256 * mebibyte;
const cacheOnWeakPcBytes = 512 * mebibyte;
const cacheBytes = 1024 * mebibyte;

type Engine = RenderingEngine | ProcessorEngine;

let engine: Engine | undefined;

/** The one rendering engine: several would use up the browser's WebGL contexts. */
export function renderingEngine(): Engine {
  engine ??= start();
  return engine;
}

/**
 * On a screen of several pixels to one of CSS, Cornerstone makes the canvas it draws on by the processor as large as CSS says, and
 * takes it to be as large as the screen says: everything measured would be wrong by that factor. Here its size is what the screen
 * says.
 */
export function sizeByScreen(element: HTMLElement): void {
  const drawnByProcessor = [...element.querySelectorAll('canvas')].find(({ style }) => style.pointerEvents === 'none');
  if (!drawnByProcessor) return;
  const pixels = (length: number) => Math.round(length * devicePixelRatio);
  Object.defineProperties(drawnByProcessor, {
    clientWidth: { get: () => pixels(sizeOf(element).width) },
    clientHeight: { get: () => pixels(sizeOf(element).height) },
  });
}

function start(): Engine {
  const { webgl, softwareRasterizer } = getRenderingCapabilities();
  // WebGL drawn by the processor is five times slower than Cornerstone's own drawing on the processor.
  const byProcessor = !webgl || softwareRasterizer;
  const onPhone = matchMedia('(pointer: coarse)').matches;
  initCore({
    isMobile: onPhone,
    rendering: { useCPURendering: byProcessor, webGlContextCount: 1 },
    debug: {},
  });
  // They must be there before the first image is loaded.
  startDecoders();
  initTools();
  imageLoader.registerImageLoader('frame', loadFrame as never);
  provideMetadata();
  cache.setMaxCacheSize(cacheLimit(onPhone));
  tellWhatIsHeld();
  eventTarget.addEventListener(Enums.Events.WEBGL_CONTEXT_LOST, () => setRenderBackend('cpu', 'WebGL context lost'));
  return byProcessor ? new ProcessorEngine('lightbox') : new RenderingEngine('lightbox');
}

/** For the life of the page, as the cache itself is. */
function tellWhatIsHeld(): void {
  const { IMAGE_CACHE_IMAGE_ADDED, IMAGE_CACHE_IMAGE_REMOVED } = Enums.Events;
  eventTarget.addEventListener(IMAGE_CACHE_IMAGE_ADDED, (event: Event) => {
    const { imageId, image } = (event as CustomEvent<{ image: { imageId: string; image: FrameImage } }>).detail.image;
    noteHeld(imageId);
    countShutter(image);
    reduceInTime(imageId);
  });
  eventTarget.addEventListener(IMAGE_CACHE_IMAGE_REMOVED, (event: Event) => {
    const { imageId } = (event as CustomEvent<{ imageId: string }>).detail;
    noteGone(imageId);
    forgetShutter(imageId);
    forgetReductions(imageId);
  });
}

function cacheLimit(onPhone: boolean): number {
  const { deviceMemory } = navigator as { deviceMemory?: number };
  if (onPhone) return cacheOnPhoneBytes;
  return deviceMemory !== undefined && deviceMemory <= 4 ? cacheOnWeakPcBytes : cacheBytes;
}
