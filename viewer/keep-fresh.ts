// What an open page shows is asked for again now and then, while anybody looks at it.

/** Returns what stops it. */
export function keepFresh(refresh: (stopped: AbortSignal) => Promise<void>, everyMs: number): () => void {
  const stopped = new AbortController();
  let timer: ReturnType<typeof setTimeout>;
  const look = async () => {
    if (!document.hidden) await refresh(stopped.signal);
    if (!stopped.signal.aborted) timer = setTimeout(look, everyMs);
  };
  void look();
  return () => {
    stopped.abort();
    clearTimeout(timer);
  };
}
