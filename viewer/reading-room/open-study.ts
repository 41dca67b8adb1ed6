// What the viewer page has open: the series of the studies in the address, the one being shown, and the stack's state.
// The viewport reports here; the page only reads signals.
import { batch, computed, signal } from '@preact/signals';
import { LoadError, loadError, readSeriesMetadata, readSeriesOfStudy, type JsonDataset } from '../archive-client.ts';
import { number, string } from '../viewport/dicom-json.ts';
import { imageSeries, type ImageSeries } from '../viewport/image-series.ts';
import type { ImageStack, StackState } from '../viewport/image-stack.ts';

/** One entry of the series strip, from QIDO-RS. */
export interface SeriesEntry {
  study: string;
  uid: string;
  number: number | undefined;
  modality: string | undefined;
  description: string | undefined;
  instances: number;
}

export interface Wanted {
  studies: string[];
  series: string | undefined;
  instance: string | undefined;
}

export const entries = signal<SeriesEntry[] | undefined>(undefined);
export const current = signal<SeriesEntry | undefined>(undefined);
export const failure = signal<LoadError | undefined>(undefined);
export const opening = signal(false);
export const stackState = signal<StackState | undefined>(undefined);

/** The dataset of the image on the screen, or of the one being loaded while there is none. */
export const instance = computed<JsonDataset | undefined>(() => {
  const state = stackState.value;
  return state?.series?.frames[state.shown ?? state.wanted]?.instance;
});

// Series already described, so that going back to one costs nothing.
const described = new Map<string, ImageSeries>();
let running = new AbortController();

export async function openStudies(wanted: Wanted, stack: ImageStack): Promise<void> {
  const signal = startAnew();
  batch(() => {
    entries.value = undefined;
    current.value = undefined;
    failure.value = undefined;
  });
  try {
    const found = await Promise.all(wanted.studies.map((study) => seriesOf(study, signal)));
    if (signal.aborted) return;
    entries.value = found.flat();
    const first = entries.value.find(({ uid }) => uid === wanted.series) ?? entries.value.find(mayHoldImages);
    if (first) await openSeries(first, stack, wanted.instance);
  } catch (error) {
    if (!signal.aborted) failure.value = loadError(error);
  }
}

export async function openSeries(entry: SeriesEntry, stack: ImageStack, sopInstance?: string): Promise<void> {
  const signal = startAnew();
  batch(() => {
    current.value = entry;
    failure.value = undefined;
    opening.value = true;
  });
  try {
    const series = described.get(entry.uid) ?? (await describe(entry, signal));
    if (signal.aborted) return;
    const at = series.frames.findIndex(({ SOPInstanceUID }) => SOPInstanceUID === sopInstance);
    opening.value = false;
    await stack.show(series, Math.max(0, at));
  } catch (error) {
    if (signal.aborted) return;
    batch(() => {
      opening.value = false;
      failure.value = loadError(error);
    });
  }
}

/** After a failure: the same once more. */
export function reopen(wanted: Wanted, stack: ImageStack): void {
  if (stack.state.error) stack.retry();
  else if (current.value) void openSeries(current.value, stack);
  else void openStudies(wanted, stack);
}

/** The series before or after the one shown. */
export function stepSeries(step: 1 | -1, stack: ImageStack): void {
  const list = entries.value ?? [];
  const next = list[list.findIndex(({ uid }) => uid === current.value?.uid) + step];
  if (next) void openSeries(next, stack);
}

export function closeAll(): void {
  startAnew();
  described.clear();
  batch(() => {
    entries.value = undefined;
    current.value = undefined;
    failure.value = undefined;
    opening.value = false;
    stackState.value = undefined;
  });
}

function startAnew(): AbortSignal {
  running.abort();
  running = new AbortController();
  return running.signal;
}

async function seriesOf(study: string, signal: AbortSignal): Promise<SeriesEntry[]> {
  const found = await readSeriesOfStudy(study, signal);
  const list = found.flatMap((dataset): SeriesEntry[] => {
    const uid = string(dataset, '0020000E');
    if (!uid) return [];
    return [
      {
        study,
        uid,
        number: number(dataset, '00200011'),
        modality: string(dataset, '00080060'),
        description: string(dataset, '0008103E'),
        instances: number(dataset, '00201209') ?? 0,
      },
    ];
  });
  return list.toSorted(
    (a, b) =>
      (a.number ?? Number.MAX_SAFE_INTEGER) - (b.number ?? Number.MAX_SAFE_INTEGER) || a.uid.localeCompare(b.uid),
  );
}

async function describe(entry: SeriesEntry, signal: AbortSignal): Promise<ImageSeries> {
  const instances = await readSeriesMetadata(entry.study, entry.uid, signal);
  const series = imageSeries(entry.study, entry.uid, instances);
  // A series that is still arriving is asked for again next time; a complete one is remembered.
  if (instances.length >= entry.instances) described.set(entry.uid, series);
  return series;
}

/** Modalities whose series never hold an image to show; anything else may. */
const withoutImages = new Set([
  'SR',
  'KO',
  'PR',
  'RTSTRUCT',
  'RTPLAN',
  'RTRECORD',
  'REG',
  'FID',
  'DOC',
  'PLAN',
  'AU',
  'ECG',
  'HD',
]);

export const mayHoldImages = ({ modality }: SeriesEntry) => !withoutImages.has(modality ?? '');
