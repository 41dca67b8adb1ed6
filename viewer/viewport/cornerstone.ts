// Cornerstone, started once for the life of the page: which renderer, how many decoders, how much memory. Everything that
// must be so because of how Cornerstone behaves, and is not about one viewport, stands here.
import {
  Enums,
  RenderingEngine,
  cache,
  eventTarget,
  getRenderingCapabilities,
  imageLoadPoolManager,
  init as initCore,
  setRenderBackend,
} from '@cornerstonejs/core';
import { init as initLoader } from '@cornerstonejs/dicom-image-loader';
import { abortWhenSilent } from '../archive-client.ts';

const mebibyte = 1024 * 1024;
// A browser tab of a 4 GB PC or a phone is closed by the system long before Cornerstone's own 3 GiB would be reached.
const cacheOnPhoneBytes = 256 * mebibyte;
const cacheOnWeakPcBytes = 512 * mebibyte;
const cacheBytes = 1024 * mebibyte;
const mostDecoders = 4;
const imagesAtOnce = { interaction: 3, prefetch: 4 };

/** How much of an image has arrived; `total` where the archive said so. */
export type OnArrival = (receivedBytes: number, totalBytes: number | undefined) => void;

let engine: RenderingEngine | undefined;
const watchers = new Map<string, Set<OnArrival>>();

/** Tells of every piece of an image that arrives, and of its end. Returns what stops it. */
export function watchArrival(imageId: string, onArrival: OnArrival): () => void {
  const watching = watchers.get(imageId) ?? new Set();
  watchers.set(imageId, watching.add(onArrival));
  return () => {
    watching.delete(onArrival);
    if (watching.size === 0) watchers.delete(imageId);
  };
}

/** The one rendering engine: several would use up the browser's WebGL contexts. */
export function renderingEngine(): RenderingEngine {
  engine ??= start();
  return engine;
}

function start(): RenderingEngine {
  const { webgl, softwareRasterizer } = getRenderingCapabilities();
  const onPhone = matchMedia('(pointer: coarse)').matches;
  initCore({
    isMobile: onPhone,
    rendering: {
      // WebGL drawn by the processor is five times slower than Cornerstone's own drawing on the processor.
      useCPURendering: !webgl || softwareRasterizer,
      webGlContextCount: 1,
    },
    debug: {},
  });
  initLoader({
    maxWebWorkers: Math.min(mostDecoders, Math.max(1, Math.floor(navigator.hardwareConcurrency / 2))),
    beforeSend: async (xhr: XMLHttpRequest, imageId: string) => {
      abortWhenSilent(xhr);
      xhr.addEventListener('progress', ({ loaded, total, lengthComputable }) => {
        for (const tell of watchers.get(imageId) ?? []) tell(loaded, lengthComputable ? total : undefined);
      });
    },
  });
  cache.setMaxCacheSize(cacheLimit(onPhone));
  imageLoadPoolManager.setMaxSimultaneousRequests(Enums.RequestType.Interaction, imagesAtOnce.interaction);
  imageLoadPoolManager.setMaxSimultaneousRequests(Enums.RequestType.Prefetch, imagesAtOnce.prefetch);
  eventTarget.addEventListener(Enums.Events.WEBGL_CONTEXT_LOST, () => setRenderBackend('cpu', 'WebGL context lost'));
  return new RenderingEngine('lightbox');
}

function cacheLimit(onPhone: boolean): number {
  const { deviceMemory } = navigator as { deviceMemory?: number };
  if (onPhone) return cacheOnPhoneBytes;
  return deviceMemory !== undefined && deviceMemory <= 4 ? cacheOnWeakPcBytes : cacheBytes;
}
