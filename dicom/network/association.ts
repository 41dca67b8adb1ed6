/**
 * One association over one transport connection, as acceptor or as requestor: walks the state table of PS3.8 9.2.
 * Its user (the DIMSE layer above) is told of what arrives; what it asks for stands in the methods.
 */
import type { Agreement } from './agreement.ts';
import {
  type AssociateAccept,
  type AssociateRequest,
  encodeAssociateAccept,
  encodeAssociateRequest,
} from './associate-pdu.ts';
import { AssociationLost, type AssociationUser, type Establishing } from './association-user.ts';
import { Connection } from './connection.ts';
import type { UpperLayerLimits } from './limits.ts';
import {
  abortText,
  type AbortReason,
  type AssociateReject,
  BadPdu,
  abortReasons,
  encodeAbort,
  encodeReject,
  encodeReleaseRequest,
  encodeReleaseResponse,
  rejections,
} from './pdu.ts';
import { type ControlPdu, PduReader } from './pdu-reader.ts';
import { type Action, type Event, type State, stateTable } from './state-table.ts';
import type { Transport } from './transport.ts';

export class Association {
  readonly limits: UpperLayerLimits;
  readonly #connection: Connection;
  readonly #role: 'acceptor' | 'requestor';
  readonly #establishing: Establishing;
  readonly #reader: PduReader;
  #state: State = 'Sta1';
  #user: AssociationUser | undefined;
  #agreement: Agreement = { contexts: new Map(), maximumLength: 0, operations: 1, invocations: 1 };
  #unreadable = false;
  #over = false;
  #releaseAnswered = false;
  /** When it was last looked, what we had sent was waiting for the peer. */
  #wasWaiting = false;

  /** @param transport open for the acceptor, still connecting for the requestor */
  constructor(
    role: 'acceptor' | 'requestor',
    transport: Transport,
    limits: UpperLayerLimits,
    establishing: Establishing,
  ) {
    this.limits = limits;
    this.#role = role;
    this.#establishing = establishing;
    this.#reader = new PduReader(
      {
        control: (pdu) => this.#controlReceived(pdu),
        dataBegins: () => this.#event('P-DATA-TF received'),
        fragment: (contextId, isCommand, isLast, bytes) => this.#fragmentReceived(contextId, isCommand, isLast, bytes),
      },
      limits,
    );
    this.#connection = new Connection(transport, limits, {
      received: (bytes) => this.#received(bytes),
      closed: () => this.#event('connection closed'),
      artimExpired: () => this.#event('ARTIM expired', { why: 'ARTIM expired' }),
      quiet: (forMs) => this.#user?.quiet(forMs),
      paced: (received, sent) => this.#paced(received, sent),
    });
    this.#event(role === 'acceptor' ? 'connection opened' : 'A-ASSOCIATE request');
  }

  get agreement(): Agreement {
    return this.#agreement;
  }

  /** The system has all that we sent: the memory it lay in may be used again. */
  get isFlushed(): boolean {
    return this.#connection.isFlushed;
  }

  /** Acceptor: the request is there, and our answer is not. */
  get isAwaitingAnswer(): boolean {
    return this.#state === 'Sta3';
  }

  get isEstablished(): boolean {
    return this.#state === 'Sta6';
  }

  /** Requestor: the transport connection is there. */
  request(request: AssociateRequest): void {
    this.#event('connection confirmed', { request });
  }

  /** Acceptor: answers the indication. @throws AssociationLost */
  accept(accept: AssociateAccept, agreement: Agreement, user: AssociationUser): void {
    this.#local('A-ASSOCIATE accepted', { accept });
    this.#connection.isOf(accept.callingAETitle);
    this.establish(agreement, user);
  }

  reject(reject: AssociateReject): void {
    if (this.#state === 'Sta3') this.#event('A-ASSOCIATE rejected', { reject });
  }

  /** From here on `user` is told what arrives. */
  establish(agreement: Agreement, user: AssociationUser): void {
    this.#agreement = agreement;
    this.#user = user;
    this.#connection.watch();
  }

  /**
   * Sends whole P-DATA-TF PDUs with one system call; the bytes must stay as they are.
   * @returns a promise only when the peer reads more slowly than we send; wait for it before sending more
   * @throws AssociationLost
   */
  send(pdus: readonly Buffer[]): Promise<void> | undefined {
    this.#local('P-DATA request', { pdus });
    return this.#connection.taken();
  }

  /** Asks to release; the user is told that it ended. @throws AssociationLost */
  release(): void {
    this.#local('A-RELEASE request');
  }

  releaseResponse(): void {
    if (this.#state === 'Sta10') this.#releaseAnswered = true;
    else if ('A-RELEASE response' in stateTable[this.#state]) this.#event('A-RELEASE response');
  }

  /** A-ABORT by the service user. Does nothing when the association is over. */
  abort(why: string): void {
    if ('A-ABORT request' in stateTable[this.#state]) this.#event('A-ABORT request', { why });
    else if (this.#state === 'Sta2') this.#connection.destroy();
  }

  /** Takes nothing more from the connection until `resume()`: the peer is held back by TCP. */
  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  /** The user does not read this piece of a data set any more. */
  giveBack(piece: Buffer): void {
    this.#connection.giveBack(piece);
  }

  /** A byte a minute is no silence, and would keep the association, its buffers and its place for as long as the peer likes. */
  #paced(received: number, sent: number): void {
    const isWaiting = !this.#connection.isFlushed;
    if (isWaiting && this.#wasWaiting && sent < this.limits.leastPaceBytes)
      this.abort(`the peer ${sent === 0 ? 'does not read our answers' : 'reads our answers too slowly'}`);
    else this.#user?.paced(received);
    this.#wasWaiting = isWaiting;
  }

  #received(chunk: Buffer): void {
    if (this.#unreadable) return;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#unreadable = true;
      if (error instanceof BadPdu) this.#event('invalid PDU received', { abort: error.reason, why: error.message });
      else this.abort(`failed while reading: ${String(error)}`);
    }
  }

  #controlReceived(pdu: ControlPdu): void {
    this.#event(`${pdu.type} received`, { pdu, abort: 'unexpected PDU', why: `${pdu.type} in ${this.#state}` });
  }

  #fragmentReceived(contextId: number, isCommand: boolean, isLast: boolean, bytes: Buffer): void {
    if (this.#state !== 'Sta6' && this.#state !== 'Sta7') return;
    if (!this.#agreement.contexts.has(contextId))
      throw new BadPdu('invalid PDU parameter value', `presentation context ${contextId} was not accepted`);
    if (!isCommand) this.#connection.hold(bytes);
    this.#user?.data(contextId, isCommand, isLast, bytes);
  }

  /** An event that our own side causes. @throws AssociationLost where its state does not allow it any more */
  #local(event: Event, detail: Detail = {}): void {
    if (!(event in stateTable[this.#state])) throw new AssociationLost('the association is over');
    this.#event(event, detail);
  }

  #event(event: Event, detail: Detail = {}): void {
    const action = stateTable[this.#state][event];
    if (action === undefined) return;
    this.#perform(action, detail);
  }

  /** PS3.8 Tables 9-6 to 9-9. The next state is set before anybody is told, for they may act at once. */
  #perform(action: Action, detail: Detail): void {
    const { pdu } = detail;
    switch (action) {
      case 'AE1':
        this.#state = 'Sta4';
        return;
      case 'AE2':
        this.#state = 'Sta5';
        if (detail.request) this.#connection.write([encodeAssociateRequest(detail.request)]);
        return;
      case 'AE3':
        this.#state = 'Sta6';
        if (pdu?.type === 'A-ASSOCIATE-AC') this.#establishing.accepted?.(pdu);
        return;
      case 'AE4':
        this.#closeConnection();
        if (pdu?.type === 'A-ASSOCIATE-RJ') this.#establishing.rejected?.(pdu);
        return;
      case 'AE5':
        this.#state = 'Sta2';
        this.#connection.startArtim();
        return;
      case 'AE6':
        this.#connection.stopArtim();
        if (pdu?.type !== 'A-ASSOCIATE-RQ') return;
        if ((pdu.protocolVersion & 1) === 0)
          return this.#sendLast(encodeReject(rejections['protocol version not supported']));
        this.#state = 'Sta3';
        this.#establishing.requested?.(pdu);
        return;
      case 'AE7':
        this.#state = 'Sta6';
        if (detail.accept) this.#connection.write([encodeAssociateAccept(detail.accept)]);
        return;
      case 'AE8':
        if (detail.reject) this.#sendLast(encodeReject(detail.reject));
        return;
      case 'DT1':
      case 'AR7':
        this.#connection.write(detail.pdus ?? []);
        return;
      case 'DT2':
      case 'AR6':
        return; // the fragments follow one by one, see #fragmentReceived
      case 'AR1':
        this.#state = 'Sta7';
        this.#connection.write([encodeReleaseRequest()]);
        return;
      case 'AR2':
        this.#state = 'Sta8';
        this.#user?.releaseRequested();
        return;
      case 'AR3':
        this.#closeConnection();
        this.#end(undefined);
        return;
      case 'AR4':
        this.#sendLast(encodeReleaseResponse());
        this.#end(undefined);
        return;
      case 'AR5':
      case 'AA5':
        this.#state = 'Sta1';
        this.#connection.stopArtim();
        this.#end(undefined);
        return;
      case 'AR8':
        this.#state = this.#role === 'requestor' ? 'Sta9' : 'Sta10';
        this.#user?.releaseRequested();
        return;
      case 'AR9':
        this.#state = 'Sta11';
        this.#connection.write([encodeReleaseResponse()]);
        return;
      case 'AR10':
        this.#state = 'Sta12';
        if (this.#releaseAnswered) this.#event('A-RELEASE response');
        return;
      case 'AA1':
        this.#sendLast(encodeAbort({ source: 0, reason: 0 }));
        this.#end(new AssociationLost(`aborted by us: ${detail.why ?? 'unexpected PDU'}`));
        return;
      case 'AA2':
        this.#closeConnection();
        this.#end(new AssociationLost(detail.why ?? 'ARTIM expired'));
        return;
      case 'AA3':
        this.#closeConnection();
        if (pdu?.type === 'A-ABORT') this.#end(new AssociationLost(`aborted by the peer: ${abortText(pdu)}`));
        return;
      case 'AA4':
        this.#state = 'Sta1';
        this.#connection.stopArtim();
        this.#end(new AssociationLost('connection closed', { cause: this.#connection.error }));
        return;
      case 'AA6':
        return;
      case 'AA7':
        this.#sendLast(encodeAbort({ source: 2, reason: abortReasons[detail.abort ?? 'unexpected PDU'] }));
        return;
      case 'AA8':
        this.#sendLast(encodeAbort({ source: 2, reason: abortReasons[detail.abort ?? 'unexpected PDU'] }));
        this.#end(new AssociationLost(`aborted by us: ${detail.why ?? 'unexpected PDU'}`));
        return;
    }
  }

  #sendLast(pdu: Buffer): void {
    this.#state = 'Sta13';
    this.#connection.end(pdu);
  }

  /**
   * At once where something waits to be sent, or was said last: a peer that reads nothing would keep the connection, and
   * its place among the associations, for as long as it likes.
   */
  #closeConnection(): void {
    const isAtOnce = !this.#connection.isFlushed || this.#state === 'Sta4' || this.#state === 'Sta13';
    this.#state = 'Sta1';
    if (isAtOnce) this.#connection.destroy();
    else this.#connection.close();
  }

  #end(lost: AssociationLost | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#connection.unwatch(lost ?? new AssociationLost('the association is over'));
    if (this.#user) this.#user.ended(lost);
    else this.#establishing.failed(lost);
  }
}

/** What an event brings along. */
interface Detail {
  readonly pdu?: ControlPdu;
  readonly request?: AssociateRequest;
  readonly accept?: AssociateAccept;
  readonly reject?: AssociateReject;
  readonly pdus?: readonly Buffer[];
  readonly abort?: AbortReason;
  readonly why?: string;
}
