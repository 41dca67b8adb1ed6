/** Who waits, each peer in a line of its own: the lines have their turn one after the other, however long one of them is. */
export class Lines<T> {
  readonly #byName = new Map<string, T[]>();

  get isEmpty(): boolean {
    return this.#byName.size === 0;
  }

  /** @param name  the same for all that one peer waits with */
  add(name: string, one: T): void {
    const line = this.#byName.get(name);
    if (line) line.push(one);
    else this.#byName.set(name, [one]);
  }

  /** The first of the line that has had no turn for longest. */
  next(): T | undefined {
    const [first] = this.#byName;
    if (!first) return undefined;
    const [name, line] = first;
    const next = line.shift();
    // Behind all other lines.
    this.#byName.delete(name);
    if (line.length > 0) this.#byName.set(name, line);
    return next;
  }
}
