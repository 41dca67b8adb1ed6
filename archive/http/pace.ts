/**
 * The pace of what comes and goes on HTTP connections. A byte a minute is no silence: without a least pace such a client keeps its
 * connection, and what is being done for it, for as long as it likes.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

export class Pace {
  readonly #leastBytes: number;
  readonly #before = new WeakMap<Socket, Moment>();

  /** @param leastBytes  that have to come, or to be taken, from one look to the next */
  constructor(leastBytes: number) {
    this.#leastBytes = leastBytes;
  }

  /**
   * Call it at regular times.
   * @param requests  on this connection that are not answered to the end
   * @returns whether the same request has been coming, or answers have been waiting to be taken, since the last look, and hardly
   *   anything of it has
   */
  isTooSlow(socket: Socket, requests: Iterable<IncomingMessage>): boolean {
    const now = momentOf(socket, requests);
    const before = this.#before.get(socket);
    this.#before.set(socket, now);
    if (!before) return false;
    const comes = now.coming !== undefined && now.coming === before.coming;
    if (comes && now.received - before.received < this.#leastBytes) return true;
    return now.isWaiting && before.isWaiting && now.sent - before.sent < this.#leastBytes;
  }
}

interface Moment {
  /** A request whose rest we are waiting for. */
  readonly coming: IncomingMessage | undefined;
  /** Something of an answer waits for the client. */
  readonly isWaiting: boolean;
  readonly received: number;
  readonly sent: number;
}

function momentOf(socket: Socket, requests: Iterable<IncomingMessage>): Moment {
  const { bytesRead, bytesWritten, writableLength } = socket;
  return {
    coming: [...requests].find(isComing),
    isWaiting: writableLength > 0,
    received: bytesRead,
    sent: bytesWritten - writableLength,
  };
}

/** Where what has come lies unread it is not the client who is slow. */
function isComing({ complete, readableLength, readableHighWaterMark }: IncomingMessage): boolean {
  return !complete && readableLength < readableHighWaterMark;
}
