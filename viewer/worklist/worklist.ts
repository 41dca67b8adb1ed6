// The worklist as the page holds it: asked for again when the archive tells that it changed, because modalities move it on.
import { computed, signal } from '@preact/signals';
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

/** What was found, and what was asked for: by now something else may be typed. */
interface Found extends StepPage {
  asked: Criteria;
}

export const criteria = signal<Criteria>({ text: '', period: 'today', modality: '', withEnded: false });
export const found = signal<Found | undefined>(undefined);
export const isAnswered = computed(() => JSON.stringify(found.value?.asked) === JSON.stringify(criteria.value));
export const error = signal<LoadError | undefined>(undefined);
/** What was saved just now and is not in the list: who looks for it there in vain would enter it once more. */
export const unseen = signal<Step | undefined>(undefined);

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
  const asked = criteria.value;
  const read = async () => ({ ...(await searchSteps(searchOf(asked), stopped)), asked });
  await readAnew({ shown: found, error }, read, stopped);
}

async function refreshWhenStill(stopped: AbortSignal): Promise<void> {
  for (let waitMs = 0; (waitMs = stillUntil - performance.now()) > 0;)
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  if (!stopped.aborted) await refresh();
}

export function change(changed: Partial<Criteria>): void {
  criteria.value = { ...criteria.value, ...changed };
  unseen.value = undefined;
  asking?.abort();
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
    found.value = unseen.value = undefined;
  };
}

/** @throws LoadError, for the form to show */
export async function save(step: Step | undefined, attributes: StepAttributes): Promise<void> {
  const saved = await (step ? changeStep(step, attributes, step.state) : scheduleStep(attributes));
  await refresh();
  const isShown = found.value?.steps.some(({ id }) => id === saved.id);
  unseen.value = isShown ? undefined : saved;
}

/** Shows the entry that was saved, whatever was chosen. */
export function showUnseen({ attributes: { PatientID } }: Step): void {
  change({ text: PatientID, period: 'all', modality: '' });
}

const saidOf = { scheduled: 'stepAwaitedOf', arrived: 'stepArrivedOf', cancelled: 'stepCancelledOf' } as const;

export async function setState(step: Step, state: keyof typeof saidOf): Promise<void> {
  const { id, attributes } = step;
  const name = personName(attributes.PatientName) ?? text('noName');
  const changed = state === 'cancelled' ? cancelStep(id) : changeStep(step, asWritten(attributes), state);
  await thenRefresh(refresh, changed, text(saidOf[state], { name }));
}
