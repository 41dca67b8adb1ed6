// Taking measurements away and back.
import { redoMeasurement, removeMeasurement, undoMeasurement } from '../viewport/measuring.ts';
import type { CommandTool } from './tool.ts';

export const removeLast: CommandTool = {
  kind: 'command',
  id: 'delete',
  name: 'toolDelete',
  icon: 'remove',
  keys: ['Backspace', 'Delete'],
  run(stack) {
    if (stack.frame && removeMeasurement(stack.element, stack.frame.imageId)) stack.redraw();
  },
};

export const undo: CommandTool = {
  kind: 'command',
  id: 'undo',
  name: 'toolUndo',
  icon: 'undo',
  keys: ['Ctrl+z'],
  repeats: true,
  run(stack) {
    undoMeasurement();
    stack.redraw();
  },
};

export const redo: CommandTool = {
  kind: 'command',
  id: 'redo',
  name: 'toolRedo',
  keys: ['Ctrl+y'],
  repeats: true,
  run(stack) {
    redoMeasurement();
    stack.redraw();
  },
};
