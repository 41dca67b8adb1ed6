// The studies as rows of a table, or as cards on a narrow screen (the stylesheet decides; roles keep the table a table).
// Each row is one link (and, for who may, a button that sends the study), so Enter, middle click and "open in a new tab" work as everywhere.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { studyThumbnailUrl, type Study } from '../archive-client.ts';
import { date, number, personName, sex, time } from '../format.ts';
import { Icon } from '../icons.tsx';
import type { SendDialog } from '../sending/send-dialog.tsx';
import { session } from '../session.ts';
import { text, type Msg } from '../text.ts';
import { Thumbnail } from '../thumbnail.tsx';
import { keepStill, moveAgain, opened } from './study-search.ts';

const pageOfRows = 10;
const columns: Msg[] = ['preview', 'patient', 'born', 'studyDate', 'modality', 'description', 'images'];

interface StudyTableProps {
  studies: Study[];
  /** Studies that came or grew while the list was open. */
  news: ReadonlyMap<string, string>;
  preloadViewer: () => void;
}

/** The dialog's code comes when it is wanted. */
const sending = signal<{ study: Study; Dialog: typeof SendDialog } | undefined>(undefined);
async function send(study: Study): Promise<void> {
  const { SendDialog: Dialog } = await import('../sending/send-dialog.tsx');
  sending.value = { study, Dialog };
}

function Sending() {
  const { study, Dialog } = sending.value ?? {};
  return study && Dialog ? <Dialog study={study} onClose={() => (sending.value = undefined)} /> : null;
}

export function StudyTable(props: StudyTableProps) {
  return (
    <>
      <Rows {...props} />
      <Sending />
    </>
  );
}

function Rows({ studies, news, preloadViewer }: StudyTableProps) {
  return (
    <table class="study-table" role="table" onKeyDown={moveBetweenRows}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column, place) => (
            <th key={column} role="columnheader" scope="col">
              {place > 0 ? text(column) : <span class="unseen">{text(column)}</span>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody
        role="rowgroup"
        onPointerOver={preloadViewer}
        onFocusCapture={preloadViewer}
        onPointerMove={(event) => event.pointerType !== 'touch' && keepStill()}
        onPointerLeave={moveAgain}
      >
        {studies.map((study) => (
          <StudyRow
            key={study.StudyInstanceUID}
            study={study}
            isNews={news.get(study.StudyInstanceUID) === study.changedAt}
          />
        ))}
      </tbody>
    </table>
  );
}

/** Made anew only where one of these is another: of thousands of rows, news is of a few. */
function StudyRow({ study, isNews }: { study: Study; isNews: boolean }) {
  const mayManage = session.value?.rights.includes('manage');
  const name = personName(study.PatientName) ?? text('noName');
  const about = [date(study.PatientBirthDate), sex(study.PatientSex)].filter(Boolean);
  return (
    <tr role="row" data-study={study.StudyInstanceUID} class={isNews ? 'news' : undefined}>
      <td role="cell" class="cell-thumbnail">
        {/* another time stamp is another picture: a study that grew gets a better thumbnail */}
        <Thumbnail key={study.changedAt} url={studyThumbnailUrl(study.StudyInstanceUID)} />
      </td>
      <td role="cell" class="cell-patient">
        <a
          href={`/viewer?StudyInstanceUIDs=${encodeURIComponent(study.StudyInstanceUID)}`}
          aria-label={text('openStudy', { name })}
          onClick={() => (opened.study = study.StudyInstanceUID)}
        >
          <bdi class={study.PatientName ? 'patient-name' : 'patient-name quiet'}>{name}</bdi>
        </a>
        <bdi class="patient-id">{study.PatientID}</bdi>
        <Flags flags={study.flags} />
      </td>
      <td role="cell" class="cell-born">
        {about.map((part) => (
          <span key={part}>{part}</span>
        ))}
      </td>
      <td role="cell" class="cell-date">
        <span>{date(study.StudyDate) ?? text('noDate')}</span>
        <span class="quiet">{time(study.StudyTime)}</span>
      </td>
      <td role="cell" class="cell-modality">
        {study.ModalitiesInStudy.map((modality) => (
          <span key={modality} class="chip">
            {modality}
          </span>
        ))}
      </td>
      <td role="cell" class="cell-description">
        <bdi class={study.StudyDescription ? '' : 'quiet'}>{study.StudyDescription || text('noDescription')}</bdi>
        {study.AccessionNumber && (
          <span class="quiet">
            {text('accession')} <bdi>{study.AccessionNumber}</bdi>
          </span>
        )}
      </td>
      <td role="cell" class="cell-counts">
        <span>{text('imageCount', { n: number(study.NumberOfStudyRelatedInstances) })}</span>
        <span class="quiet">{text('seriesCount', { n: number(study.NumberOfStudyRelatedSeries) })}</span>
        {mayManage && (
          <button
            type="button"
            class="plain send-study"
            onClick={() => void send(study)}
            aria-label={text('sendStudyOf', { name })}
          >
            <Icon name="send" />
            <span>{text('send')}</span>
          </button>
        )}
      </td>
    </tr>
  );
}

/** Says why in words; they come with the first study that is flagged. */
const reasons = signal<((flags: string[]) => string) | undefined>(undefined);

function Flags({ flags }: { flags: string[] }) {
  const isFlagged = flags.length > 0;
  useEffect(() => {
    // Without them it says all the same that something is to be checked.
    if (isFlagged)
      import('./flag-reasons.ts').then(
        ({ flagReasons }) => (reasons.value = flagReasons),
        () => {},
      );
  }, [isFlagged]);
  if (!isFlagged) return null;
  const why = reasons.value?.(flags);
  return (
    <span class="flag" title={why}>
      <Icon name="warning" />
      {text('needsAttention')}
      <span class="unseen">: {why}</span>
    </span>
  );
}

/** Arrow keys, Page Up and Down, Home and End walk from row to row; above the first is the search box. Enter is the link's own. */
function moveBetweenRows(event: KeyboardEvent & { currentTarget: HTMLTableElement }): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLAnchorElement>('tbody a')];
  const at = links.indexOf(document.activeElement as HTMLAnchorElement);
  const last = links.length - 1;
  const to = {
    ArrowDown: Math.min(at + 1, last),
    ArrowUp: at - 1,
    PageDown: Math.min(at + pageOfRows, last),
    PageUp: Math.max(at - pageOfRows, 0),
    Home: 0,
    End: last,
  }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  if (to < 0) document.querySelector<HTMLInputElement>('.search-box input')?.focus();
  else links[to]?.focus();
}
