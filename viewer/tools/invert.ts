// Black becomes white: the way films of bones and lungs are read by many.
import type { CommandTool } from './tool.ts';

export const invert: CommandTool = {
  kind: 'command',
  id: 'invert',
  name: 'toolInvert',
  icon: 'invert',
  keys: ['i'],
  run: (stack) => stack.invert(),
  on: ({ state }) => state.inverted,
};
