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
  /** how long a frame stands, ms; more than 0 */
  timeOf: (index: number) => number;
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

/** Where a film is by its clock, and how much of the time its frames have taken; the one that it is at has not stood its time yet. */
export function framesIn(
  elapsedMs: number,
  from: { at: number; backwards: boolean },
  { count, swings, timeOf }: Film & { count: number },
): { at: number; backwards: boolean; tookMs: number } {
  let place = from;
  let tookMs = 0;
  for (let time = timeOf(place.at); tookMs + time <= elapsedMs; time = timeOf(place.at)) {
    tookMs += time;
    place = framesOn(place, 1, { count, swings });
  }
  return { ...place, tookMs };
}

export class Cine {
  readonly #player: Player;
  #film: Film = { timeOf: () => Infinity, swings: false };
  #backwards = false;
  #timer: number | undefined;
  #last = 0;

  constructor(player: Player) {
    this.#player = player;
  }

  get playing(): boolean {
    return this.#timer !== undefined;
  }

  start(film: Film): void {
    this.stop();
    this.#film = film;
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
    const [count, at] = [this.#player.count(), this.#player.at()];
    const here = { at, backwards: this.#backwards };
    const next = framesIn(now - this.#last, here, { ...this.#film, count });
    if (next.tookMs === 0) return;
    // A frame that has not come yet is waited for; time stands still until then.
    const isThere = this.#player.has(next.at);
    if (isThere) this.#last += next.tookMs;
    else this.#last = now;
    const shown = isThere ? next : framesOn(here, 1, { ...this.#film, count });
    // What is waited for is where it was until it comes.
    if (isThere) this.#backwards = shown.backwards;
    this.#player.show(shown.at);
  };
}
