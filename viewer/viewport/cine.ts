// Playing a stack as a film: by the clock, so that a slow machine leaves frames out instead of playing slower.

interface Player {
  count: () => number;
  at: () => number;
  /** shows a frame if it is in memory */
  show: (index: number) => void;
  /** whether a frame is in memory */
  has: (index: number) => boolean;
}

export interface Film {
  framesPerSecond: number;
  /** to and fro, rather than from the last frame to the first (Preferred Playback Sequencing, 0018,1244) */
  swings: boolean;
}

/** Where a film is some frames later, and whether it runs backwards then. */
export function framesOn(
  { at, backwards }: { at: number; backwards: boolean },
  frames: number,
  { count, swings }: { count: number; swings: boolean },
): { at: number; backwards: boolean } {
  if (!swings || count < 2) return { at: (at + frames) % count, backwards: false };
  // There and back again, each end shown once.
  const round = 2 * (count - 1);
  const on = ((backwards ? round - at : at) + frames) % round;
  return on < count - 1 ? { at: on, backwards: false } : { at: round - on, backwards: true };
}

export class Cine {
  readonly #player: Player;
  #frameTimeMs = 0;
  #swings = false;
  #backwards = false;
  #timer: number | undefined;
  #last = 0;

  constructor(player: Player) {
    this.#player = player;
  }

  get playing(): boolean {
    return this.#timer !== undefined;
  }

  start({ framesPerSecond, swings }: Film): void {
    this.stop();
    this.#frameTimeMs = 1000 / framesPerSecond;
    this.#swings = swings;
    this.#backwards = false;
    this.#last = performance.now();
    this.#timer = requestAnimationFrame(this.#tick);
  }

  stop(): void {
    if (this.#timer !== undefined) cancelAnimationFrame(this.#timer);
    this.#timer = undefined;
  }

  readonly #tick = (now: number): void => {
    this.#timer = requestAnimationFrame(this.#tick);
    const frames = Math.floor((now - this.#last) / this.#frameTimeMs);
    if (frames < 1) return;
    const [count, at] = [this.#player.count(), this.#player.at()];
    const [next, nearest] = [frames, 1].map((on) =>
      framesOn({ at, backwards: this.#backwards }, on, { count, swings: this.#swings }),
    );
    // A frame that has not come yet is waited for; time stands still until then.
    const isThere = this.#player.has(next!.at);
    if (isThere) this.#last += frames * this.#frameTimeMs;
    else this.#last = now;
    const shown = isThere ? next! : nearest!;
    // What is waited for is where it was until it comes.
    if (isThere) this.#backwards = shown.backwards;
    this.#player.show(shown.at);
  };
}
