// An encapsulated PDF in the browser's own reader.
import { useSignal } from '@preact/signals';
import { beside } from '../beside.ts';
import { date, personName } from '../format.ts';
import { Notice } from '../notice.tsx';
import { text } from '../text.ts';
import { ToolIcon } from '../tools/tool-icon.tsx';
import { name, string } from '../viewport/dicom-json.ts';
import type { DisplaySet } from '../viewport/display-sets.ts';
import { useEncapsulated } from './encapsulated.ts';

/**
 * Encapsulated Document (0042,0011). Whatever the file claims, its bytes are given to the browser as a PDF and as nothing else, so that
 * its reader opens them, apart from this page. Phones and tablets have none that works inside a page: there it is a link.
 */
export function PdfView({ set: { instance } }: { set: DisplaySet }) {
  const { read, error, again } = useEncapsulated(instance, 'application/pdf');
  /** the address that the reader has opened */
  const opened = useSignal('');
  if (error) return <Notice title={text('imageNotShown')} error={error} retry={again} />;
  const url = read?.url;
  const save = url && (
    <a class="button" href={url} download={`${string(instance, '00080018') ?? 'document'}.pdf`}>
      {text('saveDocument')}
    </a>
  );
  if (read && !isPdf(read.bytes))
    return (
      <Notice icon="image" title={text('documentNotRead')}>
        <p>{text('documentNoPdf')}</p>
        {save}
      </Notice>
    );
  const title = string(instance, '00420010') ?? text('document');
  const readsHere = navigator.pdfViewerEnabled && matchMedia('(pointer: fine)').matches;
  const about = beside(
    personName(name(instance, '00100010')) ?? text('noName'),
    string(instance, '00100020'),
    date(string(instance, '00080023')),
  );
  return (
    <div class="document" data-document={url ? 'ready' : 'loading'} data-here={readsHere}>
      <header>
        <ToolIcon name="document" />
        <h2>{title}</h2>
        <p>{about}</p>
        {url ? (
          <p class="actions">
            <a class={readsHere ? 'button' : 'button main'} href={url} target="_blank" rel="noopener">
              {text('openDocument')}
            </a>
            {save}
          </p>
        ) : (
          <p role="status">{text('loading')}</p>
        )}
        {!readsHere && <p class="quiet">{text('documentNext')}</p>}
      </header>
      {readsHere && url && (
        <iframe src={`${url}#view=FitH&navpanes=0`} title={title} onLoad={() => (opened.value = url)} />
      )}
      {/* Until then the reader is an empty grey box. */}
      {readsHere && url && opened.value !== url && (
        <p class="pdf-opening" role="status">
          {text('loading')}
        </p>
      )}
    </div>
  );
}

/** Readers look for the header in so many bytes; where it is not there they say that something failed, and a phone's opens nothing. */
const headerWithin = 1024;

const isPdf = (bytes: Uint8Array) =>
  new TextDecoder('latin1').decode(bytes.subarray(0, headerWithin)).includes('%PDF-');
