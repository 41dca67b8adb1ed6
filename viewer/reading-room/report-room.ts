// How much of a document is shown. Data from outside may be long and nested without end; what is left out is not left out silently.

const deepest = 24;
const mostItems = 5_000;

export class ReportRoom {
  /** Something was left out. */
  isCut = false;
  #left = mostItems;

  /** As many of them as there is still room for at this depth. */
  take<T>(all: readonly T[], depth: number): T[] {
    const taken = depth > deepest ? [] : all.slice(0, this.#left);
    if (taken.length < all.length) this.isCut = true;
    this.#left -= taken.length;
    return taken;
  }
}
