// The toolbar, made from the list of tools.
import type { Signal } from '@preact/signals';
import { Icon } from '../icons.tsx';
import { text } from '../text.ts';
import { tools } from '../tools/all.ts';
import type { ChoiceTool, DragTool, Tool } from '../tools/tool.ts';
import { windowLevel } from '../tools/window-level.ts';
import { scroll } from '../tools/scroll.ts';
import type { ImageStack } from '../viewport/image-stack.ts';
import { stackState } from './open-study.ts';

interface ToolbarProps {
  stack: ImageStack | undefined;
  /** what the left button or one finger does; undefined is the device's own first choice */
  picked: Signal<DragTool | undefined>;
  openHelp: () => void;
}

export function Toolbar({ stack, picked, openHelp }: ToolbarProps) {
  return (
    <header class="toolbar">
      <a class="button plain" href="/" title={`${text('backToList')} (Esc)`}>
        <Icon name="back" />
        <span>{text('backToList')}</span>
      </a>
      <div class="toolbar-tools" role="toolbar" aria-label={text('tools')}>
        {stack && tools.map((tool) => <ToolControl key={tool.id} tool={tool} stack={stack} picked={picked} />)}
      </div>
      <button type="button" class="plain" onClick={openHelp} title={`${text('help')} (?)`} aria-label={text('help')}>
        <Icon name="help" />
      </button>
    </header>
  );
}

interface ToolControlProps {
  tool: Tool;
  stack: ImageStack;
  picked: Signal<DragTool | undefined>;
}

function ToolControl({ tool, stack, picked }: ToolControlProps) {
  if (tool.kind === 'choice') return <Choices tool={tool} stack={stack} />;
  if (!tool.icon) return null;
  const firstChoice = matchMedia('(pointer: coarse)').matches ? scroll : windowLevel;
  const pressed = tool.kind === 'drag' ? (picked.value ?? firstChoice) === tool : stateOf(tool.id);
  return (
    <button
      type="button"
      class="tool"
      aria-pressed={pressed}
      title={`${text(tool.name)} (${keyName(tool.keys[0])})`}
      aria-label={text(tool.name)}
      disabled={stackState.value?.shown === undefined}
      onClick={() => (tool.kind === 'drag' ? (picked.value = tool) : tool.run(stack))}
    >
      <Icon name={tool.icon} />
      <span class="tool-name">{text(tool.name)}</span>
    </button>
  );
}

function Choices({ tool, stack }: { tool: ChoiceTool; stack: ImageStack }) {
  // The choices depend on the image and mark the one in force, so they are made anew with the stack's state.
  void stackState.value;
  const choices = tool.choices(stack);
  if (choices.length === 0) return null;
  const chosen = choices.findIndex((choice) => choice.chosen);
  return (
    <select
      class="tool-choice"
      aria-label={text(tool.name)}
      title={text(tool.name)}
      value={String(chosen)}
      onChange={(event) => {
        choices[Number(event.currentTarget.value)]?.choose();
        event.currentTarget.blur(); // or the next arrow key would change the window instead of the image
      }}
    >
      <option value="-1" disabled hidden>
        {text(tool.name)}
      </option>
      {choices.map(({ label }, index) => (
        <option key={label} value={String(index)}>
          {tool.keys[index] ? `${tool.keys[index]}  ${label}` : label}
        </option>
      ))}
    </select>
  );
}

/** Whether a command that toggles is in force. */
function stateOf(id: string): boolean | undefined {
  return id === 'invert' ? (stackState.value?.inverted ?? false) : undefined;
}

const keyNames: Record<string, string> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  PageUp: 'Page Up',
  PageDown: 'Page Down',
};

export function keyName(key = ''): string {
  if (key === ' ') return text('keySpace');
  return keyNames[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}
