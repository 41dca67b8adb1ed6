// What stands above the pictures on paper: whose they are, of which study, and by what to measure them. A small viewport says less of
// that than a sheet that is carried elsewhere must.
import { beside } from '../beside.ts';
import { date, personName, time } from '../format.ts';
import { text } from '../text.ts';
import type { JsonDataset } from '../archive-client.ts';
import { name, string } from '../viewport/dicom-json.ts';
import { paperSize } from './paper.ts';
import { panes } from './stage.ts';

export function PrintHead() {
  const shown = panes.value.flatMap(({ set, frame }) => {
    const instance = frame.value?.instance ?? set.value?.instance;
    return instance ? [instance] : [];
  });
  if (shown.length === 0) return null;
  const hasImages = panes.value.some(({ set }) => set.value?.kind === 'images');
  return (
    <header class="print-head">
      {[...new Set(shown.map(words))].map((line) => (
        <p key={line}>{line}</p>
      ))}
      {hasImages && <p>{text(paperSize.value === 'life' ? 'printedLifeSize' : 'printedFitted')}</p>}
    </header>
  );
}

function words(instance: JsonDataset): string {
  return beside(
    personName(name(instance, '00100010')) ?? text('noName'),
    string(instance, '00100020'),
    date(string(instance, '00100030')),
    [date(string(instance, '00080020')) ?? text('noDate'), time(string(instance, '00080030'))]
      .filter(Boolean)
      .join(' '),
    string(instance, '00081030'),
    string(instance, '00080050'),
  );
}
