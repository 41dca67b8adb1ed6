// Measurements outlive the viewport, the page's opening and its reloading: what is drawn on the images of a study is kept in this
// tab of the browser (tab-memory.ts). The archive does not have them, and the page says so.
import { eventTarget } from '@cornerstonejs/core';
import { Enums, annotation, type Types } from '@cornerstonejs/tools';
import { recall, remember } from '../tab-memory.ts';
import { isMeasuring } from './measuring.ts';

/** How many measurements there are, and whether they would survive reloading the page. */
export interface KeptMeasurements {
  count: number;
  kept: boolean;
}

/** As Cornerstone has it, without what it computes or shows for a moment. */
interface Kept {
  annotationUID: string | undefined;
  metadata: Types.AnnotationMetadata | undefined;
  data: Types.AnnotationData;
}

const { ANNOTATION_ADDED, ANNOTATION_COMPLETED, ANNOTATION_MODIFIED, ANNOTATION_REMOVED } = Enums.Events;
const changes = [ANNOTATION_ADDED, ANNOTATION_COMPLETED, ANNOTATION_MODIFIED, ANNOTATION_REMOVED];
// A drag changes a measurement at every step; a moment after the last one is soon enough.
const writeAfterMs = 200;

/**
 * Brings back what was measured in these studies in this tab, and keeps what is measured from now on.
 * @returns what stops it; to be called while the measurements are still there
 */
export function keepMeasurements(studies: string[], changed: (now: KeptMeasurements) => void): () => void {
  for (const study of studies) bringBack(recall(nameOf(study)));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = () => {
    clearTimeout(timer);
    timer = undefined;
    const all = annotation.state.getAllAnnotations();
    const written = studies.map((study) => remember(nameOf(study), ofStudy(all, study)));
    changed({ count: all.length, kept: written.every(Boolean) });
  };
  // What is half drawn is none yet.
  const later = () =>
    (timer ??= setTimeout(() => ((timer = undefined), isMeasuring() ? later() : write()), writeAfterMs));
  const leave = () => timer !== undefined && !isMeasuring() && write();
  for (const change of changes) eventTarget.addEventListener(change, later);
  addEventListener('pagehide', leave);
  write();
  return () => {
    leave();
    clearTimeout(timer);
    for (const change of changes) eventTarget.removeEventListener(change, later);
    removeEventListener('pagehide', leave);
  };
}

const nameOf = (study: string) => `measurements.${study}`;

function bringBack(kept: unknown): void {
  if (!Array.isArray(kept)) return;
  const manager = annotation.state.getAnnotationManager();
  for (const one of kept as Kept[]) {
    if (one.annotationUID && manager.getAnnotation(one.annotationUID)) continue;
    // Its numbers are computed anew, from the pixels and the spacing.
    const whole = { ...one, highlighted: false, invalidated: true, isLocked: false, isVisible: true };
    manager.addAnnotation(whole as Types.Annotation, one.metadata?.FrameOfReferenceUID);
  }
}

function ofStudy(all: Types.Annotation[], study: string): Kept[] {
  const address = `/studies/${encodeURIComponent(study)}/`;
  const drawnThere = all.filter(({ metadata }) => metadata?.referencedImageId?.includes(address));
  return drawnThere.map(({ annotationUID, metadata, data }) => plain({ annotationUID, metadata, data }));
}

/** Without the numbers, and with arrays in place of typed ones, which JSON would make objects of. */
function plain({ annotationUID, metadata, data }: Kept): Kept {
  const json = JSON.stringify({ annotationUID, metadata, data: { ...data, cachedStats: {} } }, (_, value: unknown) =>
    ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<number>) : value,
  );
  return JSON.parse(json) as Kept;
}
