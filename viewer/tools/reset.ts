// Back to how the image was when the series was opened: its own window, fitted, not inverted.
import type { CommandTool } from './tool.ts';

export const reset: CommandTool = {
  kind: 'command',
  id: 'reset',
  name: 'toolReset',
  icon: 'reset',
  keys: [' '],
  run: (stack) => stack.reset(),
};
