/**
 * Which object keys the index names, in eight bytes each: 200 million fit into 1.6 GB. A key ends in 128 random bits, of
 * which 52 are kept; that two of an archive's keys share them is less likely than one in ten million.
 */

const keptDigits = 13;

export class KeySet {
  readonly #numbers: Float64Array;
  #count = 0;
  #sorted = false;

  /** @param capacity how many keys there will be at most */
  constructor(capacity: number) {
    this.#numbers = new Float64Array(capacity);
  }

  add(key: string): void {
    this.#numbers[this.#count++] = numberOf(key);
    this.#sorted = false;
  }

  has(key: string): boolean {
    if (!this.#sorted) this.#numbers.subarray(0, this.#count).sort();
    this.#sorted = true;
    const wanted = numberOf(key);
    let low = 0;
    for (let high = this.#count; low < high;) {
      const middle = (low + high) >>> 1;
      if ((this.#numbers[middle] as number) < wanted) low = middle + 1;
      else high = middle;
    }
    return low < this.#count && this.#numbers[low] === wanted;
  }
}

/** A key that does not end as ours do becomes NaN, which no key is equal to. */
function numberOf(key: string): number {
  return Number.parseInt(key.slice(key.lastIndexOf('/') + 1).slice(0, keptDigits), 16);
}
