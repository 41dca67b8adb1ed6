// Ready-made windows: the usual ones for CT and for uptake values of PET, which have the keys 1 to 9, then every window and table in the
// file.
import { text } from '../text.ts';
import { presetsFor, sameWindow } from '../viewport/windows.ts';
import { windowWords } from './window-words.ts';
import type { ChoiceTool } from './tool.ts';

export const windowPresets: ChoiceTool = {
  kind: 'choice',
  id: 'window-presets',
  name: 'toolPresets',
  keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
  choices(stack) {
    const { frame } = stack;
    const { window, color } = stack.state;
    if (!frame || color) return [];
    return presetsFor(frame.instance, frame.frameNumber, frame.suv).map(({ name, explanation, ...preset }) => ({
      label: `${explanation || text(name)}${preset.table ? '' : `  ${windowWords(preset, frame.suv)}`}`,
      chosen: sameWindow(window, preset),
      choose: () => stack.setWindow(preset),
    }));
  },
};
