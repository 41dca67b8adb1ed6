// One point of the patient in every viewport: the others go to the slice that holds it and mark it. With Shift held, the left button
// means it whatever tool is picked.
import type { DragTool } from './tool.ts';

export const point: DragTool = {
  kind: 'drag',
  id: 'point',
  name: 'toolPoint',
  icon: 'point',
  keys: ['t'],
  ofSeveral: true,
  atOnce: true,
  drag: (stack, { to }) => stack.pointAt(to),
};
