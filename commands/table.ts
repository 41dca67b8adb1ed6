/** Rows as a plain table on standard output, the first one its head. */
export function writeTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  for (const row of rows) {
    const line = row.map((cell, at) => cell.padEnd(widths[at]!)).join('  ');
    process.stdout.write(`${line.trimEnd()}\n`);
  }
}
