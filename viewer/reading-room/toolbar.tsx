// The toolbar, made from the list of tools. It is about the active viewport.
import type { ReadonlySignal } from '@preact/signals';
import { text, type Msg } from '../text.ts';
import { tools } from '../tools/all.ts';
import { scroll } from '../tools/scroll.ts';
import type { Choice, ChoiceTool, CommandTool, PickedTool } from '../tools/tool.ts';
import { ToolIcon, type ToolIconName } from '../tools/tool-icon.tsx';
import { windowLevel } from '../tools/window-level.ts';
import type { ImageStack } from '../viewport/image-stack.ts';
import { keyName } from './key-name.ts';
import { layouts } from './layouts.ts';
import { linked, linkOrUnlink } from './linked-scroll.ts';
import { MoreChoice } from './more-choice.tsx';
import { PrintChoice } from './print-choice.tsx';
import { referenceLines, showOrHideReferenceLines } from './reference-lines.ts';
import { setLayout } from './series-offers.ts';
import { active, layout, panes } from './stage.ts';
import { useWorkedOut } from './worked-out.ts';

// Asked for with each image: kept, because asking for it anew is not free.
const coarsePointer = matchMedia('(pointer: coarse)');

interface ToolbarProps {
  /** what the left button or one finger does; undefined is the device's own first choice */
  picked: ReadonlySignal<PickedTool | undefined>;
  pick: (tool: PickedTool) => void;
  openHelp: () => void;
}

export function Toolbar({ picked, pick, openHelp }: ToolbarProps) {
  const { stack } = active.value;
  const firstChoice = coarsePointer.matches ? scroll : windowLevel;
  return (
    <header class="toolbar">
      <a class="button plain" href="/" title={`${text('backToList')} (Esc)`} aria-label={text('backToList')}>
        <ToolIcon name="back" />
        <span>{text('backToList')}</span>
      </a>
      <div class="toolbar-tools" data-many={panes.value.length > 1} role="toolbar" aria-label={text('tools')}>
        {stack &&
          tools.map((tool) =>
            tool.kind === 'choice' ? (
              <Choices key={tool.id} tool={tool} />
            ) : (
              tool.icon &&
              (!tool.ofSeveral || panes.value.length > 1) && (
                <ToolButton key={tool.id} tool={tool} picked={picked.value ?? firstChoice} pick={pick} />
              )
            ),
          )}
        <LayoutChoice />
        {panes.value.length > 1 && <TogetherButtons />}
        <PrintChoice />
        <MoreChoice />
      </div>
      <button type="button" class="plain" onClick={openHelp} title={`${text('help')} (?)`} aria-label={text('help')}>
        <ToolIcon name="help" />
      </button>
    </header>
  );
}

interface ToolButtonProps {
  tool: PickedTool | CommandTool;
  picked: PickedTool;
  pick: (tool: PickedTool) => void;
}

/**
 * What a tool is at the moment depends on the image, and hardly ever changes with it: so it is worked out for each image, and the button
 * is made anew only when it is another.
 */
function ofImage(tool: PickedTool | CommandTool) {
  const { stack, state } = active.value;
  const isCommand = tool.kind === 'command';
  const isShown = state.value?.shown !== undefined; // and what the tools below read of the stack has changed
  const meansNothing = stack && isCommand && tool.when?.(stack) === false;
  const isOn = stack && isCommand ? tool.on?.(stack) : undefined;
  return {
    isOff: !stack || !isShown || meansNothing,
    isOn: isOn && !meansNothing,
    icon: stack && iconOf(tool, stack),
  };
}

function ToolButton({ tool, picked, pick }: ToolButtonProps) {
  const isOff = useWorkedOut(() => ofImage(tool).isOff).value;
  const isOn = useWorkedOut(() => ofImage(tool).isOn).value;
  const icon = useWorkedOut(() => ofImage(tool).icon).value;
  return (
    <button
      type="button"
      class="tool"
      aria-pressed={tool.kind === 'command' ? isOn : picked === tool}
      title={`${text(tool.name)} (${keyName(tool.keys[0])})`}
      aria-label={text(tool.name)}
      disabled={isOff}
      onClick={(event) => {
        event.currentTarget.blur(); // the space bar is the image's
        if (tool.kind !== 'command') pick(tool);
        else if (active.value.stack) tool.run(active.value.stack);
      }}
    >
      <ToolIcon name={icon ?? tool.icon!} />
      <span class="tool-name">{text(tool.name)}</span>
    </button>
  );
}

const iconOf = (tool: PickedTool | CommandTool, stack: ImageStack) =>
  tool.id === 'cine' && stack.state.playing ? 'stop' : tool.icon!;

/** What is offered, and which is in force, depends on the image. */
function choicesOf(tool: ChoiceTool): Choice[] {
  const { stack, state } = active.value;
  void state.value;
  return stack ? tool.choices(stack) : [];
}

function Choices({ tool }: { tool: ChoiceTool }) {
  const words = useWorkedOut(() => JSON.stringify(choicesOf(tool).map(({ label, chosen }) => [label, chosen])));
  const choices = (JSON.parse(words.value) as [string, boolean][]).map(([label, chosen]) => ({ label, chosen }));
  if (choices.length === 0) return null;
  const chosen = choices.findIndex((choice) => choice.chosen);
  return (
    <select
      class="tool-choice"
      aria-label={text(tool.name)}
      title={[text(tool.name), choices[chosen]?.label].filter(Boolean).join(': ')}
      value={String(chosen)}
      onChange={(event) => {
        choicesOf(tool)[Number(event.currentTarget.value)]?.choose();
        event.currentTarget.blur(); // or the next arrow key would change the window instead of the image
      }}
    >
      <option value="-1" disabled hidden>
        {text(tool.name)}
      </option>
      {choices.map(({ label }, index) => (
        <option key={`${index} ${label}`} value={String(index)}>
          {tool.keys[index] ? `${tool.keys[index]}  ${label}` : label}
        </option>
      ))}
    </select>
  );
}

/** What several viewports do together. */
function TogetherButtons() {
  return (
    <>
      <ToggleButton name="linkScroll" short="linkScrollShort" keyOf="K" icon="link" on={linked} toggle={linkOrUnlink} />
      <ToggleButton
        name="referenceLines"
        short="referenceLinesShort"
        keyOf="X"
        icon="lines"
        on={referenceLines}
        toggle={showOrHideReferenceLines}
      />
    </>
  );
}

interface ToggleButtonProps {
  name: Msg;
  short: Msg;
  keyOf: string;
  icon: ToolIconName;
  on: ReadonlySignal<boolean>;
  toggle: () => void;
}

function ToggleButton({ name, short, keyOf, icon, on, toggle }: ToggleButtonProps) {
  return (
    <button
      type="button"
      class="tool"
      aria-pressed={on.value}
      title={`${text(name)} (${keyOf})`}
      aria-label={text(name)}
      onClick={(event) => {
        event.currentTarget.blur();
        toggle();
      }}
    >
      <ToolIcon name={icon} />
      <span class="tool-name">{text(short)}</span>
    </button>
  );
}

function LayoutChoice() {
  return (
    <select
      class="layout-choice"
      aria-label={text('layout')}
      title={text('layout')}
      value={layout.value.id}
      onChange={(event) => {
        const next = layouts.find(({ id }) => id === event.currentTarget.value);
        if (next) setLayout(next);
        event.currentTarget.blur();
      }}
    >
      {layouts.map(({ id, columns, rows }) => (
        <option key={id} value={id}>
          {text('layoutOf', { columns, rows })}
        </option>
      ))}
    </select>
  );
}
