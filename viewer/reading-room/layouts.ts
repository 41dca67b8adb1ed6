// How the stage can be divided.

export interface Layout {
  id: string;
  columns: number;
  rows: number;
}

export const layouts: Layout[] = [
  { id: '1x1', columns: 1, rows: 1 },
  { id: '1x2', columns: 2, rows: 1 },
  { id: '2x1', columns: 1, rows: 2 },
  { id: '2x2', columns: 2, rows: 2 },
];
