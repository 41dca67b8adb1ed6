// Playing a stack as a film: by the clock, so that a slow machine leaves frames out instead of playing slower.

export interface Player {
  count: () => number;
  at: () => number;
  /** shows a frame if it is in memory */
  show: (index: number) => void;
  /** whether a frame is in memory */
  has: (index: number) => boolean;
}

export class Cine {
  readonly #player: Player;
  #frameTimeMs = 0;
  #timer: number | undefined;
  #last = 0;

  constructor(player: Player) {
    this.#player = player;
  }

  get playing(): boolean {
    return this.#timer !== undefined;
  }

  start(frameTimeMs: number): void {
    this.stop();
    this.#frameTimeMs = frameTimeMs;
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
    const next = (at + frames) % count;
    // A frame that has not come yet is waited for; time stands still until then.
    if (this.#player.has(next)) this.#last += frames * this.#frameTimeMs;
    else this.#last = now;
    this.#player.show(this.#player.has(next) ? next : (at + 1) % count);
  };
}
