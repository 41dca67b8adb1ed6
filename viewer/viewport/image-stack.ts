// One viewport that shows one display set as a stack: which image is wanted, what is still being loaded, what is fetched ahead. How an
// image comes onto the screen is of stack-drawing.ts. Framework-free: it tells its state to whoever listens.
import { cache } from '@cornerstonejs/core';
import { LoadError, loadError } from '../archive-client.ts';
import type { DisplaySet, Frame } from './display-sets.ts';
import type { FrameImage } from './load-frame.ts';
import { ImageRequests, imageInMemory } from './load-image.ts';
import { knowFrames } from './known-frames.ts';
import { Prefetch } from './prefetch.ts';
import { isReadInverted } from './read-inverted.ts';
import { bytesInMemory } from './reductions.ts';
import type { Reference } from './reference-layer.ts';
import { isTrueToScale } from './same-space.ts';
import { ScrollTurn } from './scroll-turn.ts';
import { slicesThrough, type PatientPoint } from './slice-through.ts';
import { StackDrawing } from './stack-drawing.ts';
import { StackFilm } from './stack-film.ts';
import { nothing, type Look, type StackState } from './stack-state.ts';
import type { StackView } from './stack-view.ts';
import type { Window } from './windows.ts';

// The rest of the cache is for the series looked at before, and for other viewports.
const shareOfCacheForOneSeries = 0.5;

export class ImageStack {
  readonly element: HTMLDivElement;
  readonly id: string;
  readonly film: StackFilm;
  /** Called with the window that is chosen, and with the one that is taken back to. */
  onWindow: (window: Window) => void = () => {};
  readonly #onChange: (state: StackState) => void;
  readonly #requests: ImageRequests;
  readonly #drawing: StackDrawing;
  readonly #scroll = new ScrollTurn((index) => this.goTo(index));
  #state: StackState = nothing;
  #prefetch: Prefetch | undefined;
  #isToFetch = false;
  #closed = false;

  /** @param id  of the viewport; another one for each on the page */
  constructor(element: HTMLDivElement, id: string, onChange: (state: StackState) => void) {
    this.element = element;
    this.id = id;
    this.#onChange = onChange;
    this.#requests = new ImageRequests(id);
    this.#drawing = new StackDrawing({
      element,
      id,
      state: () => this.#state,
      change: (part) => this.#change(part),
      onOwnImage: (index) => {
        this.#change({ shown: index, wanted: index });
        void this.#load(index); // with its own window
      },
    });
    this.film = new StackFilm({
      state: () => this.#state,
      change: (part) => this.#change(part),
      goTo: (index) => this.goTo(index),
    });
  }

  get state(): StackState {
    return this.#state;
  }

  get view(): StackView {
    return this.#drawing.view;
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
    return this.#drawing.windowDragSpeed;
  }

  /** How the reader has set what is shown. */
  get look(): Look {
    return this.#drawing.look;
  }

  /**
   * Shows a set, from the image at `index` on. Resolves when that image, or why it cannot be shown, is on the screen.
   * @param left  how the set was left
   */
  async show(set: DisplaySet, index = 0, left?: Look): Promise<void> {
    this.#leave(left);
    const { overlaysWanted, shutterWanted } = this.#state;
    const { inverted, turn, chosenRate } = left ?? { ...nothing, inverted: isReadInverted(set) };
    const playing = this.film.goesOnWith(set);
    const asBefore = { overlaysWanted, shutterWanted, playing, inverted, turn, chosenRate };
    this.#change({ ...nothing, set, wanted: index, ...asBefore });
    if (set.frames.length === 0) return this.#change({ error: new LoadError('noImages') });
    knowFrames(set.frames);
    await this.#load(index);
    // Meanwhile the reader may have stopped it.
    if (!this.#closed && this.#state.set === set && this.#state.playing) this.film.goOn();
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
    this.onWindow(window);
    this.#drawing.setWindow(window);
  }

  invert(): void {
    this.#drawing.invert();
  }

  /** The graphics that the file lays over its image (group 60xx). */
  showOrHideOverlays(): void {
    this.#drawing.showOrHideOverlays();
  }

  /** What the file hides of its image (Display Shutter). */
  showOrHideShutter(): void {
    this.#drawing.showOrHideShutter();
  }

  /** Shows where the slice of another viewport crosses this one; nothing with nothing given. */
  refer(reference: Reference | undefined): void {
    this.#drawing.references.refer(reference);
  }

  /** The reader points at a place of the element. */
  pointAt(at: [number, number]): void {
    const world = this.view.toPatient(at);
    const by = this.frame;
    if (!world || !by || !isTrueToScale(by)) return;
    const pointed = { world, by };
    if (slicesThrough(pointed, [by]).length > 0) this.#change({ pointed });
  }

  forgetPoint(): void {
    this.#change({ pointed: undefined });
  }

  /** Marks a point on the slices that hold it, none with nothing given; `goThere` shows the nearest of them to what is shown. */
  mark(point: PatientPoint | undefined, goThere: boolean): void {
    const { set, wanted } = this.#state;
    const holding = point && set ? slicesThrough(point, set.frames) : [];
    this.#drawing.references.mark(point?.world, new Set(holding.map((index) => set!.frames[index]!.imageId)));
    const away = (index: number) => Math.abs(index - wanted);
    const [nearest] = holding.toSorted((a, b) => away(a) - away(b));
    if (goThere && nearest !== undefined) this.scrollTo(nearest);
  }

  reset(): void {
    this.#drawing.reset();
    if (this.#state.window) this.onWindow(this.#state.window);
  }

  /** Draws anew what lies on the image. */
  redraw(): void {
    this.#drawing.redraw();
  }

  close(): void {
    this.#leave();
    this.#closed = true;
    this.#drawing.close();
  }

  #within(index: number): number {
    return Math.min(Math.max(0, index), Math.max(0, this.count - 1));
  }

  #leave(left?: Look): void {
    this.#scroll.forget();
    this.film.stop();
    this.#prefetch?.stop();
    this.#requests.forgetAll();
    this.#drawing.leave(left);
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
      const isFirst = await this.#drawing.draw(set, index, image);
      if (isFirst === undefined) return;
      if (isFirst) this.#prefetch = this.#toFetchAhead(set, image);
      this.#prefetch?.note(index);
      this.#fetchAhead(direction);
    } catch (error) {
      if (this.#closed || this.#state.set !== set || this.#state.wanted !== index) return;
      // A film that went on would ask for it again at each of its frames.
      this.film.stop();
      this.#change({ error: loadError(error), arrived: undefined, playing: false });
    }
  }

  /** The first image of a series decides how many images of its size fit into memory. */
  #toFetchAhead({ frames }: DisplaySet, { columns, rows, sizeInBytes }: FrameImage): Prefetch {
    const size = { columns, rows, sizeInBytes };
    return new Prefetch({
      frames,
      requests: this.#requests,
      mostImages: () => Math.floor((cache.getMaxCacheSize() * shareOfCacheForOneSeries) / bytesInMemory(size)),
      onChange: (now) => this.#change(now),
    });
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

  #change(part: Partial<StackState>): void {
    const isNews = Object.entries(part).some(([name, value]) => this.#state[name as keyof StackState] !== value);
    if (this.#closed || !isNews) return;
    this.#state = { ...this.#state, ...part };
    this.#onChange(this.#state);
  }
}
