// What changes in the archive, as it changes, for whatever page shows it. What listens comes when the page stands (event-stream.ts).
import { signal } from '@preact/signals';
import type { Changed, Told } from './event-stream.ts';

const nextPageMs = 1_000;

/** Whether news arrives by itself just now. */
export const isLive = signal(false);

/** How much needs a person: what the status page warns of. Known only to administrators' pages. */
export const alerts = signal<readonly string[]>([]);

const listeners = new Set<(told: Told) => unknown>();
let stream: Promise<() => void> | undefined;

/**
 * Calls `changed` when studies came or changed, and whenever something may have been missed.
 * @returns what stops it
 */
export function listenForStudies(changed: (studies: Changed) => void): () => void {
  return listen((told) => told.kind === 'studies' && changed(told.changed));
}

/**
 * Calls `changed` when what is sent, or the worklist, has changed, and whenever something may have been missed.
 * @returns what stops it
 */
export function listenFor(kind: 'sends' | 'worklist', changed: () => void): () => void {
  return listen((told) => (told.kind === kind || (told.kind === 'studies' && told.changed === 'any')) && changed());
}

/** Keeps `alerts` up to date. @returns what stops it */
export const listenForAlerts = () => listen(() => {});

/** All who listen in a tab share what it hears; it goes on for a moment, because the next page listens too. */
function listen(heard: (told: Told) => unknown): () => void {
  listeners.add(heard);
  stream ??= import('./event-stream.ts').then(({ join }) => join(hear));
  // Without it, pages ask now and then.
  stream.catch(() => (stream = undefined));
  return () => {
    listeners.delete(heard);
    setTimeout(() => {
      if (listeners.size > 0) return;
      void stream?.then((leave) => leave());
      stream = undefined;
    }, nextPageMs);
  };
}

function hear(told: Told): void {
  if (told.kind === 'live') isLive.value = told.isLive;
  else if (told.kind === 'alerts') alerts.value = told.alerts;
  else for (const heard of listeners) heard(told);
}
