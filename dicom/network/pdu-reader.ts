/**
 * Cuts what comes from the transport connection into PDUs (PS3.8 9.3), however it is chopped.
 * P-DATA-TF is never gathered: each piece of a fragment is handed on as it comes, a view of the bytes received.
 */
import {
  type AssociateAccept,
  type AssociateRequest,
  decodeAssociateAccept,
  decodeAssociateRequest,
} from './associate-pdu.ts';
import { ByteReader } from './bytes.ts';
import type { UpperLayerLimits } from './limits.ts';
import { type Abort, type AssociateReject, BadPdu, pduHeaderBytes, pduType, pdvHeaderBytes } from './pdu.ts';

/** The PDUs that are read whole. P-DATA-TF is handed on fragment by fragment. */
export type ControlPdu =
  | ({ readonly type: 'A-ASSOCIATE-RQ' } & AssociateRequest)
  | ({ readonly type: 'A-ASSOCIATE-AC' } & AssociateAccept)
  | ({ readonly type: 'A-ASSOCIATE-RJ' } & AssociateReject)
  | { readonly type: 'A-RELEASE-RQ' }
  | { readonly type: 'A-RELEASE-RP' }
  | ({ readonly type: 'A-ABORT' } & Abort);

export interface PduSink {
  control(pdu: ControlPdu): void;
  /** A P-DATA-TF begins; its fragments follow. */
  dataBegins(): void;
  /**
   * A piece of a fragment. `isLast` with the piece that ends the command or data set, which may be empty.
   * Pieces are empty only then.
   */
  fragment(contextId: number, isCommand: boolean, isLast: boolean, bytes: Buffer): void;
}

/** What the next bytes belong to. */
type Expecting = 'PDU header' | 'control PDU' | 'PDV header' | 'fragment';

/** Of a PDU that is read whole, before they are put together. */
const bodyPieces = 256;

export class PduReader {
  readonly #sink: PduSink;
  readonly #limits: UpperLayerLimits;
  /** A header that may come in pieces: of a PDU or of a PDV. */
  readonly #header = Buffer.alloc(Math.max(pduHeaderBytes, pdvHeaderBytes));
  #headerBytes = 0;
  #expecting: Expecting = 'PDU header';
  #type = 0;
  /** Bytes of the PDU, and of the fragment within it, still to come. */
  #pduLeft = 0;
  #fragmentLeft = 0;
  #contextId = 0;
  #control = 0;
  #body: Buffer[] = [];

  constructor(sink: PduSink, limits: UpperLayerLimits) {
    this.#sink = sink;
    this.#limits = limits;
  }

  /** @throws BadPdu; nothing more can be read then, for it is not known where the next PDU begins */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#expecting === 'fragment') at = this.#readFragment(chunk, at);
      else if (this.#expecting === 'control PDU') at = this.#readControl(chunk, at);
      else at = this.#readHeader(chunk, at);
    }
  }

  #readHeader(chunk: Buffer, at: number): number {
    const needed = pduHeaderBytes - this.#headerBytes;
    const end = Math.min(chunk.length, at + needed);
    // The usual case: the header in one piece, read where it lies.
    if (this.#headerBytes === 0 && end - at === pduHeaderBytes) {
      this.#beginAfter(chunk, at);
      return end;
    }
    chunk.copy(this.#header, this.#headerBytes, at, end);
    this.#headerBytes += end - at;
    if (this.#headerBytes === pduHeaderBytes) {
      this.#headerBytes = 0;
      this.#beginAfter(this.#header, 0);
    }
    return end;
  }

  #beginAfter(header: Buffer, at: number): void {
    if (this.#expecting === 'PDU header') this.#beginPdu(header.readUInt8(at), header.readUInt32BE(at + 2));
    else this.#beginFragment(header.readUInt32BE(at), header.readUInt8(at + 4), header.readUInt8(at + 5));
  }

  #beginPdu(type: number, length: number): void {
    this.#type = type;
    this.#pduLeft = length;
    if (type === pduType.data) {
      if (length > this.#limits.acceptedPduBytes)
        throw new BadPdu('invalid PDU parameter value', `P-DATA-TF of ${length} bytes`);
      this.#sink.dataBegins();
      this.#expectFragment();
      return;
    }
    if (type < pduType.associateRequest || type > pduType.abort)
      throw new BadPdu('unrecognized PDU', `PDU of type ${type.toString(16).toUpperCase()}H`);
    const isLong = type === pduType.associateRequest || type === pduType.associateAccept;
    if (isLong ? length === 0 || length > this.#limits.associateRequestBytes : length !== 4)
      throw new BadPdu('invalid PDU parameter value', `PDU of type ${type}, ${length} bytes`);
    this.#expecting = 'control PDU';
  }

  #readControl(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#pduLeft);
    // A copy: what is received stays as it is only until it was read, and some of this is kept.
    this.#body.push(Buffer.from(chunk.subarray(at, end)));
    // Byte by byte each piece would take a hundred times its length.
    if (this.#body.length > bodyPieces) this.#body = [Buffer.concat(this.#body)];
    this.#pduLeft -= end - at;
    if (this.#pduLeft === 0) {
      const body = this.#body.length === 1 ? this.#body[0]! : Buffer.concat(this.#body);
      this.#body = [];
      this.#expecting = 'PDU header';
      this.#sink.control(decodeControl(this.#type, body, this.#limits));
    }
    return end;
  }

  #expectFragment(): void {
    if (this.#pduLeft < pdvHeaderBytes)
      throw new BadPdu('invalid PDU parameter value', 'a P-DATA-TF has no room for a presentation data value');
    this.#expecting = 'PDV header';
  }

  #beginFragment(length: number, contextId: number, control: number): void {
    this.#pduLeft -= pdvHeaderBytes;
    this.#fragmentLeft = length - 2;
    this.#contextId = contextId;
    this.#control = control;
    if (length < 2 || this.#fragmentLeft > this.#pduLeft)
      throw new BadPdu(
        'invalid PDU parameter value',
        `a presentation data value of ${length} bytes does not fit its PDU`,
      );
    if (this.#fragmentLeft > 0) {
      this.#expecting = 'fragment';
      return;
    }
    this.#endFragment();
    if ((control & 2) !== 0) this.#sink.fragment(contextId, (control & 1) !== 0, true, Buffer.alloc(0));
  }

  #readFragment(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#fragmentLeft);
    this.#pduLeft -= end - at;
    this.#fragmentLeft -= end - at;
    const control = this.#control;
    const ends = this.#fragmentLeft === 0;
    if (ends) this.#endFragment();
    this.#sink.fragment(this.#contextId, (control & 1) !== 0, ends && (control & 2) !== 0, chunk.subarray(at, end));
    return end;
  }

  #endFragment(): void {
    if (this.#pduLeft === 0) this.#expecting = 'PDU header';
    else this.#expectFragment();
  }
}

function decodeControl(type: number, body: Buffer, limits: UpperLayerLimits): ControlPdu {
  switch (type) {
    case pduType.associateRequest:
      return { type: 'A-ASSOCIATE-RQ', ...decodeAssociateRequest(body, limits) };
    case pduType.associateAccept:
      return { type: 'A-ASSOCIATE-AC', ...decodeAssociateAccept(body, limits) };
    case pduType.releaseRequest:
      return { type: 'A-RELEASE-RQ' };
    case pduType.releaseResponse:
      return { type: 'A-RELEASE-RP' };
  }
  const reader = new ByteReader(body, 'PDU');
  if (type === pduType.associateReject) {
    reader.skip(1);
    return { type: 'A-ASSOCIATE-RJ', result: reader.u8(), source: reader.u8(), reason: reader.u8() };
  }
  reader.skip(2);
  return { type: 'A-ABORT', source: reader.u8(), reason: reader.u8() };
}
