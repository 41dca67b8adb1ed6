// One viewport of the page: which series it shows, the stack that draws it, and what went wrong.
import { batch, computed, signal } from '@preact/signals';
import type { LoadError } from '../archive-client.ts';
import type { DisplaySet, Frame } from '../viewport/display-sets.ts';
import { isCine } from '../viewport/film.ts';
import type { ImageStack } from '../viewport/image-stack.ts';
import { readAhead } from '../viewport/sent-frame.ts';
import type { StackState } from '../viewport/stack-state.ts';
import { HowLeft } from './how-left.ts';
import { placeIn, placeOf, type Place, type Where } from './place.ts';
import type { SeriesEntry } from './series-entry.ts';

const none: ReadonlySet<string> = new Set();

export class Pane {
  readonly id: string;
  readonly entry = signal<SeriesEntry | undefined>(undefined);
  readonly set = signal<DisplaySet | undefined>(undefined);
  readonly state = signal<StackState | undefined>(undefined);
  readonly opening = signal(false);
  /** what is to be shown of the series, until it is */
  readonly where = signal<Where>({});
  readonly failure = signal<LoadError | undefined>(undefined);
  /** SOP Instance UIDs of the set that the archive no longer gives */
  readonly withdrawn = signal<ReadonlySet<string>>(none);
  /** there while the viewport is on the page */
  readonly #stack = signal<ImageStack | undefined>(undefined);
  readonly #howLeft = new HowLeft();
  #first = 0;
  #running = new AbortController();

  constructor(number: number) {
    this.id = `viewport-${number}`;
  }

  get stack(): ImageStack | undefined {
    return this.#stack.value;
  }

  /** The frame on the screen, or the one being loaded while there is none. */
  readonly frame = computed<Frame | undefined>(() => {
    const state = this.state.value;
    // Before its viewport has started, what it is to show.
    if (!state) return this.set.value?.frames[this.#first];
    return state.set?.frames[state.shown ?? state.wanted];
  });

  /** Where the reader is: at that frame, or in a document. */
  readonly place = computed<Place | undefined>(() =>
    this.frame.value ? placeOf(this.frame.value) : this.set.value && placeIn(this.set.value, 0),
  );

  /** Index of the frame on the screen. */
  readonly shown = computed(() => this.state.value?.shown);
  readonly count = computed(() => this.state.value?.set?.frames.length);
  /** What the reader points at here. */
  readonly pointed = computed(() => this.state.value?.pointed);
  /** How many frames of its set could not be fetched ahead. */
  readonly failed = computed(() => {
    const state = this.state.value;
    return state?.set && state.set === this.set.value ? state.failed : 0;
  });

  /** The stack has come onto the page, maybe after what it is to show. */
  attach(stack: ImageStack): void {
    this.#stack.value = stack;
    const set = this.set.peek();
    if (set?.kind === 'images') void stack.show(set, this.#first, this.#howLeft.of(set)?.look);
  }

  /** To be called before the reader goes to another set. */
  noteHowLeft(): void {
    const { set, shown } = this.state.peek() ?? {};
    const look = this.#stack.peek()?.look;
    const image = set?.frames[shown ?? -1];
    if (set && image && look) this.#howLeft.note(set, { look, image: isCine(set) ? undefined : image });
  }

  /** The place at which a set was left that is to be read anew. */
  placeLeft(set: DisplaySet): Place {
    return placeIn(set, this.#howLeft.indexIn(set) ?? 0);
  }

  detach(): void {
    this.#stack.peek()?.close();
    batch(() => {
      this.#stack.value = undefined;
      this.state.value = undefined;
    });
  }

  /** @returns what is aborted when something else is opened here */
  startOpening(entry: SeriesEntry, where: Where = {}): AbortSignal {
    this.#hold(entry, undefined, true, where);
    this.stack?.clear();
    return this.#running.signal;
  }

  /**
   * Resolves when the image at `at` is on the screen, or asked for by a viewport that has not started yet.
   * @param at  by default where the set was left, else its first image
   */
  async show(entry: SeriesEntry, set: DisplaySet, at?: number): Promise<void> {
    const first = (this.#first = at ?? this.#howLeft.indexIn(set) ?? 0);
    this.#hold(entry, set, false);
    const frame = set.frames[first];
    if (set.kind !== 'images') return this.stack?.clear();
    if (this.stack) await this.stack.show(set, first, this.#howLeft.of(set)?.look);
    else if (frame) readAhead(frame, this.#running.signal);
  }

  /** What was begun to open is shown elsewhere. */
  leaveEmpty(): void {
    this.#hold(undefined, undefined, false);
    this.stack?.clear();
  }

  /** What was begun for something else is given up. */
  #hold(entry: SeriesEntry | undefined, set: DisplaySet | undefined, isOpening: boolean, where: Where = {}): void {
    this.#running.abort();
    this.#running = new AbortController();
    batch(() => {
      this.entry.value = entry;
      this.set.value = set;
      this.where.value = where;
      this.withdrawn.value = none;
      this.failure.value = undefined;
      this.opening.value = isOpening;
    });
  }

  fail(error: LoadError): void {
    batch(() => {
      this.opening.value = false;
      this.failure.value = error;
    });
  }

  close(): void {
    this.#running.abort();
  }
}
