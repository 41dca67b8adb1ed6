/** How many retrievals are performed at once, so that those which nobody takes stand in nobody's way. */
import { limits } from '#settings/limits.ts';

const { atOnce, atOncePerDestination } = limits.retrieve;

/** C-GETs go over the association of who asks; C-MOVEs to a destination, which may be slow, or hang. */
export class RetrievalPlaces {
  #gets = 0;
  #moves = 0;
  readonly #movesTo = new Map<number, number>();

  /**
   * @param destination of a C-MOVE: its number in the device registry
   * @returns what gives the place back, or why there is none (Error Comment (0000,0902))
   */
  take(destination: number | undefined): (() => void) | string {
    if (destination !== undefined) return this.#takeMove(destination);
    if (this.#gets >= atOnce) return 'too many retrievals at this moment';
    this.#gets++;
    return () => this.#gets--;
  }

  #takeMove(destination: number): (() => void) | string {
    const there = this.#movesTo.get(destination) ?? 0;
    if (there >= atOncePerDestination) return 'too many moves to this destination at this moment';
    // However many places others hold that hang, a destination has its first.
    if (there > 0 && this.#moves >= atOnce) return 'too many moves at this moment';
    this.#moves++;
    this.#movesTo.set(destination, there + 1);
    return () => {
      this.#moves--;
      const left = (this.#movesTo.get(destination) ?? 1) - 1;
      if (left > 0) this.#movesTo.set(destination, left);
      else this.#movesTo.delete(destination);
    };
  }
}
