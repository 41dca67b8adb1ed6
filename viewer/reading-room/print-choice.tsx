// Printing what is shown: fitted to the page, or in life size where it is known how large a pixel is.
import { Icon } from '../icons.tsx';
import { text } from '../text.ts';
import { calibrationWords, screenScale } from '../viewport/screen-scale.ts';
import { active } from './open-study.ts';
import { print, type PaperSize } from './paper.ts';

export function PrintChoice() {
  const frame = active.value.frame.value;
  const state = active.value.state.value;
  const scale = frame && state?.shown !== undefined ? screenScale(frame, state) : undefined;
  return (
    <span class="print-choice" title={`${text('printShown')} (Ctrl+P)`}>
      <Icon name="print" />
      <span class="tool-name" aria-hidden="true">
        {text('print')}
      </span>
      <select
        aria-label={text('printShown')}
        value=""
        onChange={(event) => {
          const size = event.currentTarget.value as PaperSize;
          event.currentTarget.value = '';
          event.currentTarget.blur();
          print(size);
        }}
      >
        <option value="" disabled hidden>
          {text('printShown')}
        </option>
        <option value="fitted">{text('printFitted')}</option>
        {scale?.pixelsPerMm !== undefined && (
          <option value="life">{`${text('printLifeSize')} (${text(calibrationWords[scale.state])})`}</option>
        )}
      </select>
    </span>
  );
}
