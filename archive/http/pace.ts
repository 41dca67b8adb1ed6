/**
 * The pace of what comes and goes on HTTP connections. A byte a minute is no silence: without a least pace such a client keeps its
 * connection, and what is being done for it, for as long as it likes.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { sentBytes } from '#dicom/network/sent-bytes.ts';

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
   * @returns why it should be cut: the same request has been coming, or answers have been waiting to be taken, since the last
   *   look, and hardly anything of it has
   */
  tooSlow(socket: Socket, requests: Iterable<IncomingMessage>): string | undefined {
    const now = momentOf(socket, requests);
    const before = this.#before.get(socket);
    this.#before.set(socket, now);
    if (!before) return undefined;
    const comes = now.coming !== undefined && now.coming === before.coming;
    if (comes && now.received - before.received < this.#leastBytes) return 'the request comes too slowly';
    const waits = now.isWaiting && before.isWaiting;
    return waits && now.sent - before.sent < this.#leastBytes ? 'the answer is read too slowly' : undefined;
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
  const { bytesRead, writableLength } = socket;
  return {
    coming: [...requests].find(isComing),
    isWaiting: writableLength > 0,
    received: bytesRead,
    sent: sentBytes(socket),
  };
}

/** Where what has come lies unread it is not the client who is slow. */
function isComing({ complete, readableLength, readableHighWaterMark }: IncomingMessage): boolean {
  return !complete && readableLength < readableHighWaterMark;
}
