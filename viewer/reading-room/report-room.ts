// How much of a document is shown. Data from outside may be long and nested without end; what is left out is not left out silently.

const deepest = 24;
const mostItems = 5_000;
const mostInNotes = 100_000;
const mostEmptyCells = 100_000;

export class ReportRoom {
  /** Something was left out. */
  isCut = false;
  #left = mostItems;
  #inNotes = mostInNotes;
  #emptyCells = mostEmptyCells;

  /** As many of them as there is still room for at this depth. */
  take<T>(all: readonly T[], depth: number): T[] {
    const taken = depth > deepest ? [] : all.slice(0, this.#left);
    if (taken.length < all.length) this.isCut = true;
    this.#left -= taken.length;
    return taken;
  }

  /** Whether there is room for the words of a note once more: any number of places may point at one. */
  takeNote(words: string): boolean {
    const fits = words.length <= this.#inNotes;
    if (fits) this.#inNotes -= words.length;
    else this.isCut = true;
    return fits;
  }

  /** Whether there is room for one more cell that the document itself does not hold: one that it holds may span any number of places. */
  takeEmptyCell(): boolean {
    this.#emptyCells -= 1;
    if (this.#emptyCells < 0) this.isCut = true;
    return this.#emptyCells >= 0;
  }
}
