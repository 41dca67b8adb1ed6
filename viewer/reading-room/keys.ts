// The keyboard of the viewer page. Which key does what comes from the tools; only the page's own keys are named here.
import { isModalOpen } from '../modal-dialog.ts';
import { tools } from '../tools/all.ts';
import type { PickedTool } from '../tools/tool.ts';
import { active } from './stage.ts';

interface Page {
  pick: (tool: PickedTool) => void;
  stepSeries: (step: 1 | -1) => void;
  nextViewport: () => void;
  alone: () => void;
  link: () => void;
  lines: () => void;
  words: () => void;
  help: () => void;
  escape: () => void;
}

/** Returns what stops it. */
export function listenToKeys(page: Page): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target instanceof Element ? event.target : undefined;
    const inField = target?.closest('select, input:not([type=range]), [data-keys=own]');
    // Space or Enter on a focused button presses it; that is what the browser's user expects.
    const onButton = (event.key === ' ' || event.key === 'Enter') && target?.closest('button, a');
    if (isModalOpen() || inField || onButton || event.altKey) return;
    if (press(event, page)) event.preventDefault();
  };
  addEventListener('keydown', onKeyDown);
  return () => removeEventListener('keydown', onKeyDown);
}

function press(event: KeyboardEvent, page: Page): boolean {
  const plain = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  // Shift says nothing of its own where it makes the character.
  const isShifted = event.shiftKey && plain.startsWith('Arrow');
  const key = event.ctrlKey || event.metaKey ? `Ctrl+${plain}` : isShifted ? `Shift+${plain}` : plain;
  const own: Record<string, () => void> = {
    ArrowRight: () => page.stepSeries(1),
    ArrowLeft: () => page.stepSeries(-1),
    n: page.nextViewport,
    Enter: page.alone,
    k: page.link,
    x: page.lines,
    u: page.words,
    '?': page.help,
    Escape: page.escape,
  };
  if (own[key]) {
    if (!event.repeat) own[key]();
    return true;
  }
  const tool = tools.find(({ keys }) => keys.includes(key));
  const { stack } = active.peek();
  if (!tool || !stack) return false;
  if (tool.kind === 'drag' || tool.kind === 'measure') page.pick(tool);
  else if (tool.kind === 'choice') tool.choices(stack)[tool.keys.indexOf(key)]?.choose();
  else if (tool.when?.(stack) === false) return false;
  else if (!event.repeat || tool.repeats) tool.run(stack);
  return true;
}
