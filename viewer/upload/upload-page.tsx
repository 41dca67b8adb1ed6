// Upload by drag and drop: files or whole folders, progress for each, and what was not kept with the reason and what to do.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { number } from '../format.ts';
import { Icon } from '../icons.tsx';
import { PageHeader } from '../page-header.tsx';
import { size } from '../sizes.ts';
import { addTexts, text } from '../text.ts';
import { uploadTexts } from '../texts/upload.ts';
import '../style/progress.css';
import '../style/upload.css';
import { filesOfDrop, filesOfInput, type Unread } from './dropped-files.ts';
import {
  add,
  clearList,
  counts,
  inState,
  paused,
  retriable,
  retry,
  stopAll,
  unread,
  uploads,
  type Outcome,
  type Upload,
} from './upload-queue.ts';

addTexts(uploadTexts);

// A folder of a whole CD may hold thousands; the counts tell about all, the lists about the first of each kind.
const linesShown = 200;

export default function UploadPage() {
  const over = useSignal(false);
  const dropped = useSignal<'walking' | 'empty' | undefined>(undefined);
  useEffect(() => {
    document.title = `${text('upload')} – ${text('lightbox')}`;
  });
  const take = async (transfer: DataTransfer) => {
    dropped.value = 'walking';
    const { files, unread: notRead } = await filesOfDrop(transfer);
    add(files, notRead);
    dropped.value = files.length + notRead.length === 0 ? 'empty' : undefined;
  };
  useEffect(() => acceptDrops((isOver) => (over.value = isOver), take), []);
  return (
    <>
      <PageHeader />
      <main class="upload-page" id="content">
        <DropZone over={over.value} />
        {dropped.value && (
          <p class="quiet" role="status">
            {text(dropped.value === 'walking' ? 'dropWalking' : 'dropEmpty')}
          </p>
        )}
        {uploads.value.length + unread.value.length > 0 && <Progress />}
      </main>
    </>
  );
}

function DropZone({ over }: { over: boolean }) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const byTouch = matchMedia('(pointer: coarse)').matches; // nothing can be dropped by a finger
  const take = (event: Event & { currentTarget: HTMLInputElement }) => {
    add(filesOfInput(event.currentTarget));
    event.currentTarget.value = ''; // the same file may be chosen again
  };
  useEffect(() => folder.current?.setAttribute('webkitdirectory', ''), []);
  return (
    <section class={over ? 'drop-zone over' : 'drop-zone'}>
      <Icon name="upload" />
      <h1>{over ? text('dropHere') : text(byTouch ? 'uploadLeadTouch' : 'uploadLead')}</h1>
      <p class="quiet">{text('uploadNext')}</p>
      <div class="actions">
        <button type="button" class="main" onClick={() => files.current?.click()}>
          {text('chooseFiles')}
        </button>
        <button type="button" onClick={() => folder.current?.click()}>
          {text('chooseFolder')}
        </button>
      </div>
      <input ref={files} type="file" multiple hidden onChange={take} />
      <input ref={folder} type="file" multiple hidden onChange={take} />
    </section>
  );
}

function Progress() {
  const { waiting, sending, stopped, kept, skipped, failed } = counts.value;
  const total = uploads.value.length;
  const done = kept + skipped + failed;
  const running = waiting + sending > 0;
  const canRetry = !running && retriable.value.length > 0;
  return (
    <section class="upload-progress">
      <div class="upload-summary">
        {total > 0 && (
          <>
            <p role="status">{text('uploadProgress', { done: number(done), total: number(total) })}</p>
            <Bar />
          </>
        )}
        {paused.value && (
          <p class="warning-line" role="alert">
            <Icon name="warning" />
            {text(paused.value.trouble)} {text('uploadGoesOn')}
          </p>
        )}
        <ul class="upload-counts">
          {kept > 0 && <li class="good">{text('uploadKept', { n: number(kept) })}</li>}
          {unread.value.length > 0 && <li class="bad">{text('uploadUnread', { n: number(unread.value.length) })}</li>}
          {failed > 0 && <li class="bad">{text('uploadFailed', { n: number(failed) })}</li>}
          {skipped > 0 && <li>{text('uploadSkipped', { n: number(skipped) })}</li>}
          {waiting > 0 && <li>{text('uploadWaiting', { n: number(waiting) })}</li>}
          {stopped > 0 && <li class="bad">{text('uploadNotSent', { n: number(stopped) })}</li>}
        </ul>
        <div class="actions">
          {running && (
            <button type="button" onClick={stopAll}>
              {text('uploadStop')}
            </button>
          )}
          {canRetry && (
            <button type="button" class="main" onClick={retry}>
              {text('uploadRetry')}
            </button>
          )}
          {!running && (
            <button type="button" onClick={clearList}>
              {text('uploadClear')}
            </button>
          )}
          {!running && kept > 0 && (
            <a class={canRetry ? 'button' : 'button main'} href="/">
              {text('uploadDone')}
            </a>
          )}
        </div>
      </div>
      <ul class="upload-lines">
        {unread.value.slice(0, linesShown).map((each, place) => (
          <UnreadLine key={place} unread={each} />
        ))}
        {(['sending', 'failed', 'stopped', 'kept', 'skipped'] as const).flatMap((state) =>
          inState(state)
            .slice(0, linesShown)
            .map((upload) => <Line key={upload.id} upload={upload} />),
        )}
      </ul>
    </section>
  );
}

/** By bytes: one file may be larger than all the others. Apart from the lines, which need not be drawn anew for each block sent. */
function Bar() {
  const { bytes, bytesDone } = counts.value;
  const onTheWay = inState('sending').map(({ file, outcome: { value: outcome } }) =>
    outcome.state === 'sending' ? outcome.share * file.size : 0,
  );
  return <progress max={Math.max(1, bytes)} value={onTheWay.reduce((sum, each) => sum + each, bytesDone)} />;
}

function Line({ upload }: { upload: Upload }) {
  const outcome = upload.outcome.value;
  return (
    <li class={`upload-line ${outcome.state}`}>
      <bdi class="upload-path">{upload.path}</bdi>
      <span class="quiet">{size(upload.file.size)}</span>
      {outcome.state === 'sending' ? (
        <progress max={1} value={outcome.share} aria-label={upload.path} />
      ) : (
        <span class="upload-outcome">{words(outcome)}</span>
      )}
    </li>
  );
}

function UnreadLine({ unread: { path, isFolder, reason } }: { unread: Unread }) {
  return (
    <li class="upload-line failed">
      <bdi class="upload-path">{path}</bdi>
      <span class="quiet">{isFolder && text('uploadFolder')}</span>
      <span class="upload-outcome">{text(reason)}</span>
    </li>
  );
}

function words(outcome: Outcome): string {
  switch (outcome.state) {
    case 'failed':
      return [text(outcome.reason, { code: outcome.code ?? '' }), outcome.detail].filter(Boolean).join(' ');
    case 'kept':
      return text('fileKept');
    case 'skipped':
      return text(outcome.reason);
    case 'stopped':
      return text('uploadStopped');
    default:
      return text('fileWaiting');
  }
}

/** The whole page takes drops: a file that misses a box must not replace the page. */
function acceptDrops(over: (isOver: boolean) => void, take: (transfer: DataTransfer) => Promise<void>): () => void {
  const onDragOver = (event: DragEvent) => {
    event.preventDefault();
    over(true);
  };
  const onDragLeave = (event: DragEvent) => {
    if (event.relatedTarget === null) over(false);
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    over(false);
    if (event.dataTransfer) void take(event.dataTransfer);
  };
  addEventListener('dragover', onDragOver);
  addEventListener('dragleave', onDragLeave);
  addEventListener('drop', onDrop);
  return () => {
    removeEventListener('dragover', onDragOver);
    removeEventListener('dragleave', onDragLeave);
    removeEventListener('drop', onDrop);
  };
}
