// The worklist as the page holds it: asked for again when the archive tells that it changed, because modalities move it on.
import { signal } from '@preact/signals';
import type { LoadError } from '../archive-client.ts';
import { asWritten } from '../as-written.ts';
import { personName } from '../format.ts';
import { keepTold } from '../keep-told.ts';
import { listenFor } from '../study-list/live.ts';
import { readAnew } from '../read-anew.ts';
import { text } from '../text.ts';
import { thenRefresh } from '../then-refresh.ts';
import {
  cancelStep,
  changeStep,
  scheduleStep,
  searchSteps,
  type Step,
  type StepAttributes,
  type StepPage,
  type StepSearch,
  type StepState,
} from './worklist-client.ts';

export type Period = 'today' | 'tomorrow' | 'week' | 'all';

export interface Criteria {
  text: string;
  period: Period;
  modality: string;
  /** What is completed, discontinued or cancelled too. */
  withEnded: boolean;
}

const newsEveryMs = 1_500;
const lookEveryMs = 10_000;
const typedForMs = 250;
const aimedForMs = 3_000;
const openStates: readonly StepState[] = ['scheduled', 'arrived', 'ready', 'started'];
const endedStates: readonly StepState[] = ['completed', 'discontinued', 'cancelled'];

export const criteria = signal<Criteria>({ text: '', period: 'today', modality: '', withEnded: false });
export const found = signal<StepPage | undefined>(undefined);
export const error = signal<LoadError | undefined>(undefined);

let asking: AbortController | undefined;
let typing: ReturnType<typeof setTimeout> | undefined;

let stillUntil = 0;

/** Somebody points at an entry: what stands there stays for a moment, or the button that is pressed would be another patient's. */
export function keepStill(): void {
  stillUntil = performance.now() + aimedForMs;
}

function searchOf({ text, period, modality, withEnded }: Criteria): StepSearch {
  return {
    states: withEnded ? [...openStates, ...endedStates] : openStates,
    // What today is, the archive decides: it knows where the hospital is.
    ...(period !== 'all' && { period }),
    ...(modality !== '' && { modality }),
    ...(text.trim() !== '' && { text }),
  };
}

/** An earlier question that is not answered yet is dropped. */
export async function refresh(): Promise<void> {
  clearTimeout(typing);
  asking?.abort();
  const { signal: stopped } = (asking = new AbortController());
  await readAnew({ shown: found, error }, () => searchSteps(searchOf(criteria.value), stopped), stopped);
}

async function refreshWhenStill(stopped: AbortSignal): Promise<void> {
  for (let waitMs = 0; (waitMs = stillUntil - performance.now()) > 0;)
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  if (!stopped.aborted) await refresh();
}

export function change(changed: Partial<Criteria>): void {
  criteria.value = { ...criteria.value, ...changed };
  clearTimeout(typing);
  typing = setTimeout(() => void refresh(), changed.text === undefined ? 0 : typedForMs);
}

/** Returns what stops it. */
export function keepFresh(): () => void {
  void refresh();
  const stop = keepTold(refreshWhenStill, (changed) => listenFor('worklist', changed), {
    newsEveryMs,
    lookEveryMs,
    error,
  });
  return () => {
    stop();
    clearTimeout(typing);
    asking?.abort();
    found.value = undefined;
  };
}

/** @throws LoadError, for the form to show */
export async function save(step: Step | undefined, attributes: StepAttributes): Promise<void> {
  await (step ? changeStep(step.id, attributes, step.state) : scheduleStep(attributes));
  await refresh();
}

export async function setState({ id, attributes }: Step, state: StepState): Promise<void> {
  const isCancelled = state === 'cancelled';
  const name = personName(attributes.PatientName) ?? text('noName');
  await thenRefresh(
    refresh,
    isCancelled ? cancelStep(id) : changeStep(id, asWritten(attributes), state),
    text(isCancelled ? 'stepCancelledOf' : 'stepArrivedOf', { name }),
  );
}
