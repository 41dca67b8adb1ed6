// Zooming by dragging up and down, around the point where the drag began; and by keys, around the middle.
import type { CommandTool, DragTool } from './tool.ts';

const zoomPerPixel = 1.006;
const zoomPerKey = 1.25;

export const zoom: DragTool = {
  kind: 'drag',
  id: 'zoom',
  name: 'toolZoom',
  icon: 'zoom',
  keys: ['z'],
  button: 2,
  drag: (stack, { dy, from }) => stack.view.zoomBy(zoomPerPixel ** -dy, from),
};

export const zoomIn: CommandTool = {
  kind: 'command',
  id: 'zoom-in',
  name: 'toolZoomIn',
  keys: ['+'],
  repeats: true,
  run: (stack) => stack.view.zoomBy(zoomPerKey),
};

export const zoomOut: CommandTool = {
  kind: 'command',
  id: 'zoom-out',
  name: 'toolZoomOut',
  keys: ['-'],
  repeats: true,
  run: (stack) => stack.view.zoomBy(1 / zoomPerKey),
};

export const pixelForPixel: CommandTool = {
  kind: 'command',
  id: 'pixel-for-pixel',
  name: 'toolPixelForPixel',
  inMenu: true,
  keys: ['0'],
  run: (stack) => stack.view.pixelForPixel(),
};

export const fit: CommandTool = {
  kind: 'command',
  id: 'fit',
  name: 'toolFit',
  inMenu: true,
  keys: ['='],
  run: (stack) => stack.view.fit(),
};
