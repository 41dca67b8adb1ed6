// Moving the image under the viewport.
import type { DragTool } from './tool.ts';

export const pan: DragTool = {
  kind: 'drag',
  id: 'pan',
  name: 'toolPan',
  icon: 'pan',
  keys: ['p'],
  button: 1,
  drag: (stack, { dx, dy }) => stack.view.panBy(dx, dy),
};
