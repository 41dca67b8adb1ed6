/**
 * The connections of the HTTP door, and their number. Silence costs a socket: whoever comes when all places are taken gets
 * that of somebody who is being done nothing for, or who is not known; readers at work are not turned away for those. No caller keeps
 * all of them busy (open-requests.ts).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { limits } from '#settings/limits.ts';
import type { Log } from '#settings/log.ts';
import { Pace } from './pace.ts';
import type { CallerRequest } from './resource.ts';

export interface ConnectionLimits {
  readonly connections: number;
  readonly stalledMs: number;
  readonly leastPaceBytes: number;
}

export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #log: Pick<Log, 'warn'> | undefined;
  /** What has been asked on each, and begins to answer it; the one that has been quiet longest comes first. */
  readonly #answering = new Map<Socket, Map<IncomingMessage, () => void>>();

  constructor(given: ConnectionLimits = limits.http, log?: Pick<Log, 'warn'>) {
    this.#limits = given;
    this.#log = log;
  }

  /** From here on those that come, or take what is sent, too slowly are cut, and the log says so. @returns ends that */
  watch(): () => void {
    const { leastPaceBytes, stalledMs } = this.#limits;
    const pace = new Pace(leastPaceBytes);
    const looking = setInterval(() => {
      for (const [socket, requests] of this.#answering) {
        const reason = pace.tooSlow(socket, requests.keys());
        if (reason !== undefined) this.#cut(socket, reason);
      }
    }, stalledMs);
    looking.unref();
    return () => clearInterval(looking);
  }

  /**
   * Node's timer says that nothing has moved. Over TLS it says so too while one long write is on its way: where something waits
   * for the client, the pace tells.
   */
  silent(socket: Socket): void {
    if (socket.writableLength === 0) this.#cut(socket, 'silence');
  }

  /** One that waits for its next request goes without a word. */
  #cut(socket: Socket, reason: string): void {
    const { remoteAddress } = socket;
    const requests = this.#answering.get(socket)?.size ?? 0;
    socket.destroy();
    if (requests > 0) this.#log?.warn({ address: remoteAddress, requests, reason }, 'HTTP connection cut');
  }

  opened(socket: Socket): void {
    this.#answering.set(socket, new Map());
    socket.once('close', () => this.#answering.delete(socket));
    if (this.#answering.size > this.#limits.connections) this.#makeRoom(socket);
  }

  /** The TLS handshake is over: from here on this is the connection that was opened. */
  secured(socket: TLSSocket): void {
    for (const below of this.#answering.keys()) {
      if (below.remotePort !== socket.remotePort || below.remoteAddress !== socket.remoteAddress) continue;
      this.#answering.delete(below);
      break;
    }
    this.opened(socket);
  }

  /**
   * Has it answered when its turn has come. Who sends request behind request without waiting for an answer (RFC 9112 Section 9.3.2) has
   * one after the other done, and so many of them waiting; Node would begin all of them and hold their answers, also for who has gone.
   */
  asked(request: IncomingMessage, response: ServerResponse, begin: () => void): void {
    const { socket } = request;
    // What the parser had in hand when the connection was cut still comes.
    if (socket.destroyed) return;
    const requests = this.#answering.get(socket);
    if (!requests) return begin();
    if (requests.size >= limits.http.pipelinedRequests) return void socket.destroy();
    requests.set(request, begin);
    // A dozen parts of ours wait for its end, each once.
    response.setMaxListeners(20);
    response.once('close', () => {
      requests.delete(request);
      if (!this.#answering.delete(socket)) return;
      this.#answering.set(socket, requests);
      const [next] = requests.values();
      if (socket.writable) next?.();
    });
    if (requests.size === 1) begin();
  }

  /**
   * For the new one, which may be the one to go: where all others are at work there is no room. Of those that are not, the address goes
   * first that has most.
   */
  #makeRoom(newest: Socket): void {
    const idle = [...this.#answering.keys()].filter((socket) => socket !== newest && !this.#isForSomebody(socket));
    const byAddress = Map.groupBy(idle, ({ remoteAddress }) => remoteAddress);
    const [going = newest] = [...byAddress.values()].reduce(
      (most, here) => (here.length > most.length ? here : most),
      [],
    );
    this.#answering.delete(going);
    going.destroy();
  }

  /** Whoever is being answered there has been found out. */
  #isForSomebody(socket: Socket): boolean {
    const [request] = this.#answering.get(socket)?.keys() ?? [];
    return (request as Partial<CallerRequest> | undefined)?.caller !== undefined;
  }
}
