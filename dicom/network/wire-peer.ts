/** For tests: the other end of a transport connection, byte by byte, with no state of its own. */
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';

import { type AssociateRequest, applicationContextName, encodeAssociateRequest } from './associate-pdu.ts';

export interface WirePdu {
  readonly type: number;
  readonly body: Buffer;
}

export class WirePeer {
  readonly socket: Socket;
  /** Resolves when the other end has closed. */
  readonly closed: Promise<void>;
  readonly #pdus: WirePdu[] = [];
  readonly #waiting: PromiseWithResolvers<WirePdu | undefined>[] = [];
  #received = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    this.closed = once(socket, 'close').then(() => {
      for (const waiting of this.#waiting.splice(0)) waiting.resolve(undefined);
    });
  }

  /** @param localAddress  of this machine, where it is to be another one than others have */
  static async connect(port: number, localAddress = '127.0.0.1'): Promise<WirePeer> {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    socket.setNoDelay(true);
    const peer = new WirePeer(socket);
    await once(socket, 'connect');
    return peer;
  }

  /** Connects and associates; all that is asked for is accepted or the test fails. */
  static async associate(port: number, request: AssociateRequest = verificationRequest()): Promise<WirePeer> {
    const peer = await WirePeer.connect(port);
    peer.send(encodeAssociateRequest(request));
    const answer = await peer.next();
    if (answer?.type !== 2) throw new Error(`not accepted: PDU of type ${answer?.type}`);
    return peer;
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The next PDU that comes, or undefined when the other end has closed. */
  next(): Promise<WirePdu | undefined> {
    const pdu = this.#pdus.shift();
    if (pdu || this.socket.closed) return Promise.resolve(pdu);
    const waiting = Promise.withResolvers<WirePdu | undefined>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  destroy(): void {
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 6) {
      const length = 6 + this.#received.readUInt32BE(2);
      if (this.#received.length < length) return;
      const pdu = { type: this.#received.readUInt8(0), body: this.#received.subarray(6, length) };
      this.#received = this.#received.subarray(length);
      const waiting = this.#waiting.shift();
      if (waiting) waiting.resolve(pdu);
      else this.#pdus.push(pdu);
    }
  }
}

/** An A-ASSOCIATE-RQ for Verification, or for what is given. */
export function verificationRequest(differs: Partial<AssociateRequest> = {}): AssociateRequest {
  return {
    protocolVersion: 1,
    calledAETitle: 'LIGHTBOX',
    callingAETitle: 'TEST',
    applicationContext: applicationContextName,
    contexts: [{ id: 1, abstractSyntax: '1.2.840.10008.1.1', transferSyntaxes: ['1.2.840.10008.1.2'] }],
    userInformation: {
      maximumLength: 16_384,
      implementationClassUID: '1.2.3',
      roles: [],
      extended: [],
      commonExtended: [],
    },
    ...differs,
  };
}
