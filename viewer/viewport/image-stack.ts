// One viewport that shows one display set as a stack: which image, which window, zoom, pan and turn, what is still being loaded.
// Framework-free: it draws into an element and tells its state to whoever listens.
import { Enums, cache, getEffectiveRenderBackend, utilities, type PlanarViewport } from '@cornerstonejs/core';
import { LoadError, loadError } from '../archive-client.ts';
import { Cine, type Player } from './cine.ts';
import { renderingEngine, sizeByScreen } from './cornerstone.ts';
import { leaveAsItIs } from './draw-frame.ts';
import { asDisplaySetPresentation } from './display-set-presentation.ts';
import { measureSize } from './element-size.ts';
import { frameTimeOf, type DisplaySet, type Frame } from './display-sets.ts';
import type { FramePixels } from './frame-pixels.ts';
import type { FrameImage } from './load-frame.ts';
import { ImageRequests, imageInMemory } from './load-image.ts';
import { joinMeasuring } from './measuring.ts';
import { knowFrames } from './known-frames.ts';
import { OverlayLayer } from './overlay-layer.ts';
import { unturned } from './orientation.ts';
import { Prefetch } from './prefetch.ts';
import { placeBy, present } from './presentation.ts';
import { ScrollTurn } from './scroll-turn.ts';
import { nothing, type StackState } from './stack-state.ts';
import { StackView } from './stack-view.ts';
import { StackWindows, wholeColor } from './stack-windows.ts';
import { dragSpeed, sameWindow, type Window } from './windows.ts';

// The rest of the cache is for the series looked at before, and for other viewports.
const shareOfCacheForOneSeries = 0.5;
const frameTimeWhereNoneIsSaidMs = 66;

export class ImageStack {
  readonly element: HTMLDivElement;
  readonly id: string;
  readonly view: StackView;
  readonly #onChange: (state: StackState) => void;
  readonly #resized: ResizeObserver;
  readonly #requests: ImageRequests;
  readonly #cine: Cine;
  readonly #overlays: OverlayLayer;
  readonly #windows = new StackWindows();
  readonly #scroll = new ScrollTurn((index) => this.goTo(index));
  #state: StackState = nothing;
  #prefetch: Prefetch | undefined;
  /** Of the image on the screen. */
  #pixels: FramePixels | undefined;
  /** Which image Cornerstone was asked to draw last. */
  #asked: number | undefined;
  #isToFetch = false;
  #drawAgain = () => {};
  #closed = false;

  /** @param id  of the viewport; another one for each on the page */
  constructor(element: HTMLDivElement, id: string, onChange: (state: StackState) => void) {
    this.element = element;
    this.id = id;
    this.#onChange = onChange;
    this.#requests = new ImageRequests(id);
    element.dataset['viewport'] = id;
    const engine = renderingEngine();
    engine.enableElement({ viewportId: id, type: Enums.ViewportType.PLANAR_NEXT, element });
    measureSize(element);
    sizeByScreen(element);
    this.view = new StackView({
      viewport: () => this.#viewport(),
      drawn: () => (this.#state.shown === undefined ? undefined : this.frame),
      state: () => this.#state,
      change: (part) => this.#change(part),
    });
    placeBy(element, this.view.onElement);
    element.dataset['backend'] = getEffectiveRenderBackend(); // the first thing to ask when a picture looks odd
    joinMeasuring(id, engine.id);
    this.#cine = new Cine(this.#asPlayer());
    this.#overlays = new OverlayLayer(element, {
      image: () => this.#image(),
      isWanted: () => this.#state.overlaysWanted,
      onState: (overlays) => this.#change({ overlays }),
    });
    element.addEventListener(Enums.Events.STACK_NEW_IMAGE, this.#onNewImage);
    this.#resized = new ResizeObserver(() => {
      measureSize(element);
      engine.resize(true, true);
      this.#viewport()?.render(); // a canvas of a new size is empty
      this.view.measureScale();
    });
    this.#resized.observe(element);
  }

  get state(): StackState {
    return this.#state;
  }

  get count(): number {
    return this.#state.set?.frames.length ?? 0;
  }

  /** The frame that is drawn, or the one being loaded while there is none. */
  get frame(): Frame | undefined {
    return this.#state.set?.frames[this.#state.shown ?? this.#state.wanted];
  }

  /** How many values one pixel of window drag is worth. */
  get windowDragSpeed(): number {
    return this.#pixels ? dragSpeed(this.#pixels.smallest, this.#pixels.largest) : 1;
  }

  /** Shows a set, from the image at `index` on. Resolves when that image, or why it cannot be shown, is on the screen. */
  async show(set: DisplaySet, index = 0): Promise<void> {
    this.#leave();
    const { overlaysWanted } = this.#state;
    this.#change({ ...nothing, set, wanted: index, overlaysWanted });
    if (set.frames.length === 0) return this.#change({ error: new LoadError('noImages') });
    knowFrames(set.frames);
    await this.#load(index);
  }

  /** Shows nothing: something else stands here now. */
  clear(): void {
    this.#leave();
    this.#change(nothing);
  }

  /** Asks for an image; it is drawn with the browser's next picture if it is in memory, else as soon as it has come. */
  scrollTo(index: number): void {
    this.#scroll.ask(this.#within(index));
  }

  scrollBy(images: number): void {
    this.scrollTo((this.#scroll.to ?? this.#state.wanted) + images);
  }

  /** The same at once, for who asks once for each picture of the browser anyway. */
  goTo(index: number): void {
    this.#scroll.forget();
    const to = this.#within(index);
    if (this.count === 0 || (to === this.#state.wanted && this.#state.error === undefined)) return;
    const direction = to >= this.#state.wanted ? 1 : -1;
    this.#change({ wanted: to, error: undefined, arrived: undefined });
    this.#requests.forgetWaiting('interaction');
    void this.#load(to, direction);
  }

  /** After a failure: the same image once more, and what could not be fetched ahead. */
  retry(): void {
    this.#change({ error: undefined });
    this.#prefetch?.again();
    void this.#load(this.#state.wanted);
  }

  setWindow(window: Window): void {
    this.#windows.choose(window, this.#state.color);
    this.#change({ window });
    this.#present();
  }

  invert(): void {
    this.#change({ inverted: !this.#state.inverted });
    this.#present();
  }

  /** The graphics that the file lays over its image (group 60xx). */
  showOrHideOverlays(): void {
    this.#change({ overlaysWanted: !this.#state.overlaysWanted });
    this.#overlays.draw();
  }

  reset(): void {
    this.#windows.reset();
    if (this.frame && this.#pixels) this.#change({ window: this.#windows.of(this.frame, this.#pixels) });
    this.#change({ inverted: false });
    this.view.reset();
    this.#present();
  }

  /** Plays the set as a film, or stops it. */
  playOrStop(): void {
    const { set } = this.#state;
    if (this.#cine.playing) this.#cine.stop();
    else if (set && this.count > 1) this.#cine.start(frameTimeOf(set) ?? frameTimeWhereNoneIsSaidMs);
    this.#change({ playing: this.#cine.playing });
  }

  /** Draws anew what lies on the image. */
  redraw(): void {
    this.#viewport()?.render();
  }

  close(): void {
    this.#leave();
    this.#closed = true;
    this.#overlays.close();
    this.#resized.disconnect();
    this.element.removeEventListener(Enums.Events.STACK_NEW_IMAGE, this.#onNewImage);
    renderingEngine().disableElement(this.id);
  }

  #within(index: number): number {
    return Math.min(Math.max(0, index), Math.max(0, this.count - 1));
  }

  #leave(): void {
    this.#scroll.forget();
    this.#drawAgain(); // whatever becomes of the first image of what is left
    this.#cine.stop();
    this.#prefetch?.stop();
    this.#requests.forgetAll();
    this.#windows.begin();
  }

  #asPlayer(): Player {
    return {
      count: () => this.count,
      at: () => this.#state.shown ?? 0,
      has: (index) => {
        const frame = this.#state.set?.frames[index];
        return frame !== undefined && imageInMemory(frame.imageId) !== undefined;
      },
      show: (index) => this.goTo(index),
    };
  }

  async #load(index: number, direction: 1 | -1 = 1): Promise<void> {
    const { set } = this.#state;
    const frame = set?.frames[index];
    if (!set || !frame) return;
    try {
      const onArrival = (done: number, total: number | undefined) => {
        if (this.#state.set === set && this.#state.wanted === index) this.#change({ arrived: { done, total } });
      };
      const image = imageInMemory(frame.imageId) ?? (await this.#requests.load(frame, 'interaction', onArrival));
      if (!this.#isStillNearer(set, index)) return;
      await this.#draw(set, index, image);
      this.#prefetch?.note(index);
      this.#fetchAhead(direction);
    } catch (error) {
      if (this.#closed || this.#state.set !== set || this.#state.wanted !== index) return;
      // A film that went on would ask for it again at each of its frames.
      this.#cine.stop();
      this.#change({ error: loadError(error), arrived: undefined, playing: false });
    }
  }

  /** When the image is on the screen: to ask for two hundred others takes a weak computer longer than to draw one. */
  #fetchAhead(direction: 1 | -1): void {
    if (this.#isToFetch) return;
    this.#isToFetch = true;
    const fetch = () => {
      this.#isToFetch = false;
      if (!this.#closed) this.#prefetch?.around(this.#state.wanted, direction);
    };
    // A tab that nobody looks at has no pictures to wait for.
    if (document.hidden) fetch();
    else requestAnimationFrame(() => setTimeout(fetch));
  }

  /** During fast scrolling images come late; one is worth drawing if it is nearer to the wanted one than what is shown. */
  #isStillNearer(set: DisplaySet, index: number): boolean {
    const { shown, wanted } = this.#state;
    if (this.#closed || this.#state.set !== set) return false;
    return shown === undefined || index === wanted || Math.abs(index - wanted) < Math.abs(shown - wanted);
  }

  async #draw(set: DisplaySet, index: number, image: FrameImage): Promise<void> {
    const viewport = this.#viewport()!;
    if (this.#state.shown === undefined) await this.#mount(viewport, set, index, image);
    else await this.#step(viewport, index, image);
    if (this.#closed || this.#state.set !== set) return;
    const arrived = this.#state.wanted === index ? undefined : this.#state.arrived;
    this.#change({ shown: index, arrived });
    this.#overlays.draw();
    this.view.measureScale();
  }

  async #step(viewport: PlanarViewport, index: number, image: FrameImage): Promise<void> {
    const { color, negative } = image.pixels;
    const window = this.#windows.of(this.#state.set!.frames[index]!, image.pixels);
    const isAlike = color === this.#state.color && negative === this.#pixels?.negative;
    this.#pixels = image.pixels;
    // The image that is there would be drawn again, and by the window of the next one. Where it is the same one nothing else draws it.
    const isNext = viewport.getCurrentImageIdIndex() !== index;
    const drawAgain = isNext ? leaveAsItIs(this.element) : undefined;
    let asked: Promise<unknown>;
    try {
      if (!isAlike || !sameWindow(window, this.#state.window)) {
        this.#change({ window, color });
        this.#present();
      }
      this.#asked = index;
      asked = viewport.setImageIdIndex(index);
    } finally {
      drawAgain?.();
    }
    await asked;
  }

  /** The first image of a series decides how many images of its size fit into memory. */
  async #mount(viewport: PlanarViewport, set: DisplaySet, index: number, image: FrameImage): Promise<void> {
    const displaySetId = `${this.id} ${set.uid}`;
    const imageIds = set.frames.map(({ imageId }: Frame) => imageId);
    this.#pixels = image.pixels;
    this.#asked = index;
    const window = this.#windows.of(set.frames[index]!, image.pixels);
    this.#change({ color: image.pixels.color, inverted: false, turn: unturned, window });
    utilities.genericViewportDisplaySetMetadataProvider.add(displaySetId, { imageIds, initialImageIdIndex: index });
    const drawAgain = (this.#drawAgain = leaveAsItIs(this.element));
    try {
      await viewport.setDisplaySets({ displaySetId });
      if (this.#closed || this.#state.set !== set) return;
      viewport.resetViewState();
    } finally {
      drawAgain();
    }
    const mostImages = Math.floor((cache.getMaxCacheSize() * shareOfCacheForOneSeries) / image.sizeInBytes);
    this.#prefetch = new Prefetch({
      frames: set.frames,
      requests: this.#requests,
      mostImages,
      onChange: (now) => this.#change(now),
    });
    this.#present();
  }

  #presentation() {
    const { window = wholeColor, inverted } = this.#state;
    // MONOCHROME1: the smallest value is white (PS3.3 C.7.6.3.1.2). The generic viewport leaves that to us.
    return { window, inverse: inverted !== (this.#pixels?.negative ?? false) };
  }

  #present(): void {
    const presentation = this.#presentation();
    present(this.element, presentation);
    const viewport = this.#viewport();
    const { set } = this.#state;
    if (!viewport || !set) return;
    viewport.setDisplaySetPresentation(`${this.id} ${set.uid}`, asDisplaySetPresentation(presentation)); // which draws it
  }

  /** The image on the screen, which may be ahead of the state. */
  #image(): FrameImage | undefined {
    const imageId = this.#state.shown === undefined ? undefined : this.#viewport()?.getCurrentImageId();
    return imageId === undefined ? undefined : imageInMemory(imageId);
  }

  /**
   * Undoing a measurement brings its image back by itself. What we have asked for is drawn before we know it, and need not be what
   * is wanted any more.
   */
  readonly #onNewImage = (event: Event): void => {
    const { imageIdIndex } = (event as CustomEvent<{ imageIdIndex: number }>).detail;
    if (this.#state.shown === undefined || imageIdIndex === this.#asked) return;
    this.#change({ shown: imageIdIndex, wanted: imageIdIndex });
    void this.#load(imageIdIndex); // with its own window
  };

  #viewport(): PlanarViewport | undefined {
    return this.#closed ? undefined : (renderingEngine().getViewport(this.id) as unknown as PlanarViewport);
  }

  #change(part: Partial<StackState>): void {
    const isNews = Object.entries(part).some(([name, value]) => this.#state[name as keyof StackState] !== value);
    if (this.#closed || !isNews) return;
    this.#state = { ...this.#state, ...part };
    this.#onChange(this.#state);
  }
}
