// Printing what is shown: fitted to the page, or in life size where it is known how large a pixel is.
import { text } from '../text.ts';
import { ToolIcon } from '../tools/tool-icon.tsx';
import { calibrationWords, screenScale } from '../viewport/screen-scale.ts';
import { MenuChoice } from './menu-choice.tsx';
import { print } from './paper.ts';
import { active } from './stage.ts';

export function PrintChoice() {
  const frame = active.value.frame.value;
  const state = active.value.state.value;
  const scale = frame && state?.shown !== undefined ? screenScale(frame, state) : undefined;
  const entries = [{ label: text('printFitted'), choose: () => print('fitted') }];
  if (scale?.pixelsPerMm !== undefined) {
    const label = `${text('printLifeSize')} (${text(calibrationWords[scale.state])})`;
    entries.push({ label, choose: () => print('life') });
  }
  return (
    <MenuChoice name="printShown" short="print" keys="Ctrl+P" icon={<ToolIcon name="print" />} entries={entries} />
  );
}
