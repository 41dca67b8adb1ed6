// One viewport that shows one series as a stack: which image, which window, zoom and pan, what is still being loaded.
// Framework-free: it draws into an element and tells its state to whoever listens.
import {
  Enums,
  cache,
  getEffectiveRenderBackend,
  utilities,
  type PlanarViewport,
  type Types,
} from '@cornerstonejs/core';
import { wadors } from '@cornerstonejs/dicom-image-loader';
import { LoadError, loadError } from '../archive-client.ts';
import { renderingEngine } from './cornerstone.ts';
import type { Frame, ImageSeries } from './image-series.ts';
import { forgetWaiting, imageInMemory, loadImage, rescaleOf } from './load-image.ts';
import { Prefetch } from './prefetch.ts';
import { dragSpeed, windowOver, windowsInFile, type Window } from './windows.ts';

export interface StackState {
  series: ImageSeries | undefined;
  /** index of the image that is drawn; undefined while nothing is */
  shown: number | undefined;
  /** index of the image asked for; differs from `shown` while it is loading */
  wanted: number;
  /** how much of the wanted image has arrived, bytes */
  arrived: { done: number; total: number | undefined } | undefined;
  error: LoadError | undefined;
  window: Window | undefined;
  inverted: boolean;
  /** 1 is fitted to the element */
  zoom: number;
  loaded: number;
  failed: number;
}

const nothing: StackState = {
  series: undefined,
  shown: undefined,
  wanted: 0,
  arrived: undefined,
  error: undefined,
  window: undefined,
  inverted: false,
  zoom: 1,
  loaded: 0,
  failed: 0,
};

const viewportId = 'stack';
const displaySetId = 'stack';
const zoomLimits = { least: 0.2, most: 40 };
// The rest of the cache is for the series looked at before.
const shareOfCacheForOneSeries = 0.7;

export class ImageStack {
  readonly element: HTMLDivElement;
  readonly #onChange: (state: StackState) => void;
  readonly #resized: ResizeObserver;
  #state: StackState = nothing;
  #prefetch: Prefetch | undefined;
  #fileWindow: Window | undefined;
  #dragSpeed = 1;
  /** MONOCHROME1: the smallest value is white (PS3.3 C.7.6.3.1.2). The generic viewport leaves that to us. */
  #negative = false;
  #closed = false;

  constructor(element: HTMLDivElement, onChange: (state: StackState) => void) {
    this.element = element;
    this.#onChange = onChange;
    const engine = renderingEngine();
    engine.enableElement({ viewportId, type: Enums.ViewportType.PLANAR_NEXT, element });
    element.dataset['backend'] = getEffectiveRenderBackend(); // the first thing to ask when a picture looks odd
    this.#resized = new ResizeObserver(() => {
      engine.resize(true, true);
      this.#viewport()?.render(); // a canvas of a new size is empty
    });
    this.#resized.observe(element);
  }

  get state(): StackState {
    return this.#state;
  }

  get count(): number {
    return this.#state.series?.frames.length ?? 0;
  }

  /** How many values one pixel of window drag is worth. */
  get windowDragSpeed(): number {
    return this.#dragSpeed;
  }

  /** Shows a series, from the image at `index` on. Resolves when that image, or why it cannot be shown, is on the screen. */
  async show(series: ImageSeries, index = 0): Promise<void> {
    this.#prefetch?.stop();
    forgetWaiting('interaction');
    this.#change({ ...nothing, series, wanted: index });
    if (series.frames.length === 0) return this.#change({ error: new LoadError('noImages') });
    for (const { imageId, frameNumber, instance } of series.frames) {
      if (frameNumber === 1) wadors.metaDataManager.add(imageId, instance as never);
    }
    await this.#load(index);
  }

  /** Asks for an image; it is drawn at once if it is in memory, else as soon as it has come. */
  scrollTo(index: number): void {
    const to = Math.min(Math.max(0, index), this.count - 1);
    if (this.count === 0 || (to === this.#state.wanted && this.#state.error === undefined)) return;
    const direction = to >= this.#state.wanted ? 1 : -1;
    this.#change({ wanted: to, error: undefined, arrived: undefined });
    forgetWaiting('interaction');
    void this.#load(to, direction);
  }

  scrollBy(images: number): void {
    this.scrollTo(this.#state.wanted + images);
  }

  /** After a failure: the same image once more. */
  retry(): void {
    this.#change({ error: undefined });
    void this.#load(this.#state.wanted);
  }

  setWindow(window: Window): void {
    this.#change({ window });
    this.#present();
  }

  invert(): void {
    this.#change({ inverted: !this.#state.inverted });
    this.#present();
  }

  panBy(dx: number, dy: number): void {
    const viewport = this.#viewport();
    if (!viewport) return;
    const [x, y] = viewport.getPan();
    viewport.setPan([x + dx, y + dy]);
  }

  /** @param at  the point that stays where it is, in pixels of the element; its middle by default */
  zoomBy(factor: number, at?: [number, number]): void {
    const viewport = this.#viewport();
    if (!viewport) return;
    const zoom = Math.min(Math.max(viewport.getZoom() * factor, zoomLimits.least), zoomLimits.most);
    viewport.setZoom(zoom, at);
    this.#change({ zoom });
  }

  fit(): void {
    this.#viewport()?.resetViewState();
    this.#change({ zoom: 1 });
  }

  reset(): void {
    this.fit();
    this.#change({ window: this.#fileWindow, inverted: false });
    this.#present();
  }

  close(): void {
    this.#closed = true;
    this.#prefetch?.stop();
    forgetWaiting('interaction');
    this.#resized.disconnect();
    renderingEngine().disableElement(viewportId);
  }

  async #load(index: number, direction: 1 | -1 = 1): Promise<void> {
    const { series } = this.#state;
    const frame = series?.frames[index];
    if (!series || !frame) return;
    try {
      const onArrival = (done: number, total: number | undefined) => {
        if (this.#state.series === series && this.#state.wanted === index) this.#change({ arrived: { done, total } });
      };
      const image = imageInMemory(frame.imageId) ?? (await loadImage(frame, 'interaction', onArrival));
      if (!this.#isStillNearer(series, index)) return;
      await this.#draw(series, index, image);
      this.#prefetch?.note(index);
      this.#prefetch?.around(this.#state.wanted, direction);
    } catch (error) {
      if (this.#closed || this.#state.series !== series || this.#state.wanted !== index) return;
      this.#change({ error: loadError(error), arrived: undefined });
    }
  }

  /** During fast scrolling images come late; one is worth drawing if it is nearer to the wanted one than what is shown. */
  #isStillNearer(series: ImageSeries, index: number): boolean {
    const { shown, wanted } = this.#state;
    if (this.#closed || this.#state.series !== series) return false;
    return shown === undefined || index === wanted || Math.abs(index - wanted) < Math.abs(shown - wanted);
  }

  async #draw(series: ImageSeries, index: number, image: Types.IImage): Promise<void> {
    const viewport = this.#viewport()!;
    if (this.#state.shown === undefined) await this.#mount(viewport, series, index, image);
    else await viewport.setImageIdIndex(index);
    if (this.#closed || this.#state.series !== series) return;
    if (this.#negative !== image.invert) {
      this.#negative = image.invert;
      this.#present();
    }
    const arrived = this.#state.wanted === index ? undefined : this.#state.arrived;
    this.#change({ shown: index, arrived });
  }

  /** The first image of a series decides the window, and how many images of its size fit into memory. */
  async #mount(viewport: PlanarViewport, series: ImageSeries, index: number, image: Types.IImage): Promise<void> {
    const imageIds = series.frames.map(({ imageId }: Frame) => imageId);
    utilities.genericViewportDisplaySetMetadataProvider.add(displaySetId, { imageIds, initialImageIdIndex: index });
    await viewport.setDisplaySets({ displaySetId });
    if (this.#closed || this.#state.series !== series) return;
    viewport.resetViewState();
    this.#negative = image.invert;
    const [smallest, largest] = rangeOf(image);
    this.#fileWindow = image.color
      ? wholeColor
      : (windowsInFile(series.frames[index]!.instance)[0] ?? windowOver(smallest, largest));
    this.#dragSpeed = dragSpeed(smallest, largest);
    const mostImages = Math.floor((cache.getMaxCacheSize() * shareOfCacheForOneSeries) / image.sizeInBytes);
    this.#prefetch = new Prefetch(series.frames, mostImages, () => this.#change(this.#prefetch!.progress));
    this.#change({ window: this.#fileWindow, zoom: 1, inverted: false });
    this.#present();
  }

  #present(): void {
    const { window, inverted } = this.#state;
    const voiRange = window && utilities.windowLevel.toLowHighRange(window.width, window.center);
    const invert = inverted !== this.#negative;
    this.#viewport()?.setDisplaySetPresentation(displaySetId, { invert, ...(voiRange && { voiRange }) });
    this.#viewport()?.render();
  }

  #viewport(): PlanarViewport | undefined {
    return this.#closed ? undefined : (renderingEngine().getViewport(viewportId) as unknown as PlanarViewport);
  }

  #change(part: Partial<StackState>): void {
    if (this.#closed) return;
    this.#state = { ...this.#state, ...part };
    this.#onChange(this.#state);
  }
}

const wholeColor: Window = { center: 128, width: 256 };

/** Smallest and largest value in the units of the window: rescaled, whether Cornerstone has rescaled the pixels or not. */
function rangeOf({ imageId, minPixelValue, maxPixelValue, preScale }: Types.IImage): [number, number] {
  if (preScale?.scaled) return [minPixelValue, maxPixelValue];
  const { slope, intercept } = rescaleOf(imageId);
  return [minPixelValue * slope + intercept, maxPixelValue * slope + intercept];
}
