// What has a key and no button of its own, for whoever has no keyboard.
import { text } from '../text.ts';
import { tools } from '../tools/all.ts';
import type { CommandTool } from '../tools/tool.ts';
import { ToolIcon } from '../tools/tool-icon.tsx';
import { hideOrShowWords } from './corner-words.ts';
import { keyName } from './key-name.ts';
import { MenuChoice } from './menu-choice.tsx';
import { saveStudy } from './save-study.ts';
import { active } from './stage.ts';
import { useWorkedOut } from './worked-out.ts';

export const inMenu = tools.filter((tool): tool is CommandTool => tool.kind === 'command' && tool.inMenu === true);

/** Names of the commands that mean something for the image. */
function offered(): string {
  const { stack, state } = active.value;
  void state.value;
  const meant = stack ? inMenu.filter(({ when }) => when?.(stack) !== false) : [];
  return meant.map(({ id }) => id).join();
}

export function MoreChoice() {
  const { stack, entry } = active.value;
  const ids = useWorkedOut(offered).value.split(',');
  const ofImage = inMenu
    .filter(({ id }) => ids.includes(id))
    .map(({ name, keys, run }) => {
      return { label: `${text(name)} (${keyName(keys[0])})`, choose: () => stack && run(stack) };
    });
  const entries = [
    { label: `${text('hideWords')} (${keyName('u')})`, choose: hideOrShowWords },
    ...(stack ? ofImage : []),
    ...(entry.value ? [{ label: text('saveStudy'), choose: saveStudy }] : []),
  ];
  return <MenuChoice name="moreTools" short="more" icon={<ToolIcon name="more" />} entries={entries} />;
}
