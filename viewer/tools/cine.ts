// Playing a series as a film, at the speed its frames were taken.
import type { CommandTool } from './tool.ts';

export const cine: CommandTool = {
  kind: 'command',
  id: 'cine',
  name: 'toolCine',
  icon: 'cine',
  keys: ['c'],
  run: (stack) => stack.film.playOrStop(),
  on: ({ state }) => state.playing,
  when: ({ count }) => count > 1,
};
