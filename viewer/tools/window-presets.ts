// Ready-made windows: those in the file first, then the usual ones for CT; the first nine have the keys 1 to 9.
import { text } from '../text.ts';
import { presetsFor } from '../viewport/windows.ts';
import type { ChoiceTool } from './tool.ts';

export const windowPresets: ChoiceTool = {
  kind: 'choice',
  id: 'window-presets',
  name: 'toolPresets',
  keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
  choices(stack) {
    const { series, shown, wanted, window } = stack.state;
    const instance = series?.frames[shown ?? wanted]?.instance;
    return presetsFor(instance ?? {}).map(({ name, explanation, center, width }) => ({
      label: `${explanation || text(name)}  W ${width} L ${center}`,
      chosen: window?.center === center && window.width === width,
      choose: () => stack.setWindow({ center, width }),
    }));
  },
};
