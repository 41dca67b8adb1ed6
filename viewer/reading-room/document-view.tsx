// What is no image: a video in the browser's own player, an encapsulated PDF in its own reader, a structured report as text, and for
// anything else a sentence.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { LoadError, loadError } from '../archive-client.ts';
import { readBulkData } from '../image-client.ts';
import { date, personName } from '../format.ts';
import { Notice } from '../notice.tsx';
import { text } from '../text.ts';
import { ToolIcon } from '../tools/tool-icon.tsx';
import { inlineBytes, name, string } from '../viewport/dicom-json.ts';
import { isDescribedAsImage, type DisplaySet } from '../viewport/display-sets.ts';
import { reportTree, type ReportItem } from './report-tree.ts';
import { VideoView } from './video-view.tsx';

export function DocumentView({ set }: { set: DisplaySet }) {
  if (set.kind === 'video') return <VideoView set={set} />;
  if (set.kind === 'pdf') return <Pdf set={set} />;
  if (set.kind === 'report') return <Report set={set} />;
  const modality = string(set.instance, '00080060');
  const noImage = modality ? text('nothingToSee', { modality }) : text('nothingToSeeAtAll');
  const why = isDescribedAsImage(set.instance) ? text('withoutPixels') : noImage;
  return (
    <Notice icon="image" title={text('noImageHere')}>
      <p>{why}</p>
    </Notice>
  );
}

/**
 * Encapsulated Document (0042,0011). Whatever the file claims, its bytes are given to the browser as a PDF and as nothing else, so that
 * its reader opens them, apart from this page. Phones and tablets have none that works inside a page: there it is a link.
 */
function Pdf({ set: { instance } }: { set: DisplaySet }) {
  const url = useSignal<string | undefined>(undefined);
  const error = useSignal<LoadError | undefined>(undefined);
  const attempt = useSignal(0);
  useEffect(() => {
    const stopped = new AbortController();
    let made: string | undefined;
    const read = async () => {
      try {
        const uri = instance['00420011']?.BulkDataURI;
        const bytes = uri ? await readBulkData(uri, stopped.signal) : inlineBytes(instance, '00420011');
        if (!bytes) throw new LoadError('notFound');
        made = URL.createObjectURL(new Blob([bytes as BlobPart], { type: 'application/pdf' }));
        url.value = made;
      } catch (thrown) {
        if (!stopped.signal.aborted) error.value = loadError(thrown);
      }
    };
    error.value = undefined;
    void read();
    return () => {
      stopped.abort();
      if (made) URL.revokeObjectURL(made);
    };
  }, [instance, attempt.value]);
  if (error.value) {
    return <Notice title={text('imageNotShown')} error={error.value} retry={() => (attempt.value += 1)} />;
  }
  const title = string(instance, '00420010') ?? text('document');
  const readsHere = navigator.pdfViewerEnabled && matchMedia('(pointer: fine)').matches;
  const about = [
    personName(name(instance, '00100010')),
    string(instance, '00100020'),
    date(string(instance, '00080023')),
  ];
  return (
    <div class="document" data-document={url.value ? 'ready' : 'loading'} data-here={readsHere}>
      <header>
        <ToolIcon name="document" />
        <h2>{title}</h2>
        <p>{about.filter(Boolean).join(' · ')}</p>
        {url.value ? (
          <p class="actions">
            <a class={readsHere ? 'button' : 'button main'} href={url.value} target="_blank" rel="noopener">
              {text('openDocument')}
            </a>
            <a class="button" href={url.value} download={`${string(instance, '00080018') ?? 'document'}.pdf`}>
              {text('saveDocument')}
            </a>
          </p>
        ) : (
          <p role="status">{text('loading')}</p>
        )}
        {!readsHere && <p class="quiet">{text('documentNext')}</p>}
      </header>
      {readsHere && url.value && <iframe src={`${url.value}#view=FitH&navpanes=0`} title={title} />}
    </div>
  );
}

function Report({ set: { instance } }: { set: DisplaySet }) {
  const { concept, items } = reportTree(instance);
  const verified = string(instance, '0040A493') === 'VERIFIED';
  return (
    <article class="report" tabIndex={0} data-keys="own" aria-label={text('report')}>
      <h2>{concept ?? text('report')}</h2>
      <p class="quiet">
        {[
          personName(name(instance, '00100010')),
          string(instance, '00100020'),
          date(string(instance, '00080023')),
          text(verified ? 'reportVerified' : 'reportUnverified'),
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
      {items.length > 0 ? <Items items={items} /> : <p>{text('reportEmpty')}</p>}
    </article>
  );
}

function Items({ items }: { items: ReportItem[] }) {
  return (
    <ul>
      {items.map((item, place) => (
        <li key={place}>
          {item.value === undefined && item.concept ? (
            <strong class="report-heading">{item.concept}</strong>
          ) : (
            <>
              {item.concept && <span class="report-concept">{item.concept}: </span>}
              <span class="report-value">{item.value}</span>
            </>
          )}
          {item.items.length > 0 && <Items items={item.items} />}
        </li>
      ))}
    </ul>
  );
}
