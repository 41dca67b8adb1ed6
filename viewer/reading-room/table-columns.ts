// In which column each cell of a table of a clinical document stands (CDA R2 4.3.5.9, which takes it from HTML 4.01 11.2.6): a cell may
// span several columns and rows, and where those after it were not moved on, left would be read as right.
import type { ReportRoom } from './report-room.ts';

/** As far as browsers go. */
const mostColumns = 1_000;

type Columns = readonly (Element | undefined)[];

export class TableColumns {
  readonly #room: ReportRoom;
  readonly #rows = new Map<Element, Columns>();

  constructor(room: ReportRoom) {
    this.#room = room;
  }

  /** The cells of a row, and undefined for each column that another cell spans; none where there is no room for all of these. */
  of(row: Element): Columns {
    if (!this.#rows.has(row)) this.#layOut(row.parentElement!);
    return this.#rows.get(row)!;
  }

  /**
   * All rows of a head, body or foot, whether or not they are read, and once however often they are: a row that was struck out takes
   * its place like any other. No cell goes on from one of these parts to the next.
   */
  #layOut(part: Element): void {
    /** by column, the first row that no cell above spans any more */
    const free: number[] = [];
    const rows = [...part.children].filter(({ localName }) => localName === 'tr');
    let columns: Columns | undefined = [];
    for (const [at, row] of rows.entries()) {
      // What a row that is left out spans below is not known.
      columns &&= this.#columnsOf(row, at, free);
      this.#rows.set(row, columns ?? []);
    }
  }

  /** @returns undefined where there is no room for each place that is spanned: cells after it would come into the columns of others */
  #columnsOf(row: Element, at: number, free: number[]): Columns | undefined {
    const columns: (Element | undefined)[] = [];
    const leaveEmpty = () => this.#room.takeEmptyCell() && columns.push(undefined) > 0;
    for (const cell of row.children) {
      while ((free[columns.length] ?? 0) > at) if (!leaveEmpty()) return undefined;
      const spanned = Math.min(spanOf(cell, 'colspan') || 1, mostColumns);
      const below = at + (spanOf(cell, 'rowspan') || Infinity); // 0: all that there are
      for (let place = 0; place < spanned; place += 1) {
        free[columns.length] = Math.max(free[columns.length] ?? 0, below);
        if (place === 0) columns.push(cell);
        else if (!leaveEmpty()) return undefined;
      }
    }
    return columns;
  }
}

function spanOf(cell: Element, attribute: string): number {
  const said = Number.parseInt(cell.getAttribute(attribute) ?? '', 10);
  return said >= 0 ? said : 1;
}
