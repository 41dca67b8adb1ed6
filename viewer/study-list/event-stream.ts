// One stream of server-sent events for all tabs of a browser, because a browser opens only six connections to a plain HTTP
// server. The tab that holds the lock listens and tells the others.
import { readSession } from '../archive-client.ts';

/** Study Instance UIDs; `any` where they are too many to name, or something may have been missed. */
export type Changed = readonly string[] | 'any';

export type Told =
  | { kind: 'studies'; changed: Changed }
  // Of these it is only said that something changed.
  | { kind: 'sends' | 'worklist' }
  | { kind: 'live'; isLive: boolean }
  // What needs a person, by the names of the status page; of administrators' pages.
  | { kind: 'alerts'; alerts: readonly string[] };

const name = 'lightbox.events';
const isAnybodyListening = 'is anybody listening';
const askAgainMs = 5_000;
const longestAgainMs = 60_000;
// More than two beats of the archive: a line may be cut without anybody being told.
const silentMs = 60_000;
const listenEveryMs = 5_000;

/** Hears what the tab that listens tells the others, and listens when it is this one's turn. */
export function join(hear: (told: Told) => void): () => void {
  const channel = new BroadcastChannel(name);
  const stopped = new AbortController();
  const { signal: left } = stopped;
  const stream = openStream((told) => {
    channel.postMessage(told);
    hear(told);
  });
  channel.onmessage = ({ data }: MessageEvent<Told | typeof isAnybodyListening>) => {
    if (data === isAnybodyListening) stream.sayIfOpen();
    else hear(data);
  };
  channel.postMessage(isAnybodyListening);
  if ('locks' in navigator)
    navigator.locks
      .request(name, { signal: left }, () => {
        stream.open();
        return new Promise((done) => left.addEventListener('abort', done));
      })
      .catch(() => {}); // the page was left while another tab listened
  else {
    // Over plain HTTP to another machine there are no locks: then each tab that is looked at listens for itself.
    const follow = () => (document.hidden ? stream.close() : stream.open());
    follow();
    document.addEventListener('visibilitychange', follow, { signal: left });
  }
  return () => {
    stopped.abort();
    stream.close();
    channel.close();
    hear({ kind: 'live', isLive: false });
  };
}

/** A browser connects again by itself when a stream ends, but not after an answer that is no stream: signed out, or away. */
function openStream(tell: (told: Told) => void) {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let listening: ReturnType<typeof setInterval> | undefined;
  /** By the clock: timers stand still while a computer sleeps. */
  let heardAt = 0;
  let today = new Date().toDateString();
  let againMs = askAgainMs;
  let isWanted = false;
  let alerts: readonly string[] = [];
  const tellAlerts = () => tell({ kind: 'alerts', alerts });
  const openAfter = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(openAgain, ms);
  };
  const listen = () => {
    const day = new Date().toDateString();
    // After midnight what is of today is of another day, and the archive tells that to nobody.
    if (day !== today) tell({ kind: 'studies', changed: 'any' });
    today = day;
    if (source && Date.now() - heardAt > silentMs) doubt();
  };
  const doubt = () => {
    source?.close();
    source = undefined;
    tell({ kind: 'live', isLive: false });
    void openAgain();
  };
  const open = () => {
    isWanted = true;
    source?.close();
    source = new EventSource('/api/events');
    const heard = (event: string, then?: (event: MessageEvent<string>) => void) =>
      source?.addEventListener(event, (told: MessageEvent<string>) => {
        heardAt = Date.now();
        then?.(told);
      });
    heardAt = Date.now();
    listening ??= setInterval(listen, listenEveryMs);
    heard('beat');
    heard('listening', () => {
      againMs = askAgainMs;
      tell({ kind: 'live', isLive: true });
      // Between two streams something may have come.
      tell({ kind: 'studies', changed: 'any' });
    });
    heard('studies', ({ data }) => {
      const { studies } = JSON.parse(data) as { studies: readonly string[] | 'many' };
      tell({ kind: 'studies', changed: studies === 'many' ? 'any' : studies });
    });
    heard('alerts', ({ data }) => {
      ({ alerts } = JSON.parse(data) as { alerts: readonly string[] });
      tellAlerts();
    });
    heard('sends', () => tell({ kind: 'sends' }));
    heard('worklist', () => tell({ kind: 'worklist' }));
    // What modalities begin and end moves entries on.
    heard('performed-steps', () => tell({ kind: 'worklist' }));
    source.addEventListener('error', () => {
      tell({ kind: 'live', isLive: false });
      if (source?.readyState !== EventSource.CLOSED) return;
      source = undefined;
      openAfter(againMs);
      againMs = Math.min(2 * againMs, longestAgainMs);
    });
  };
  const openAgain = async () => {
    const isSignedIn = await readSession().then(Boolean, () => false);
    if (!isWanted) return;
    if (isSignedIn) open();
    else openAfter(askAgainMs);
  };
  return {
    open,
    close() {
      isWanted = false;
      clearTimeout(timer);
      clearInterval(listening);
      listening = undefined;
      if (source) tell({ kind: 'live', isLive: false });
      source?.close();
      source = undefined;
    },
    sayIfOpen() {
      if (source?.readyState !== EventSource.OPEN) return;
      tell({ kind: 'live', isLive: true });
      tellAlerts();
    },
  };
}
