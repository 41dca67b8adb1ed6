// In which column each cell of a table of a clinical document stands (CDA R2 4.3.5.9, which takes it from HTML 4.01 11.2.6): a cell may
// span several columns and rows, and where those after it were not moved on, left would be read as right.
import type { ReportRoom } from './report-room.ts';

/** As far as browsers go. */
const mostColumns = 1_000;

interface RowGroup {
  /** the row that is next */
  row: number;
  /** by column, the first row that no cell above spans any more */
  free: number[];
}

export class TableColumns {
  readonly #room: ReportRoom;
  /** By the head, body or foot that they are the rows of: no cell goes on from one of them to the next. */
  readonly #groups = new Map<Node | null, RowGroup>();

  constructor(room: ReportRoom) {
    this.#room = room;
  }

  /** The cells of a row, and undefined for each column that another cell spans. Asked for row by row, as they follow each other. */
  of(row: Element): (Element | undefined)[] {
    const group = this.#groups.get(row.parentNode) ?? { row: 0, free: [] };
    this.#groups.set(row.parentNode, group);
    const { free } = group;
    const columns: (Element | undefined)[] = [];
    for (const cell of row.children) {
      while ((free[columns.length] ?? 0) > group.row && this.#room.spare(1)) columns.push(undefined);
      const spanned = Math.min(spanOf(cell, 'colspan') || 1, mostColumns);
      const below = group.row + (spanOf(cell, 'rowspan') || Infinity); // 0: all that there are
      for (let place = 0; place < spanned && (place === 0 || this.#room.spare(1)); place += 1) {
        free[columns.length] = Math.max(free[columns.length] ?? 0, below);
        columns.push(place === 0 ? cell : undefined);
      }
    }
    group.row += 1;
    return columns;
  }
}

function spanOf(cell: Element, attribute: string): number {
  const said = Number.parseInt(cell.getAttribute(attribute) ?? '', 10);
  return said >= 0 ? said : 1;
}
