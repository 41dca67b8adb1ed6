// How fast a film is played: slower to see a valve close, faster to see a heart wander.
import { measure } from '../format.ts';
import { text } from '../text.ts';
import type { ImageStack } from '../viewport/image-stack.ts';
import type { ChoiceTool, CommandTool } from './tool.ts';

const steps = [1, 2, 4, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60];
// A rate that comes from a frame time of whole milliseconds is no other one than its neighbour.
const isSame = (a: number, b: number) => Math.abs(a / b - 1) < 0.03;

/** The steps, and the rate of the file between them. */
function ratesOf(stack: ImageStack): number[] {
  const { ownFramesPerSecond } = stack.film;
  const others = steps.filter((step) => !isSame(step, ownFramesPerSecond));
  return [...others, ownFramesPerSecond].sort((a, b) => a - b);
}

export const cineSpeed: ChoiceTool = {
  kind: 'choice',
  id: 'cine-speed',
  name: 'toolCineSpeed',
  keys: [],
  choices(stack) {
    if (!stack.state.playing) return [];
    return ratesOf(stack).map((rate) => ({
      label: text('framesPerSecond', { n: measure(rate, 1) }),
      chosen: rate === stack.film.framesPerSecond,
      choose: () => stack.film.setFramesPerSecond(rate),
    }));
  },
};

function step(by: 1 | -1): (stack: ImageStack) => void {
  return (stack) => {
    const rates = ratesOf(stack);
    const next = rates[rates.indexOf(stack.film.framesPerSecond) + by];
    if (next !== undefined && stack.count > 1) stack.film.setFramesPerSecond(next);
  };
}

const command = (id: string, name: CommandTool['name'], key: string, by: 1 | -1): CommandTool => {
  return { kind: 'command', id, name, keys: [key], repeats: true, run: step(by) };
};

export const cineSlower = command('cine-slower', 'toolCineSlower', ',', -1);
export const cineFaster = command('cine-faster', 'toolCineFaster', '.', 1);
