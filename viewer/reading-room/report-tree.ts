// The content of a structured report as readable text (PS3.3 C.17.3): each content item's concept and value, by depth.
import type { JsonDataset } from '../archive-client.ts';
import { items, name, number, numbers, string, strings } from '../viewport/dicom-json.ts';
import { unitWords } from '../viewport/unit-words.ts';
import { ReportRoom } from './report-room.ts';

export interface ReportItem {
  /** what it is about: the meaning of Concept Name (0040,A043) */
  concept: string | undefined;
  /** nothing for a container */
  value: string | undefined;
  items: ReportItem[];
  /** the image that it points at, where the report says in which series that is */
  image?: ReferencedImage;
}

export interface ReportTree extends ReportItem {
  /** there is more in it than was read */
  isCut: boolean;
}

export interface ReferencedImage {
  StudyInstanceUID: string;
  SeriesInstanceUID: string;
  SOPInstanceUID: string;
  /** which of its frames are meant, counted from 1: Referenced Frame Number (0008,1160); none where all are */
  frames: number[];
}

export function reportTree(instance: JsonDataset): ReportTree {
  const room = new ReportRoom();
  const places = imagesNamed(instance);
  const read = (item: JsonDataset, depth: number): ReportItem => {
    const referenced = pointedAt(item);
    const place = referenced && places.get(string(referenced, '00081155') ?? '');
    return {
      ...(place && { image: { ...place, frames: framesOf(referenced) } }),
      concept: meaning(items(item, '0040A043')[0]),
      value: valueOf(item),
      items: room
        .take(items(item, '0040A730'), depth)
        .map((child) => read(child, depth + 1))
        .filter(saysSomething),
    };
  };
  return { ...read(instance, 0), isCut: room.isCut };
}

/** By SOP Instance UID: Current Requested Procedure and Pertinent Other Evidence (0040,A375; 0040,A385), C.17.2. */
function imagesNamed(instance: JsonDataset): ReadonlyMap<string, Omit<ReferencedImage, 'frames'>> {
  const named = new Map<string, Omit<ReferencedImage, 'frames'>>();
  for (const study of [...items(instance, '0040A375'), ...items(instance, '0040A385')])
    for (const series of items(study, '00081115'))
      for (const referenced of items(series, '00081199')) {
        const [StudyInstanceUID, SeriesInstanceUID] = [string(study, '0020000D'), string(series, '0020000E')];
        const SOPInstanceUID = string(referenced, '00081155');
        if (StudyInstanceUID && SeriesInstanceUID && SOPInstanceUID)
          named.set(SOPInstanceUID, { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID });
      }
  return named;
}

const pointedAt = (item: JsonDataset) =>
  string(item, '0040A040') === 'IMAGE' ? items(item, '00081199')[0] : undefined;

const framesOf = (referenced: JsonDataset) =>
  numbers(referenced, '00081160').filter((frame) => Number.isInteger(frame) && frame > 0);

const saysSomething = ({ concept, value, items: inside }: ReportItem) => Boolean(concept ?? value) || inside.length > 0;

/** Code Meaning (0008,0104), else the code itself. */
const meaning = (code: JsonDataset | undefined) => code && (string(code, '00080104') ?? string(code, '00080100'));

/** By Value Type (0040,A040), Table C.17.3-7. */
function valueOf(item: JsonDataset): string | undefined {
  const type = string(item, '0040A040');
  if (type === 'TEXT') return strings(item, '0040A160').join('\n').trim();
  if (type === 'CODE') return meaning(items(item, '0040A168')[0]);
  if (type === 'NUM') return measured(item);
  if (type === 'PNAME') return name(item, '0040A123')?.split('^').filter(Boolean).join(' ');
  if (type === 'DATE') return written(string(item, '0040A121'));
  if (type === 'TIME') return writtenTime(string(item, '0040A122'));
  if (type === 'DATETIME') {
    const both = string(item, '0040A120');
    return [written(both?.slice(0, 8)), writtenTime(both?.slice(8))].filter(Boolean).join(' ');
  }
  if (type === 'UIDREF') return string(item, '0040A124');
  if (type === 'IMAGE' || type === 'COMPOSITE' || type === 'WAVEFORM') return reference(items(item, '00081199')[0]);
  if (type === 'SCOORD' || type === 'SCOORD3D')
    return [string(item, '00700023'), numbers(item, '00700022').join(', ')].filter(Boolean).join(' ');
  return undefined;
}

/** A number in its unit; where there is none, why: Numeric Value Qualifier (0040,A301), C.18.1. */
function measured(item: JsonDataset): string | undefined {
  const value = items(item, '0040A300')[0];
  const amount = value && number(value, '0040A30A');
  if (amount === undefined) return meaning(items(item, '0040A301')[0]);
  return `${amount} ${unitWords(items(value, '004008EA')[0])}`.trim();
}

/** An image is named by the end of its UID: enough to tell two apart, short enough to read. */
function reference(item: JsonDataset | undefined): string | undefined {
  const uid = item && string(item, '00081155');
  return uid && `…${uid.slice(-16)}`;
}

const written = (date: string | undefined) => date?.replace(/^(\d{4})(\d{2})(\d{2}).*$/, '$1-$2-$3');
const writtenTime = (time: string | undefined) => time?.replace(/^(\d{2})(\d{2}).*$/, '$1:$2');
