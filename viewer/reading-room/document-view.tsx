// What is no image: a video in the browser's own player, an encapsulated PDF in its own reader, a structured report or a clinical
// document as text, and for anything else a sentence.
import { beside } from '../beside.ts';
import { date, personName } from '../format.ts';
import { fileUrl } from '../image-client.ts';
import { text } from '../text.ts';
import { name, string } from '../viewport/dicom-json.ts';
import type { DisplaySet } from '../viewport/display-sets.ts';
import { ClinicalDocument } from './clinical-document.tsx';
import { NoImage } from './no-image.tsx';
import { PdfView } from './pdf-view.tsx';
import { ReportItems } from './report-items.tsx';
import { reportTree } from './report-tree.ts';
import { VideoView } from './video-view.tsx';

export function DocumentView({ set }: { set: DisplaySet }) {
  if (set.kind === 'video') return <VideoView set={set} />;
  if (set.kind === 'pdf') return <PdfView set={set} />;
  if (set.kind === 'clinicalDocument') return <ClinicalDocument set={set} />;
  if (set.kind === 'report') return <Report set={set} />;
  return <NoImage set={set} />;
}

const keyObjectSelection = '1.2.840.10008.5.1.4.1.1.88.59';

function Report({ set: { instance, StudyInstanceUID, SeriesInstanceUID } }: { set: DisplaySet }) {
  const { concept, items, isCut } = reportTree(instance);
  const sop = string(instance, '00080018')!;
  // A key object selection (A.35.4) has no such flag: nobody verifies which images somebody pointed at. A report without it is none.
  const isVerified = string(instance, '0040A493') === 'VERIFIED';
  const isReport = string(instance, '00080016') !== keyObjectSelection;
  return (
    <article class="report" tabIndex={0} data-keys="own" aria-label={text('report')}>
      <h2>{concept ?? text('report')}</h2>
      <p class="quiet">
        {beside(
          personName(name(instance, '00100010')) ?? text('noName'),
          string(instance, '00100020'),
          date(string(instance, '00080023')),
          isReport && text(isVerified ? 'reportVerified' : 'reportUnverified'),
        )}
      </p>
      {items.length > 0 ? <ReportItems items={items} /> : <p>{text('reportEmpty')}</p>}
      {isCut && (
        <>
          <p class="report-cut">{text('longerThanShown')}</p>
          <p class="actions">
            <a class="button" href={fileUrl(StudyInstanceUID, SeriesInstanceUID, sop)} download={`${sop}.dcm`}>
              {text('saveDocument')}
            </a>
          </p>
        </>
      )}
    </article>
  );
}
