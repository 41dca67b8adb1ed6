// The graphics that the file itself lays over its image (group 60xx): off, when they hide what is looked for.
import type { CommandTool } from './tool.ts';

export const overlays: CommandTool = {
  kind: 'command',
  id: 'overlays',
  name: 'toolOverlays',
  icon: 'overlays',
  keys: ['o'],
  run: (stack) => stack.showOrHideOverlays(),
  on: ({ state }) => state.overlaysWanted,
  when: ({ state }) => state.overlays !== 'none',
};
