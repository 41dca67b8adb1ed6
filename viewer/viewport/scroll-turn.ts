// Scrolling waits for the browser's next picture. Of several images asked for before it only the last is gone to: a computer that is
// slower than the wheel or the key that is held leaves images out, and has the one asked for last on its screen, instead of showing
// each of them long after.

export class ScrollTurn {
  readonly #go: (index: number) => void;
  #to: number | undefined;
  #frame = 0;

  /** @param go  called once before the browser's next picture, with the index asked for last */
  constructor(go: (index: number) => void) {
    this.#go = go;
  }

  /** Where the next picture of the browser goes: what a further step is counted from. `undefined` when none is awaited. */
  get to(): number | undefined {
    return this.#to;
  }

  ask(index: number): void {
    this.#to = index;
    this.#frame ||= requestAnimationFrame(() => {
      const to = this.#to;
      this.forget();
      if (to !== undefined) this.#go(to);
    });
  }

  /** Goes nowhere: somebody has gone elsewhere at once, or what was scrolled is not there any more. */
  forget(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#to = undefined;
  }
}
