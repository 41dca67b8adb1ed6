// What is else done by dragging, for whoever has a keyboard only: who zooms in has to come to the corners of the image, and the images
// of most modalities bring one window, or none.
import { pan } from './pan.ts';
import type { CommandTool, DragTool } from './tool.ts';
import { windowLevel } from './window-level.ts';

const nowhere: [number, number] = [0, 0];

/** As far as a hand would drag in one go. */
function dragged(tool: DragTool, name: CommandTool['name'], key: string, [dx, dy]: [number, number]): CommandTool {
  return {
    kind: 'command',
    id: `${tool.id}-${key}`,
    name,
    keys: [key],
    repeats: true,
    run: (stack) => tool.drag(stack, { dx, dy, from: nowhere, to: nowhere }),
  };
}

export const byKeys: CommandTool[] = [
  dragged(pan, 'toolPanLeft', 'Shift+ArrowLeft', [-40, 0]),
  dragged(pan, 'toolPanRight', 'Shift+ArrowRight', [40, 0]),
  dragged(pan, 'toolPanUp', 'Shift+ArrowUp', [0, -40]),
  dragged(pan, 'toolPanDown', 'Shift+ArrowDown', [0, 40]),
  dragged(windowLevel, 'toolNarrower', 'Ctrl+ArrowLeft', [-20, 0]),
  dragged(windowLevel, 'toolWider', 'Ctrl+ArrowRight', [20, 0]),
  dragged(windowLevel, 'toolCentreUp', 'Ctrl+ArrowUp', [0, 20]),
  dragged(windowLevel, 'toolCentreDown', 'Ctrl+ArrowDown', [0, -20]),
];
