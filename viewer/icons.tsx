// Our own icons, drawn on a 24 × 24 grid with the text's colour; decoration only, so the words beside or in them are read out.

const shapes = {
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 20 20',
  close: 'M6 6l12 12M18 6 6 18',
  upload: 'M12 16V5M7.5 9.5 12 5l4.5 4.5M5 15v3a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2v-3',
  list: 'M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01',
  calendar: 'M4 6h16v14H4zM4 10.5h16M8.5 3.5V7M15.5 3.5V7M8 14h3',
  device: 'M4 5h16v11H4zM9 20h6M12 16v4',
  send: 'M4 12h15M13 6l6 6-6 6',
  pulse: 'M3 12h4l2.5-6 4 12 2.5-6h5',
  person: 'M12 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM5 20a7 7 0 0 1 14 0',
  people:
    'M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM2.5 20a6.5 6.5 0 0 1 13 0M16 5a3.5 3.5 0 0 1 0 7M18 14.5a6.5 6.5 0 0 1 3.5 5.5',
  add: 'M12 5v14M5 12h14',
  signOut: 'M10 5H6a2 2 0 0 0-2 2v10a2 2 0 0 0 2 2h4M15 8l4 4-4 4M19 12H9',
  warning: 'M12 4 3 19.5h18zM12 10v4.5M12 17v.01',
  image: 'M5 5h14v14H5zM5 16l4.5-4.5 3.5 3.5 2.5-2.5L19 16M9 9.01V9',
  done: 'M5 12.5 10 17.5 19.5 7',
} satisfies Record<string, string>;

export type IconName = keyof typeof shapes;

export const Icon = ({ name }: { name: IconName }) => <Shape d={shapes[name]} />;

export function Shape({ d }: { d: string }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={d} />
    </svg>
  );
}
