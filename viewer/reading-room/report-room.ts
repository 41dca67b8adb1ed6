// How much of a document is shown. Data from outside may be long and nested without end; what is left out is not left out silently.

const deepest = 24;
const mostItems = 5_000;
const mostBesides = 100_000;

export class ReportRoom {
  /** Something was left out. */
  isCut = false;
  #left = mostItems;
  #besides = mostBesides;

  /** As many of them as there is still room for at this depth. */
  take<T>(all: readonly T[], depth: number): T[] {
    const taken = depth > deepest ? [] : all.slice(0, this.#left);
    if (taken.length < all.length) this.isCut = true;
    this.#left -= taken.length;
    return taken;
  }

  /** Whether there is room for characters that the document itself does not hold: a few of its own may stand for any number. */
  spare(characters: number): boolean {
    this.#besides -= characters;
    if (this.#besides < 0) this.isCut = true;
    return this.#besides >= 0;
  }
}
