// Taking measurements away and back.
import { drawing } from '../viewport/drawing-code.ts';
import type { CommandTool } from './tool.ts';

export const removeLast: CommandTool = {
  kind: 'command',
  id: 'delete',
  name: 'toolDelete',
  icon: 'remove',
  keys: ['Backspace', 'Delete'],
  run(stack) {
    if (stack.frame && drawing()?.removeMeasurement(stack.element, stack.frame.imageId)) stack.redraw();
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
    drawing()?.undoMeasurement();
    stack.redraw();
  },
};

export const redo: CommandTool = {
  kind: 'command',
  id: 'redo',
  name: 'toolRedo',
  inMenu: true,
  keys: ['Ctrl+y'],
  repeats: true,
  run(stack) {
    drawing()?.redoMeasurement();
    stack.redraw();
  },
};
