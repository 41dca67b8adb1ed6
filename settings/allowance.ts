/** How much each may have done of something that stays, or costs others: so much at once, and no more than that again within a time. */
import { keepAtMost } from './keep-at-most.ts';

/** Whoever was quiet for longest is forgotten first, and then has all of it again. */
const namesRemembered = 10_000;

export class Allowance {
  readonly #most: number;
  readonly #withinMs: number;
  readonly #now: () => number;
  readonly #left = new Map<string, { readonly amount: number; readonly at: number }>();

  /** @param most  of it at once; what is gone comes back evenly, all of it within `withinMs` */
  constructor(most: number, withinMs: number, now: () => number = () => performance.now()) {
    this.#most = most;
    this.#withinMs = withinMs;
    this.#now = now;
  }

  /** @returns whether so much was left; else nothing is taken */
  take(name: string, amount = 1): boolean {
    const now = this.#now();
    const before = this.#left.get(name) ?? { amount: this.#most, at: now };
    const left = Math.min(this.#most, before.amount + ((now - before.at) / this.#withinMs) * this.#most);
    const isEnough = left >= amount;
    this.#left.delete(name);
    this.#left.set(name, { amount: isEnough ? left - amount : left, at: now });
    keepAtMost(this.#left, namesRemembered);
    return isEnough;
  }

  /** One that was taken came to nothing. */
  giveBack(name: string): void {
    const before = this.#left.get(name);
    if (before) this.#left.set(name, { ...before, amount: Math.min(this.#most, before.amount + 1) });
  }
}
