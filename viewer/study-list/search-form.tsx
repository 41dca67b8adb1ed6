// The search box and the filters. Everything narrows as it is typed; Enter searches at once, and so does a scanner.
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../icons.tsx';
import { isModalOpen } from '../modal-dialog.ts';
import { modalities } from '../modalities.ts';
import { text, type Msg } from '../text.ts';
import { listenForScanner, numberIn } from './scanner.ts';
import { change, criteria, searchNow, type Period } from './study-search.ts';

const periods: Record<Period, Msg> = {
  any: 'anyDate',
  today: 'today',
  yesterday: 'yesterday',
  week: 'lastWeek',
  month: 'lastMonth',
  chosen: 'chosenDates',
};

/** Of the window: in a narrower one the whole hint does not fit into the box. */
const hintWidth = 1200;

export function SearchForm() {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => typeIntoBox(box), []);
  useEffect(
    () => listenForScanner(box, { onTyped: (characters) => change({ typed: characters }), onCode: searchFor }),
    [],
  );
  useEffect(() => {
    // With a mouse there is a keyboard, or a scanner that types; on a phone the keys would cover the list.
    if (matchMedia('(pointer: fine)').matches) box.current?.focus({ preventScroll: true });
  }, []);
  /** At once, and of a scanned card only the number stays in the box. */
  function searchFor(what: string): void {
    box.current!.value = what;
    box.current!.select(); // the next scan replaces this one
    change({ typed: what });
    searchNow();
  }
  const { typed, period, from, to, modality, flagged } = criteria.value;
  return (
    <form
      class="search-form"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        searchFor(numberIn(typed));
      }}
    >
      <label class="search-box">
        <span>{text('searchPatient')}</span>
        <span class="search-field">
          <Icon name="search" />
          <input
            ref={box}
            type="search"
            value={typed}
            placeholder={text(innerWidth < hintWidth ? 'searchHintShort' : 'searchHint')}
            title={text('searchHint')}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            enterkeyhint="search"
            maxLength={512}
            onInput={(event) => change({ typed: event.currentTarget.value })}
            onKeyDown={(event) => {
              if (event.key !== 'ArrowDown') return;
              event.preventDefault();
              document.querySelector<HTMLElement>('.study-table tbody a')?.focus();
            }}
          />
        </span>
      </label>
      <label>
        <span>{text('studyDate')}</span>
        <select value={period} onChange={(event) => change({ period: event.currentTarget.value as Period })}>
          {Object.entries(periods).map(([value, message]) => (
            <option key={value} value={value}>
              {text(message)}
            </option>
          ))}
        </select>
      </label>
      {period === 'chosen' && (
        <>
          <DayField name={text('dateFrom')} value={from} onChange={(day) => change({ from: day })} />
          <DayField name={text('dateTo')} value={to} onChange={(day) => change({ to: day })} />
        </>
      )}
      <label>
        <span>{text('modality')}</span>
        <select value={modality} onChange={(event) => change({ modality: event.currentTarget.value })}>
          <option value="">{text('anyModality')}</option>
          {modalities.map((value) => (
            <option key={value}>{value}</option>
          ))}
        </select>
      </label>
      <label>
        <span>{text('state')}</span>
        <select
          value={flagged ? 'flagged' : ''}
          onChange={(event) => change({ flagged: event.currentTarget.value === 'flagged' })}
        >
          <option value="">{text('anyState')}</option>
          <option value="flagged">{text('needsAttention')}</option>
        </select>
      </label>
    </form>
  );
}

function DayField({ name, value, onChange }: { name: string; value: string; onChange: (day: string) => void }) {
  return (
    <label class="day-field">
      <span>{name}</span>
      <input type="date" value={value} onChange={(event) => onChange(event.currentTarget.value)} />
    </label>
  );
}

/** A letter or digit typed outside a field goes to the search box. */
function typeIntoBox(box: { current: HTMLInputElement | null }): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    const elsewhere = event.target instanceof HTMLElement && event.target.closest('input, select, textarea');
    const typing = /^[\p{L}\p{N}]$/u.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (elsewhere || isModalOpen() || !(typing || event.key === '/')) return;
    if (event.key === '/') event.preventDefault();
    box.current?.focus();
    box.current?.select();
  };
  document.addEventListener('keydown', onKeyDown);
  return () => document.removeEventListener('keydown', onKeyDown);
}
