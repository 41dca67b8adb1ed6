/** How many retrievals are performed at once, so that those which nobody takes stand in nobody's way. */
import { limits } from '#settings/limits.ts';

const { atOnce, atOncePerDestination, getsPerCaller } = limits.retrieve;

/** C-GETs go over the association of who asks; C-MOVEs to a destination, which may be slow, or hang. */
export class RetrievalPlaces {
  readonly #gets = new Taken();
  readonly #moves = new Taken();

  /**
   * @param caller       who asks, the same for all of its associations
   * @param destination  of a C-MOVE: its number in the device registry
   * @returns what gives the place back, or why there is none (Error Comment (0000,0902))
   */
  take(caller: string, destination: number | undefined): (() => void) | string {
    return destination === undefined ? this.#takeGet(caller) : this.#takeMove(caller, destination);
  }

  #takeGet(caller: string): (() => void) | string {
    const own = this.#gets.of(caller);
    if (own >= getsPerCaller) return 'too many retrievals by this device at this moment';
    // However many places others hold, a caller has its first.
    if (own > 0 && this.#gets.all >= atOnce) return 'too many retrievals at this moment';
    return this.#gets.take([caller]);
  }

  #takeMove(caller: string, destination: number): (() => void) | string {
    const there = this.#moves.of(destination);
    if (there >= atOncePerDestination) return 'too many moves to this destination at this moment';
    // However many places others hold that hang, a destination has its first, and so has a caller.
    if (there > 0 && this.#moves.of(caller) > 0 && this.#moves.all >= atOnce) return 'too many moves at this moment';
    return this.#moves.take([caller, destination]);
  }
}

/** Places that are taken, and how many of them for whom. */
class Taken {
  #all = 0;
  readonly #of = new Map<string | number, number>();

  get all(): number {
    return this.#all;
  }

  of(whom: string | number): number {
    return this.#of.get(whom) ?? 0;
  }

  /** @returns what gives it back */
  take(whom: readonly (string | number)[]): () => void {
    this.#count(whom, 1);
    return () => this.#count(whom, -1);
  }

  #count(whom: readonly (string | number)[], by: 1 | -1): void {
    this.#all += by;
    for (const each of whom) {
      const now = this.of(each) + by;
      if (now > 0) this.#of.set(each, now);
      else this.#of.delete(each);
    }
  }
}
