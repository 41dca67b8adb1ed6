// A list that looks like the buttons beside it: what is chosen from it is done at once, and nothing stays chosen.
import type { ComponentChildren, TargetedKeyboardEvent } from 'preact';
import { text, type Msg } from '../text.ts';

interface MenuChoiceProps {
  name: Msg;
  /** said below the picture, where there is room */
  short: Msg;
  keys?: string;
  icon: ComponentChildren;
  entries: { label: string; choose: () => void }[];
}

export function MenuChoice({ name, short, keys, icon, entries }: MenuChoiceProps) {
  return (
    <span class="menu-choice" title={keys ? `${text(name)} (${keys})` : text(name)}>
      {icon}
      <span class="tool-name" aria-hidden="true">
        {text(short)}
      </span>
      <select
        aria-label={text(name)}
        value=""
        onKeyDown={openByKey}
        onChange={(event) => {
          const chosen = entries[Number(event.currentTarget.value)];
          event.currentTarget.value = '';
          event.currentTarget.blur(); // the next key is the image's
          chosen?.choose();
        }}
      >
        <option value="" disabled hidden>
          {text(name)}
        </option>
        {entries.map(({ label }, place) => (
          <option key={label} value={String(place)}>
            {label}
          </option>
        ))}
      </select>
    </span>
  );
}

/**
 * Only opens the list, from which is chosen then: where a closed one takes the next entry by a key (not on a Mac), its command would be
 * done unseen. A browser that cannot be asked to open it does so by Space.
 */
function openByKey(event: TargetedKeyboardEvent<HTMLSelectElement>): void {
  const { key, currentTarget: list } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || !/^(Arrow.*|Page.*|Home|End|Enter|.)$/u.test(key)) return;
  const canOpen = 'showPicker' in list;
  if (key !== ' ' || canOpen) event.preventDefault();
  if (canOpen) list.showPicker();
}
