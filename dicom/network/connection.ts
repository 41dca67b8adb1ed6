/**
 * A transport connection as the state machine of an association uses it (PS3.8 9.1): sends PDUs, tells what comes and when
 * nothing does, runs the ARTIM timer (9.1.5), and closes.
 */
import type { Socket } from 'node:net';

import type { UpperLayerLimits } from './limits.ts';
import { acknowledgeWhenRead } from './quick-acknowledgement.ts';
import { sentBytes } from './sent-bytes.ts';
import type { Transport } from './transport.ts';
import { Turns } from './turns.ts';

/**
 * Of a turn of the event loop, for what all connections bring. A peer that sends commands, or PDUs of nothing, as fast as it
 * can has megabytes of them there each time, on each of its connections: then the others wait for a piece of it, and it waits for them.
 */
const readMsPerTurn = 4;
const turns = new Turns(readMsPerTurn);

export interface ConnectionUser {
  /** @param bytes stay as they are until this returns, or while they are held */
  received(bytes: Buffer): void;
  closed(): void;
  artimExpired(): void;
  /**
   * Watched, nothing has come or gone for `forMs`, and nothing waits for the peer to take it. Told when that is as long as one of
   * the limits of silence, and again while it lasts.
   */
  quiet(forMs: number): void;
  /** Watched, once in each `stalledMessageMs`. @param received  bytes within it @param sent  bytes that went out within it */
  paced(received: number, sent: number): void;
}

type ConnectionLimits = Pick<UpperLayerLimits, 'artimMs' | 'stalledMessageMs' | 'idleAssociationMs'>;

export class Connection {
  readonly #transport: Transport;
  readonly #socket: Socket;
  readonly #limits: ConnectionLimits;
  readonly #user: ConnectionUser;
  #artim: NodeJS.Timeout | undefined;
  #isWatched = false;
  #isPaused = false;
  /** The system may keep its acknowledgements back since. */
  #hasSpoken = false;
  /** What has come waits for a turn: nothing more is read before. */
  #isPostponed = false;
  /** Told when what came before has had its turn: an answer, or a release, is worth as much from a peer that has gone since. */
  #isClosed = false;
  #error: Error | undefined;
  #drained: PromiseWithResolvers<void> | undefined;
  #activity = 0;
  #quietMs = 0;
  /** Of silence, until the socket tells. */
  #listeningMs = 0;
  #pace: NodeJS.Timeout | undefined;
  /** Where its peer is one of several at an address. */
  #callingAETitle = '';

  constructor(transport: Transport, limits: ConnectionLimits, user: ConnectionUser) {
    const { socket } = transport;
    this.#transport = transport;
    this.#socket = socket;
    this.#limits = limits;
    this.#user = user;
    socket.setNoDelay(true);
    transport.receive((bytes) => this.#received(bytes));
    socket.on('error', (error) => (this.#error = error));
    socket.on('close', () => {
      this.#isClosed = true;
      if (!this.#isPostponed) user.closed();
    });
    socket.on('drain', () => this.#drained?.resolve());
    socket.on('timeout', () => this.#quiet());
  }

  /** The system has all that we sent: the memory it lay in may be used again. */
  get isFlushed(): boolean {
    return this.#socket.writableLength === 0;
  }

  /** What the socket failed with, if it did. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Whole PDUs, with one system call; the bytes must stay as they are. */
  write(pdus: readonly Buffer[]): void {
    if (pdus.length > 1) this.#socket.cork();
    for (const pdu of pdus) this.#socket.write(pdu);
    if (pdus.length > 1) this.#socket.uncork();
    this.#hasSpoken = true;
  }

  /** A promise only when the peer reads more slowly than we send; it is rejected by `unwatch`. */
  taken(): Promise<void> | undefined {
    if (!this.#socket.writableNeedDrain) return undefined;
    this.#drained ??= Promise.withResolvers<void>();
    const { promise } = this.#drained;
    return promise.finally(() => (this.#drained = undefined));
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#goOnReading();
  }

  hold(piece: Buffer): void {
    this.#transport.hold(piece);
  }

  giveBack(piece: Buffer): void {
    this.#transport.giveBack(piece);
  }

  startArtim(): void {
    clearTimeout(this.#artim);
    this.#artim = setTimeout(() => this.#user.artimExpired(), this.#limits.artimMs);
  }

  stopArtim(): void {
    clearTimeout(this.#artim);
  }

  /** From here on it is this one's: others at the same address have turns of their own. */
  isOf(callingAETitle: string): void {
    this.#callingAETitle = callingAETitle;
  }

  /** From here on the user is told when it is quiet. */
  watch(): void {
    this.#isWatched = true;
    this.#listen();
    let before = this.#moved();
    this.#pace = setInterval(() => {
      const now = this.#moved();
      const [received, sent] = [now.received - before.received, now.sent - before.sent];
      before = now;
      this.#user.paced(received, sent);
    }, this.#limits.stalledMessageMs);
  }

  /** The association is over. @param why  for whoever waits until the peer has taken what was sent */
  unwatch(why: Error): void {
    this.#isWatched = false;
    this.#socket.setTimeout(0);
    clearInterval(this.#pace);
    this.#drained?.reject(why);
  }

  /** Our last word: the peer should close, and what it still sends is read and thrown away until ARTIM expires. */
  end(pdu: Buffer): void {
    if (this.#socket.writable) this.#socket.end(pdu);
    this.resume();
    this.startArtim();
  }

  /** When what was sent is on its way. */
  close(): void {
    this.stopArtim();
    this.#socket.destroySoon();
  }

  /** At once. */
  destroy(): void {
    this.stopArtim();
    this.#socket.destroy();
  }

  #received(bytes: Buffer): void {
    const whose = `${this.#socket.remoteAddress} ${this.#callingAETitle}`;
    const postponed = turns.take(() => this.#user.received(bytes), whose);
    if (this.#hasSpoken) {
      acknowledgeWhenRead(this.#socket);
      this.#hasSpoken = false;
    }
    if (postponed === undefined) return;
    this.#isPostponed = true;
    this.#transport.hold(bytes);
    this.#socket.pause();
    void postponed.then(() => {
      this.#transport.giveBack(bytes);
      this.#isPostponed = false;
      if (this.#isClosed) this.#user.closed();
      else this.#goOnReading();
    });
  }

  #goOnReading(): void {
    if (!this.#isPaused && !this.#isPostponed) this.#socket.resume();
  }

  #moved(): { received: number; sent: number } {
    return { received: this.#socket.bytesRead, sent: sentBytes(this.#socket) };
  }

  #quiet(): void {
    const activity = this.#socket.bytesRead + this.#socket.bytesWritten;
    this.#quietMs = activity === this.#activity ? this.#quietMs + this.#listeningMs : this.#listeningMs;
    this.#activity = activity;
    // Over TLS Node's timer takes a long write that is on its way for silence: what waits is judged by its pace.
    if (this.isFlushed) this.#user.quiet(this.#quietMs);
    if (this.#isWatched) this.#listen();
  }

  /** Until the next limit of silence is reached; what comes and goes meanwhile begins it anew, with the shorter of them. */
  #listen(): void {
    const { stalledMessageMs, idleAssociationMs } = this.#limits;
    const left = [stalledMessageMs, idleAssociationMs].map((limit) => limit - this.#quietMs).filter((ms) => ms > 0);
    this.#listeningMs = Math.min(stalledMessageMs, idleAssociationMs, ...left);
    this.#socket.setTimeout(this.#listeningMs);
  }
}
