// A stack as a film: whether it is played, how fast, and that one clip goes on after another. What keeps the time is of cine.ts.
import { Cine } from './cine.ts';
import type { DisplaySet } from './display-sets.ts';
import { frameTimeOf, frameTimesOf, isCine, swings } from './film.ts';
import { imageInMemory } from './load-image.ts';
import type { StackState } from './stack-state.ts';

const frameTimeWhereNoneIsSaidMs = 66;

interface StackFilmParts {
  state: () => StackState;
  change: (part: Partial<StackState>) => void;
  goTo: (index: number) => void;
}

export class StackFilm {
  readonly #parts: StackFilmParts;
  readonly #cine: Cine;
  /** A film was played here, and nobody has stopped it. */
  #goesOn = false;

  constructor(parts: StackFilmParts) {
    this.#parts = parts;
    this.#cine = new Cine({
      count: () => this.#frames.length,
      at: () => parts.state().shown ?? 0,
      has: (index) => {
        const frame = this.#frames[index];
        return frame !== undefined && imageInMemory(frame.imageId) !== undefined;
      },
      show: parts.goTo,
    });
  }

  get #frames() {
    return this.#parts.state().set?.frames ?? [];
  }

  /** Who watches one clip after another need not start each. */
  goesOnWith(set: DisplaySet): boolean {
    return this.#goesOn && isCine(set);
  }

  /** To be called when the first image of a clip that goes on is on the screen, or why it cannot be shown. */
  goOn(): void {
    if (this.#parts.state().shown !== undefined) this.#play();
    this.#tell();
  }

  /** Plays the set, or stops it. */
  playOrStop(): void {
    this.#goesOn = !this.#parts.state().playing && this.#frames.length > 1;
    if (this.#goesOn) this.#play();
    else this.stop();
    this.#tell();
  }

  /** For the set that is left, or that cannot be played on. */
  stop(): void {
    this.#cine.stop();
  }

  /** How fast the film is, or would be: as the reader chose, else as the file says. */
  get framesPerSecond(): number {
    return this.#parts.state().chosenRate ?? this.ownFramesPerSecond;
  }

  /** How fast the file says that the film is. */
  get ownFramesPerSecond(): number {
    const { set } = this.#parts.state();
    return 1000 / ((set && frameTimeOf(set)) ?? frameTimeWhereNoneIsSaidMs);
  }

  setFramesPerSecond(framesPerSecond: number): void {
    this.#parts.change({ chosenRate: framesPerSecond });
    if (this.#cine.playing) this.#play();
  }

  #play(): void {
    const { set } = this.#parts.state();
    const ownTimes = set && frameTimesOf(set);
    // Who chooses another speed has all of it slower or faster.
    const slower = this.ownFramesPerSecond / this.framesPerSecond;
    const even = 1000 / this.framesPerSecond;
    const timeOf = (index: number) => (ownTimes ? ownTimes[index]! * slower : even);
    this.#cine.start({ timeOf, swings: set !== undefined && swings(set) });
  }

  #tell(): void {
    this.#parts.change({ playing: this.#cine.playing });
  }
}
