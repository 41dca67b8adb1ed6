// What changes in the archive, as it changes: one stream of server-sent events for all tabs of a browser, because a
// browser opens only six connections to a plain HTTP server. The tab that holds the lock listens and tells the others.
import { signal } from '@preact/signals';
import { readSession } from '../archive-client.ts';

/** Study Instance UIDs; `any` where they are too many to name, or something may have been missed. */
export type Changed = readonly string[] | 'any';

type Told =
  { kind: 'studies'; changed: Changed } | { kind: 'live'; isLive: boolean } | { kind: 'is anybody listening' };

const name = 'lightbox.events';
const askAgainMs = 5_000;

/** Whether news arrives by itself just now. */
export const isLive = signal(false);

/**
 * Calls `changed` when studies came or changed, and whenever something may have been missed.
 * @returns what stops it
 */
export function listenForStudies(changed: (studies: Changed) => void): () => void {
  const channel = new BroadcastChannel(name);
  const stopped = new AbortController();
  const hear = (told: Told) => {
    if (told.kind === 'live') isLive.value = told.isLive;
    else if (told.kind === 'studies') changed(told.changed);
  };
  const tell = (told: Told) => {
    channel.postMessage(told);
    hear(told);
  };
  channel.onmessage = (message: MessageEvent<Told>) => hear(message.data);
  channel.postMessage({ kind: 'is anybody listening' } satisfies Told);
  if ('locks' in navigator) void listenAsOne(tell, stopped.signal);
  else listenWhileVisible(tell, stopped.signal);
  return () => {
    if (!stopped.signal.aborted) stopped.abort();
    channel.close();
    isLive.value = false;
  };
}

async function listenAsOne(tell: (told: Told) => void, stopped: AbortSignal): Promise<void> {
  try {
    await navigator.locks.request(name, { signal: stopped }, () => {
      const close = openStream(tell);
      return new Promise<void>((done) => {
        stopped.addEventListener('abort', () => {
          close();
          done();
        });
      });
    });
  } catch {
    return; // the page was left while another tab listened
  }
}

/** Over plain HTTP to another machine there are no locks: then each tab that is looked at listens for itself. */
function listenWhileVisible(tell: (told: Told) => void, stopped: AbortSignal): void {
  let close: (() => void) | undefined;
  const follow = () => {
    if (document.hidden) {
      close?.();
      close = undefined;
    } else close ??= openStream(tell);
  };
  follow();
  document.addEventListener('visibilitychange', follow, { signal: stopped });
  stopped.addEventListener('abort', () => close?.());
}

/** A browser connects again by itself when a stream ends, but not after an answer that is no stream: signed out, or away. */
function openStream(tell: (told: Told) => void): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const newcomers = new BroadcastChannel(name);
  newcomers.onmessage = ({ data }: MessageEvent<Told>) => {
    const isOpen = source?.readyState === EventSource.OPEN;
    if (data.kind === 'is anybody listening' && isOpen) tell({ kind: 'live', isLive: true });
  };
  const open = () => {
    source = new EventSource('/api/events');
    // Between two streams something may have come.
    source.addEventListener('listening', () => {
      tell({ kind: 'live', isLive: true });
      tell({ kind: 'studies', changed: 'any' });
    });
    source.addEventListener('studies', ({ data }: MessageEvent<string>) => {
      const { studies } = JSON.parse(data) as { studies: readonly string[] | 'many' };
      tell({ kind: 'studies', changed: studies === 'many' ? 'any' : studies });
    });
    source.addEventListener('error', () => {
      tell({ kind: 'live', isLive: false });
      if (source?.readyState === EventSource.CLOSED) timer = setTimeout(openAgain, askAgainMs);
    });
  };
  const openAgain = async () => {
    const isSignedIn = await readSession().then(Boolean, () => false);
    if (isSignedIn) open();
    else timer = setTimeout(openAgain, askAgainMs);
  };
  open();
  return () => {
    clearTimeout(timer);
    newcomers.close();
    source?.close();
    tell({ kind: 'live', isLive: false });
  };
}
