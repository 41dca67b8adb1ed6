// What cannot be shown here: what it is, what to do, the names in it where it has some, and a copy for a program that shows it.
import { fileUrl } from '../image-client.ts';
import { Notice } from '../notice.tsx';
import { text, type Msg } from '../text.ts';
import { items, string } from '../viewport/dicom-json.ts';
import { isDescribedAsImage, type DisplaySet } from '../viewport/display-sets.ts';
import { useEncapsulated } from './encapsulated.ts';
import { someOf } from './some-of.ts';

/** By how the SOP Class UID goes on after 1.2.840.10008.5.1.4.1.1. (PS3.4 B.5). */
const kinds: readonly { of: RegExp; why: Msg }[] = [
  { of: /^4\.2$/, why: 'spectraNext' },
  { of: /^11\.\d+$/, why: 'presentationStateNext' },
  { of: /^9\.\d/, why: 'waveformNext' },
  { of: /^66$/, why: 'rawDataNext' },
  { of: /^66\.[13]$/, why: 'registrationNext' },
  { of: /^481\.3$/, why: 'structuresNext' },
  { of: /^481\.[4679]$/, why: 'treatmentNext' },
  { of: /^481\.(5|8)$/, why: 'planNext' },
];
const models: Readonly<Record<string, string>> = { '104.3': 'stl', '104.4': 'obj', '104.5': 'mtl' };
const mostNames = 100;

export function NoImage({ set: { instance, StudyInstanceUID, SeriesInstanceUID } }: { set: DisplaySet }) {
  const sop = string(instance, '00080018')!;
  const kind = (string(instance, '00080016') ?? '').replace('1.2.840.10008.5.1.4.1.1.', '');
  const model = models[kind];
  if (model) return <Model instance={instance} ending={model} />;
  const known = kinds.find(({ of }) => of.test(kind));
  // Spectra have Rows and Columns too (C.8.14.1), and lack nothing.
  if (!known && isDescribedAsImage(instance)) return <NoImageHere why={text('withoutPixels')} />;
  const modality = string(instance, '00080060');
  const nothing = modality ? text('nothingToSee', { modality }) : text('nothingToSeeAtAll');
  // Structure Set ROI Sequence (3006,0020), ROI Name (3006,0026)
  const names = items(instance, '30060020').flatMap((structure) => string(structure, '30060026') ?? []);
  return (
    <NoImageHere why={known ? text(known.why) : nothing}>
      {names.length > 0 && <p>{text('structureNames', { names: someOf(names, mostNames) })}</p>}
      <a class="button" href={fileUrl(StudyInstanceUID, SeriesInstanceUID, sop)} download={`${sop}.dcm`}>
        {text('saveDocument')}
      </a>
    </NoImageHere>
  );
}

function NoImageHere({ why, children }: { why: string; children?: preact.ComponentChildren }) {
  return (
    <Notice icon="image" title={text('noImageHere')}>
      <p>{why}</p>
      {children}
    </Notice>
  );
}

/** A model for programs that print or turn it, as it was before it was put into DICOM (PS3.3 A.85). */
function Model({ instance, ending }: { instance: DisplaySet['instance']; ending: string }) {
  const { read, error, again } = useEncapsulated(instance, 'application/octet-stream');
  if (error) return <Notice title={text('imageNotShown')} error={error} retry={again} />;
  return (
    <NoImageHere why={text('modelNext')}>
      {read && (
        <a class="button" href={read.url} download={`${string(instance, '00080018')}.${ending}`}>
          {text('saveDocument')}
        </a>
      )}
    </NoImageHere>
  );
}
