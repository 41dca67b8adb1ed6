// Turning and mirroring the image; the letters at its edges follow.
import type { CommandTool } from './tool.ts';

export const rotateRight: CommandTool = {
  kind: 'command',
  id: 'rotate-right',
  name: 'toolRotateRight',
  icon: 'rotate',
  keys: ['r'],
  run: (stack) => stack.view.rotate(90),
};

export const rotateLeft: CommandTool = {
  kind: 'command',
  id: 'rotate-left',
  name: 'toolRotateLeft',
  inMenu: true,
  keys: ['l'],
  run: (stack) => stack.view.rotate(-90),
};

export const flipHorizontal: CommandTool = {
  kind: 'command',
  id: 'flip-horizontal',
  name: 'toolFlipHorizontal',
  icon: 'flip',
  keys: ['h'],
  run: (stack) => stack.view.flip('horizontal'),
  on: ({ state }) => state.turn.flipHorizontal,
};

export const flipVertical: CommandTool = {
  kind: 'command',
  id: 'flip-vertical',
  name: 'toolFlipVertical',
  icon: 'flipVertical',
  keys: ['v'],
  run: (stack) => stack.view.flip('vertical'),
  on: ({ state }) => state.turn.flipVertical,
};
