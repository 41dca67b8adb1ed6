/**
 * Server-sent events for open study lists and programs (HTML Living Standard 9.2): `studies` says which studies changed, by UID; what
 * changed is asked for by a search, which applies the caller's rights and filters. `performed-steps` says what modalities begin and end
 * (MPPS); what they say of it is given by `/api/studies/{study}/performed-steps`. `sends` (rules included) and `worklist` say only that something
 * of it changed. `alerts` names to administrators what the status page warns of, first of all and when it changes.
 * `beat` says that the stream is alive: who has heard nothing for much longer opens another one.
 */
import type { Response } from 'express';
import { callerKey } from '#access/caller.ts';
import { limits } from '#settings/limits.ts';
import type { CallerRequest, Resource } from '../http/resource.ts';
import { Problem } from '../problems.ts';
import type { StudyChanges } from '../study-changes.ts';

export interface EventStreams {
  readonly resource: Resource;
  /** Ends every stream, so that a closing archive need not wait for people who keep their list open. */
  close(): Promise<void>;
}

/** @param parts.alerts  what needs a person (api/status.ts) */
export function openEventStreams({
  changes,
  alerts,
}: {
  readonly changes: StudyChanges;
  readonly alerts: () => Promise<readonly string[]>;
}): EventStreams {
  /** What ends each, and whose it is. */
  const streams = new Map<() => void, Listener>();
  let isClosed = false;

  async function stream(request: CallerRequest, response: Response, signal: AbortSignal): Promise<void> {
    const { heartbeatMs, streamMs, unreadBytes } = limits.events;
    // Proxies gather answers unless told not to.
    response.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
    // Its headers are all of the answer (RFC 9110 Section 9.3.2), and it takes no place among those who listen.
    if (request.method === 'HEAD') return void response.end();
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    for (const each of [signal, request.lockedOut]) each.addEventListener('abort', () => end(), { once: true });
    const send = (text: string): void => {
      if (response.writableEnded) return;
      if (response.writableLength > unreadBytes) response.destroy();
      else response.write(text);
    };
    streams.set(end, listenerOf(request));
    // Whoever has been logged out meanwhile, or may no longer read, is told nothing more.
    let told = Promise.resolve();
    const sendIfAllowed = (text: string): void => {
      told = told
        .then(async () => ((await request.callerNow())?.rights.has('read') ? send(text) : end()))
        .catch(() => end());
    };
    const sendEvent = (event: string, data: object): void =>
      sendIfAllowed(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    const stop = await changes
      .listen(request.caller, {
        studies: (studies) => sendEvent('studies', { studies }),
        steps: (steps) => sendEvent('performed-steps', { steps }),
        sends: () => sendEvent('sends', {}),
        worklist: () => sendEvent('worklist', {}),
      })
      .catch((error: unknown) => {
        streams.delete(end);
        throw error;
      });
    let warnedOf: string | undefined;
    const warn = async (): Promise<void> => {
      if (!(await request.callerNow())?.rights.has('manage')) return;
      const found = await alerts();
      if (found.join() !== warnedOf) sendEvent('alerts', { alerts: found });
      warnedOf = found.join();
    };
    const look = (): void => void warn().catch(() => {}); // PostgreSQL is away: at the beat after it is back
    const beat = setInterval(() => {
      sendEvent('beat', {});
      look();
    }, heartbeatMs);
    const timer = setTimeout(end, streamMs);
    try {
      send('retry: 1000\nevent: listening\ndata: {}\n\n');
      look();
      if (!isClosed && !signal.aborted) await over;
      response.end();
    } finally {
      clearInterval(beat);
      clearTimeout(timer);
      streams.delete(end);
      stop();
    }
  }

  return {
    resource: {
      method: 'get',
      path: '/events',
      right: 'read',
      isStream: true,
      description: { summary: 'What changes, as it changes (server-sent events)', answerType: 'text/event-stream' },
      async handle(request, response, signal) {
        if (streams.size >= limits.events.streams)
          throw new Problem('unavailable', 'too many listeners', {
            retryAfterSeconds: limits.retryAfter.streamsSeconds,
          });
        // What one account leaves open, or a program of its that never closes, must not keep all others from hearing.
        const { caller, address } = listenerOf(request);
        const { streamsPerCaller, streamsPerAddress } = limits.events;
        const own = [...streams.values()].filter((each) => each.caller === caller);
        if (own.length >= streamsPerCaller) throw tooMany(streamsPerCaller);
        if (own.filter((each) => each.address === address).length >= streamsPerAddress)
          throw tooMany(streamsPerAddress, ' from one address');
        await stream(request, response, signal);
      },
    },
    async close() {
      isClosed = true;
      for (const end of streams.keys()) end();
    },
  };
}

/** Whose a stream is, and where it is heard. */
interface Listener {
  readonly caller: string;
  readonly address: string | undefined;
}

function listenerOf({ caller }: CallerRequest): Listener {
  return { caller: callerKey(caller), address: caller.address };
}

function tooMany(most: number, of = ''): Problem {
  return new Problem('tooManyRequests', `one account or token has at most ${most} event streams${of}`, {
    retryAfterSeconds: limits.retryAfter.streamsSeconds,
  });
}
