// The pictures of the tools, and of what else only the reading room has, on the same grid as the other icons (icons.tsx); loaded with
// the reading room.
import { Shape } from '../icons.tsx';

const shapes = {
  scroll: 'M5 8h10v11H5zM9 8V5h10v11h-4',
  window: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 4v16M12 8h6.9M12 12h8M12 16h6.9',
  pan: 'M12 3v18M3 12h18M9.5 5.5 12 3l2.5 2.5M9.5 18.5 12 21l2.5-2.5M5.5 9.5 3 12l2.5 2.5M18.5 9.5 21 12l-2.5 2.5',
  zoom: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 20 20M10.5 8v5M8 10.5h5',
  invert: 'M5 5h14v14H5zM5 19 19 5M14 15h3M9 7.5v3M7.5 9h3',
  length: 'M4.5 15.5 15.5 4.5l4 4-11 11zM7.5 12.5l2 2M10.5 9.5l2 2M13.5 6.5l2 2',
  angle: 'M19.5 18.5h-15L15 5M10 11.5a8 8 0 0 1 3 7',
  ellipse: 'M12 6c5 0 8 2.7 8 6s-3 6-8 6-8-2.7-8-6 3-6 8-6z',
  rectangle: 'M4.5 6.5h15v11h-15z',
  probe: 'M12 3.5v5M12 15.5v5M3.5 12h5M15.5 12h5M12 11.9v.2',
  point: 'M12 6a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM12 2.5V9M12 15v6.5M2.5 12H9M15 12h6.5',
  rotate: 'M19 12a7 7 0 1 1-2.2-5.1M19 4.5V8h-3.5',
  flip: 'M12 4v16M9 7 4 17h5zM15 7l5 10h-5z',
  flipVertical: 'M4 12h16M7 9l10-5v5zM7 15l10 5v-5z',
  overlays: 'M4.5 4.5h15v15h-15zM8 16l4-8 4 8M9.5 13h5',
  link: 'M5 4h6v7H5zM13 13h6v7h-6zM8 13v5h2.5M16 11V6h-2.5',
  lines: 'M4.5 4.5h15v15h-15zM4.5 14l15-4M8 4.5v.01',
  cine: 'M7 5l12 7-12 7z',
  stop: 'M7 7h10v10H7z',
  remove: 'M5 7h14M10 7V4.5h4V7M7 7l1 12.5h8L17 7M10.5 10.5v6M13.5 10.5v6',
  undo: 'M8.5 5 4.5 9l4 4M4.5 9h10a5 5 0 0 1 0 10H9',
  document: 'M6 3.5h8.5L18 7v13.5H6zM14 3.5V7.5h4M9 11.5h6M9 14.5h6M9 17.5h4',
  more: 'M5.5 11.5v1M12 11.5v1M18.5 11.5v1',
  reset: 'M5 12a7 7 0 1 0 2.2-5.1M5 4.5V8h3.5',
  print: 'M7 9V4h10v5M7 17H4v-8h16v8h-3M7 14h10v6H7z',
  back: 'M14.5 5.5 8 12l6.5 6.5',
  help: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 16.5v.01',
} satisfies Record<string, string>;

export type ToolIconName = keyof typeof shapes;

export const ToolIcon = ({ name }: { name: ToolIconName }) => <Shape d={shapes[name]} />;
