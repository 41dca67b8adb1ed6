// What a tool is. Toolbar, mouse buttons, keys and the help are all derived from the list in all.ts.
import type { IconName } from '../icons.tsx';
import type { Msg } from '../text.ts';
import type { Drag } from '../viewport/gestures.ts';
import type { ImageStack } from '../viewport/image-stack.ts';

interface Named {
  id: string;
  name: Msg;
  /** as KeyboardEvent.key gives them; a letter in lower case */
  keys: readonly string[];
}

/** Does something while the mouse or a finger is dragged. */
export interface DragTool extends Named {
  kind: 'drag';
  icon: IconName;
  /** the mouse button that always means this tool; the left one (0) means it until the reader picks another */
  button?: 0 | 1 | 2;
  drag: Drag;
}

/** Does something once. Without an icon it is on the keyboard only. */
export interface CommandTool extends Named {
  kind: 'command';
  icon?: IconName;
  /** held down, the key does it again */
  repeats?: boolean;
  run: (stack: ImageStack) => void;
}

/** Offers a choice that depends on the image. */
export interface ChoiceTool extends Named {
  kind: 'choice';
  choices: (stack: ImageStack) => Choice[];
}

export interface Choice {
  label: string;
  chosen: boolean;
  choose: () => void;
}

export type Tool = DragTool | CommandTool | ChoiceTool;
