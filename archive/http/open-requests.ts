/**
 * Requests that are under way, each with who sent it. What lasts (an upload, a download, a stream of events) ends soon after its caller
 * is locked out. No caller has more than his share of them: some are answered at once, and those behind them wait. An account may be that
 * of a whole hospital: of its share no address has more than a part, and those that wait have their turn by address.
 */
import type { Request, Response } from 'express';
import { type Caller, callerKey } from '#access/caller.ts';
import { limits } from '#settings/limits.ts';
import type { Log } from '#settings/log.ts';
import { onBehalfOf } from '#settings/on-behalf.ts';
import { Places } from '#settings/places.ts';
import { type Abortable, type Behind, type LockedOutParts, watchLockedOut } from '../locked-out.ts';
import { Problem } from '../problems.ts';
import type { CallerRequest } from './resource.ts';

export class OpenRequests {
  readonly #open = new Map<Abortable, Behind>();
  readonly #byCaller = new Map<string, OfCaller>();
  readonly #log: Log;

  constructor({ log }: { log: Log }) {
    this.#log = log;
  }

  /** From here on those of callers that are locked out are ended. */
  watch(parts: LockedOutParts): AsyncDisposable {
    return watchLockedOut('HTTP requests', this.#open, { ...parts, log: this.#log });
  }

  /**
   * From here until it is answered.
   * @throws Problem tooManyAtOnce
   */
  begin(request: Request, response: Response, caller: Caller): Pick<CallerRequest, 'lockedOut' | 'turn'> {
    const name = callerKey(caller);
    const address = caller.address ?? '';
    const { answeredPerCaller, answeredPerAddress, requestsPerCaller, requestsPerAddress } = limits.http;
    const own = this.#byCaller.get(name) ?? { ...requestsOf(answeredPerCaller), byAddress: new Map<string, Share>() };
    const here = own.byAddress.get(address) ?? requestsOf(answeredPerAddress);
    if (own.underWay >= requestsPerCaller) throw tooMany(requestsPerCaller);
    if (here.underWay >= requestsPerAddress) throw tooMany(requestsPerAddress, ' from one address');
    const lockedOut = new AbortController();
    const over = new AbortController();
    const turn = (): Promise<void> =>
      turnAmong((answer) => {
        const among = (): Promise<void> => own.answering.take(answer, over.signal);
        return here.answering.take(() => onBehalfOf(`address ${address}`, among), over.signal);
      }, over.signal);
    const one: Abortable = {
      abort: (why) => {
        lockedOut.abort();
        this.#cutSoon(request, response, { caller: name, reason: why });
      },
    };
    const ended = (): void => {
      over.abort();
      this.#open.delete(one);
      if (--here.underWay === 0) own.byAddress.delete(address);
      if (--own.underWay === 0) this.#byCaller.delete(name);
    };
    own.underWay++;
    here.underWay++;
    own.byAddress.set(address, here);
    this.#byCaller.set(name, own);
    this.#open.set(one, caller);
    // Its client may have gone while it was found out who that is.
    if (response.closed) ended();
    else response.once('close', ended);
    return { lockedOut: lockedOut.signal, turn };
  }

  /** Not at once: who has changed the own account with this request is to be told so, and who uploads, what was kept. */
  #cutSoon(request: Request, response: Response, fields: { readonly caller: string; readonly reason: string }): void {
    const timer = setTimeout(() => {
      this.#log.warn({ ...fields, route: response.locals['route'] as unknown }, 'request ended');
      request.socket.destroy();
    }, limits.access.lockedOutGraceMs);
    response.once('close', () => clearTimeout(timer));
  }
}

interface Share {
  underWay: number;
  /** Of those, the ones that are being answered. */
  readonly answering: Places;
}

interface OfCaller extends Share {
  readonly byAddress: Map<string, Share>;
}

function requestsOf(answeredAtOnce: number): Share {
  return { underWay: 0, answering: new Places(answeredAtOnce) };
}

function tooMany(most: number, of = ''): Problem {
  return new Problem('tooManyAtOnce', `one account or token has at most ${most} requests under way at once${of}`, {
    retryAfterSeconds: limits.http.requestsRetryAfterSeconds,
  });
}

/** Resolves when there is a place, which is given back when `over` aborts. @throws the reason of `over` */
function turnAmong(take: (answer: () => Promise<void>) => Promise<void>, over: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const answer = async (): Promise<void> => {
      // Its client may have gone as it was given the place.
      over.throwIfAborted();
      resolve();
      await new Promise<void>((done) => over.addEventListener('abort', () => done(), { once: true }));
    };
    take(answer).catch(reject);
  });
}
