// Window by dragging: sideways the width, up and down the centre, as on every reading station.
import { dragWindow } from '../viewport/windows.ts';
import type { DragTool } from './tool.ts';

export const windowLevel: DragTool = {
  kind: 'drag',
  id: 'window-level',
  name: 'toolWindow',
  icon: 'window',
  keys: ['w'],
  button: 0,
  drag(stack, { dx, dy }) {
    const { window } = stack.state;
    if (window) stack.setWindow(dragWindow(window, dx, dy, stack.windowDragSpeed));
  },
};
