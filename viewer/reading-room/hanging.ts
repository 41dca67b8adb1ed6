// How projections are hung when their study is opened, as films on a light box: mammograms with the chest walls together, a radiograph
// beside the one from the side. What nobody hangs in a way of its own is opened at its first series.
import type { JsonDataset } from '../archive-client.ts';
import { items, number, string } from '../viewport/dicom-json.ts';
import type { DisplaySet } from '../viewport/display-sets.ts';
import { isOfWholeBreast } from '../viewport/mammogram.ts';
import { sideOf } from '../viewport/orientation.ts';

/** One image of a display set. */
export interface Hung {
  set: DisplaySet;
  /** of the frame in the set */
  index: number;
}

export interface Hanging {
  /** id of a layout */
  layout: '1x1' | '1x2' | '2x2';
  /** row by row; nothing where a view was not made */
  places: (Hung | undefined)[];
}

/** Series of these alone are hung. */
export const isHung = (modality: string | undefined) => modality === 'MG' || radiographs.has(modality ?? '');

const radiographs = new Set(['CR', 'DX', 'RG']);

/** @returns undefined where these are not images that are hung together */
export function hangingOf(sets: readonly DisplaySet[]): Hanging | undefined {
  const all = sets
    .filter(({ kind }) => kind === 'images')
    .flatMap((set) => set.frames.map((_, index): Hung => ({ set, index })));
  const modality = ({ set }: Hung) => string(set.instance, '00080060') ?? '';
  if (all.length < 2) return undefined;
  const made = all.filter((hung) => string(instanceOf(hung), '00080068') !== 'FOR PROCESSING');
  // Raw data hang only where there is nothing that was made of them.
  const films = made.length > 0 ? made : all;
  if (all.every((hung) => modality(hung) === 'MG')) return mammograms(films);
  return all.every((hung) => radiographs.has(modality(hung))) ? radiographPair(films) : undefined;
}

const instanceOf = ({ set, index }: Hung): JsonDataset => set.frames[index]!.instance;

/**
 * Right beside left, CC above MLO; two views alone beside each other, whichever they are. Of a view that was taken again the last; no
 * magnified or spot view, and no slices of tomosynthesis.
 */
function mammograms(all: Hung[]): Hanging | undefined {
  const standard = all.filter((hung) => isStandard(instanceOf(hung)));
  const find = (side: 'R' | 'L', view: 'CC' | 'MLO') =>
    standard
      .filter((hung) => sideOf(instanceOf(hung)) === side && mammogramView(instanceOf(hung)) === view)
      .sort((a, b) => takenAt(instanceOf(a)).localeCompare(takenAt(instanceOf(b))))
      .at(-1);
  const rows = (['CC', 'MLO'] as const)
    .map((view) => [find('R', view), find('L', view)])
    .filter((row) => row.some(Boolean));
  const places = rows.flat();
  const made = places.filter((hung) => hung !== undefined);
  if (made.length < 2) return undefined;
  if (made.length > 2) return { layout: '2x2', places };
  const [first, second] = made.map((hung) => sideOf(instanceOf(hung)));
  return { layout: '1x2', places: first === 'L' && second === 'R' ? made.toReversed() : made };
}

const isStandard = (instance: JsonDataset) => isOfWholeBreast(instance) && (number(instance, '00280008') ?? 1) === 1;

/** By SNOMED CT, or by the codes that the standard had before (CID 4014). */
const mammogramViews: Record<string, 'CC' | 'MLO'> = {
  '399162004': 'CC',
  'R-10242': 'CC',
  '399368009': 'MLO',
  'R-10226': 'MLO',
};

/** Of SNOMED CT and of SNOMED RT, as Coding Scheme Designator (0008,0102) has named them in the course of time. */
const isOfSnomed = (code: JsonDataset) => /^(SCT|SRT|SNM3|99SDM)$/.test(string(code, '00080102')?.trim() ?? '');

/** View Code Sequence (0054,0220), else View Position (0018,5101), which may call an exaggerated view what it was made of. */
function mammogramView(instance: JsonDataset): string | undefined {
  const [code] = items(instance, '00540220');
  const view = code && mammogramViews[string(code, '00080100') ?? ''];
  return view ?? (code && isOfSnomed(code) ? undefined : string(instance, '00185101'));
}

/** Of Acquisition, else Content Date and Time. */
const takenAt = (instance: JsonDataset) =>
  [
    string(instance, '00080022') ?? string(instance, '00080023'),
    string(instance, '00080032') ?? string(instance, '00080033'),
  ].join(' ');

/** One image by itself, two of one study side by side; of more, the chest from the front and from the side. From the front comes first. */
function radiographPair(all: Hung[]): Hanging | undefined {
  if (all.length === 1) return { layout: '1x1', places: all };
  const frontal = all.filter((hung) => isFrontal(instanceOf(hung)));
  const lateral = all.filter((hung) => isLateral(instanceOf(hung)));
  if (all.length === 2) {
    const isTurnedRound = frontal[0] === all[1] && lateral[0] === all[0];
    return { layout: '1x2', places: isTurnedRound ? all.toReversed() : all };
  }
  const ofChest = [frontal, lateral].map((views) => views.filter((hung) => isOfChest(instanceOf(hung))));
  const [front, side] = ofChest.map((views) => views.at(-1));
  return front && side ? { layout: '1x2', places: [front, side] } : undefined;
}

const projection = (instance: JsonDataset) => {
  const [code] = items(instance, '00540220');
  return string(instance, '00185101') ?? (code && string(code, '00080104')) ?? '';
};
const isFrontal = (instance: JsonDataset) =>
  /^(pa|ap|postero-?anterior|antero-?posterior)$/i.test(projection(instance));
const isLateral = (instance: JsonDataset) =>
  /^(ll|rl|lat|lateral|(left|right)[ -]lateral)$/i.test(projection(instance));
const isOfChest = (instance: JsonDataset) => /chest|thorax/i.test(string(instance, '00180015') ?? '');
