// What the file hides around its image (Display Shutter): taken away by who looks for what lies behind it.
import type { CommandTool } from './tool.ts';

export const shutter: CommandTool = {
  kind: 'command',
  id: 'shutter',
  name: 'toolShutter',
  inMenu: true,
  keys: ['m'],
  run: (stack) => stack.showOrHideShutter(),
  when: ({ state }) => state.hasShutter,
};
