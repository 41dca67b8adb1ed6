/** Rows as aligned columns; the first row is the head. Numbers stand right, words left. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  const isNumeric = (column: number) => rows.slice(1).every((row) => /^[\d.-]*$/.test(row[column] ?? ''));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (isNumeric(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
