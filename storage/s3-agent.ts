/**
 * Connections to an S3 server, kept for the next request, and given up when nothing moves on them, or next to nothing: the client has
 * no time limit of its own.
 */
import http, { Agent as HttpAgent } from 'node:http';
import type { ClientRequest, RequestOptions } from 'node:http';
import https, { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';

import { StorageUnavailable } from './storage.ts';

export interface Patience {
  /** Until a connection stands. */
  readonly connectMs: number;
  /** A connection on which nothing has moved: longer than a busy server takes to sync an object to its disks. */
  readonly silenceMs: number;
  /** Slower than this a server is as good as away; a thin line that sixteen objects share is faster. */
  readonly leastBytesPerSecond: number;
}

const usual: Patience = { connectMs: 10_000, silenceMs: 60_000, leastBytesPerSecond: 4 * 1024 };

export function patientAgent(tls: boolean, { connectMs, silenceMs } = usual): HttpAgent {
  const agent = tls ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = connect(options, callback) as Socket | undefined;
    socket?.setTimeout(connectMs);
    socket?.once(tls ? 'secureConnect' : 'connect', () => socket.setTimeout(silenceMs));
    socket?.on('timeout', () => socket.destroy(new StorageUnavailable('the S3 server has been silent for too long')));
    return socket;
  };
  // Node takes the time limit off a connection that waits for its next request.
  const reuse = agent.reuseSocket.bind(agent);
  agent.reuseSocket = (socket, request) => {
    reuse(socket, request);
    (socket as Socket).setTimeout(silenceMs);
  };
  return agent;
}

/**
 * The client's way to make requests: each ends within the time that its bytes take on the slowest line there is patience for. Of an
 * object that is read only the beginning of the answer: how fast it is read is its reader's matter (`Pace`).
 */
export function patientTransport(
  tls: boolean,
  { silenceMs, leastBytesPerSecond } = usual,
): Pick<typeof http, 'request'> {
  const { request: open } = tls ? https : http;
  const request = (options: RequestOptions, callback?: (response: http.IncomingMessage) => void): ClientRequest => {
    const made = open(options, callback);
    const { 'content-length': length } = (options.headers ?? {}) as Record<string, string | number | undefined>;
    const limitMs = 2 * silenceMs + (Number(length ?? 0) / leastBytesPerSecond) * 1_000;
    const giveUp = setTimeout(() => made.destroy(new StorageUnavailable('the S3 server is too slow')), limitMs);
    giveUp.unref();
    const isObject = options.method === 'GET' && !options.path?.includes('?');
    made.once(isObject ? 'response' : 'close', () => clearTimeout(giveUp));
    made.once('close', () => clearTimeout(giveUp));
    return made;
  };
  return { request: request as typeof http.request };
}

/** Whether nothing came for as long as there is patience: the socket's own clock, which ends that, began a moment before its reader's. */
export function isOutOfPatience(waitedMs: number, { silenceMs } = usual): boolean {
  return waitedMs >= 0.9 * silenceMs;
}

/** How fast a server sends what it is asked for, in the time that is spent waiting for it. */
export class Pace {
  readonly #patience: Patience;
  #waitedMs = 0;
  #bytes = 0;

  constructor(patience: Patience = usual) {
    this.#patience = patience;
  }

  /** @throws StorageUnavailable when it has been too slow for as long as there is patience with one that is silent */
  moved(bytes: number, waitedMs: number): void {
    const { silenceMs, leastBytesPerSecond } = this.#patience;
    this.#bytes += bytes;
    this.#waitedMs += waitedMs;
    if (this.#waitedMs < silenceMs) return;
    if (this.#bytes < (this.#waitedMs / 1_000) * leastBytesPerSecond)
      throw new StorageUnavailable('the S3 server is too slow');
    this.#bytes = this.#waitedMs = 0;
  }
}
