// Walking through the series by keys.
import type { CommandTool } from './tool.ts';

const page = 10;

const step = (id: string, name: CommandTool['name'], key: string, run: CommandTool['run']): CommandTool => {
  return { kind: 'command', id, name, keys: [key], repeats: true, run };
};

export const stepImages: CommandTool[] = [
  step('next-image', 'toolNext', 'ArrowDown', (stack) => stack.scrollBy(1)),
  step('previous-image', 'toolPrevious', 'ArrowUp', (stack) => stack.scrollBy(-1)),
  step('page-down', 'toolPageDown', 'PageDown', (stack) => stack.scrollBy(page)),
  step('page-up', 'toolPageUp', 'PageUp', (stack) => stack.scrollBy(-page)),
  step('first-image', 'toolFirst', 'Home', (stack) => stack.scrollTo(0)),
  step('last-image', 'toolLast', 'End', (stack) => stack.scrollTo(stack.count - 1)),
];
