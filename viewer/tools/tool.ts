// What a tool is. Toolbar, mouse buttons, keys and the help are all derived from the list in all.ts.
import type { ToolIconName } from './tool-icon.tsx';
import type { Msg } from '../text.ts';
import type { Grip } from '../viewport/gestures.ts';
import type { ImageStack } from '../viewport/image-stack.ts';
import type { Measure } from '../viewport/measuring.ts';

interface Named {
  id: string;
  name: Msg;
  /** as KeyboardEvent.key gives them; a letter in lower case, with `Ctrl+`, or of arrows `Shift+`, before it where that is held */
  keys: readonly string[];
  /** means something only where there are several viewports */
  ofSeveral?: boolean;
}

/** Does something while the mouse or a finger is dragged. */
export interface DragTool extends Named, Grip {
  kind: 'drag';
  icon: ToolIconName;
  /** the mouse button that always means this tool; the left one (0) means it until the reader picks another */
  button?: 0 | 1 | 2;
}

/** Draws a measurement with the left button or one finger. */
export interface MeasureTool extends Named, Measure {
  kind: 'measure';
  icon: ToolIconName;
}

/** Does something once. Without an icon it has no button, and fingers do it in another way or by the menu. */
export interface CommandTool extends Named {
  kind: 'command';
  icon?: ToolIconName;
  inMenu?: true;
  /** held down, the key does it again */
  repeats?: boolean;
  run: (stack: ImageStack) => void;
  /** of a command that toggles: whether it is in force */
  on?: (stack: ImageStack) => boolean;
  /** whether it means anything for what is shown; everything does where this is missing */
  when?: (stack: ImageStack) => boolean;
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

/** What the left button or one finger can do. */
export type PickedTool = DragTool | MeasureTool;

export type Tool = PickedTool | CommandTool | ChoiceTool;
