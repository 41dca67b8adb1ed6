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

  /** The cells of a row, and undefined for each column that another cell spans. */
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
    for (const [at, row] of rows.entries()) {
      const columns: (Element | undefined)[] = [];
      for (const cell of row.children) {
        while ((free[columns.length] ?? 0) > at && this.#room.spare(1)) columns.push(undefined);
        const spanned = Math.min(spanOf(cell, 'colspan') || 1, mostColumns);
        const below = at + (spanOf(cell, 'rowspan') || Infinity); // 0: all that there are
        for (let place = 0; place < spanned && (place === 0 || this.#room.spare(1)); place += 1) {
          free[columns.length] = Math.max(free[columns.length] ?? 0, below);
          columns.push(place === 0 ? cell : undefined);
        }
      }
      this.#rows.set(row, columns);
    }
  }
}

function spanOf(cell: Element, attribute: string): number {
  const said = Number.parseInt(cell.getAttribute(attribute) ?? '', 10);
  return said >= 0 ? said : 1;
}
