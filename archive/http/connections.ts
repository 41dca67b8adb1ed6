/**
 * The connections of the HTTP door, and their number. Silence costs a socket: whoever comes when all places are taken gets
 * that of somebody who is being done nothing for, or who is not known; readers at work are not turned away for those.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { limits } from '#settings/limits.ts';
import type { CallerRequest } from './resource.ts';

export class Connections {
  readonly #most: number;
  /** What is being answered on each; the one that has been quiet longest comes first. */
  readonly #answering = new Map<Socket, Set<IncomingMessage>>();

  constructor(most: number) {
    this.#most = most;
  }

  opened(socket: Socket): void {
    this.#answering.set(socket, new Set());
    socket.once('close', () => this.#answering.delete(socket));
    if (this.#answering.size > this.#most) this.#makeRoom();
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
   * @returns whether it may be answered. Who sends request behind request without waiting for an answer (RFC 9112 Section
   *   9.3.2) has so many begun at once; Node would begin all of them, and hold their answers.
   */
  asked(request: IncomingMessage, response: ServerResponse): boolean {
    const { socket } = request;
    // What the parser had in hand when the connection was cut still comes.
    if (socket.destroyed) return false;
    const requests = this.#answering.get(socket);
    if (!requests) return true;
    if (requests.size >= limits.http.pipelinedRequests) {
      socket.destroy();
      return false;
    }
    requests.add(request);
    response.once('close', () => {
      requests.delete(request);
      if (this.#answering.delete(socket)) this.#answering.set(socket, requests);
    });
    return true;
  }

  /** It may be the new one: where all others are at work there is no room. */
  #makeRoom(): void {
    for (const [socket, requests] of this.#answering) {
      if ([...requests].some(isKnown)) continue;
      this.#answering.delete(socket);
      socket.destroy();
      return;
    }
  }
}

/** Whether it has been found out who asks. */
function isKnown(request: IncomingMessage): boolean {
  return (request as Partial<CallerRequest>).caller !== undefined;
}
