/**
 * The seven protocol data units (PS3.8 Section 9.3): their shapes, and the bytes of the five short ones.
 * A-ASSOCIATE-RQ and -AC are in `associate-pdu.ts`. Every PDU begins with type, a reserved byte and a 4-byte length.
 */

export const pduType = {
  associateRequest: 0x01,
  associateAccept: 0x02,
  associateReject: 0x03,
  data: 0x04,
  releaseRequest: 0x05,
  releaseResponse: 0x06,
  abort: 0x07,
} as const;

/** Bytes before the variable field. */
export const pduHeaderBytes = 6;
/** Length, presentation context ID and message control header of a presentation data value (9.3.5.1). */
export const pdvHeaderBytes = 6;

/** Result, source and reason of an A-ASSOCIATE-RJ (Table 9-21). */
export const rejections = {
  'no reason given': { result: 1, source: 1, reason: 1 },
  'application context name not supported': { result: 1, source: 1, reason: 2 },
  'calling AE title not recognized': { result: 1, source: 1, reason: 3 },
  'called AE title not recognized': { result: 1, source: 1, reason: 7 },
  'protocol version not supported': { result: 1, source: 2, reason: 2 },
  'temporary congestion': { result: 2, source: 3, reason: 1 },
  'local limit exceeded': { result: 2, source: 3, reason: 2 },
} as const;
export type Rejection = keyof typeof rejections;

/** Why the provider aborts (Table 9-26, source 2). */
export const abortReasons = {
  'reason not specified': 0,
  'unrecognized PDU': 1,
  'unexpected PDU': 2,
  'unrecognized PDU parameter': 4,
  'unexpected PDU parameter': 5,
  'invalid PDU parameter value': 6,
} as const;
export type AbortReason = keyof typeof abortReasons;

export interface AssociateReject {
  readonly result: number;
  readonly source: number;
  readonly reason: number;
}

/** Source 0 is the service user (no reason is given then), 2 the provider. */
export interface Abort {
  readonly source: number;
  readonly reason: number;
}

/** As Table 9-21 names it, else in numbers. */
export function rejectionText({ result, source, reason }: AssociateReject): string {
  const names = Object.keys(rejections) as Rejection[];
  const named = names.find((name) => rejections[name].source === source && rejections[name].reason === reason);
  return named ?? `result ${result}, source ${source}, reason ${reason}`;
}

/** As Table 9-26 names it, else in numbers. A service user gives no reason. */
export function abortText({ source, reason }: Abort): string {
  if (source === 0) return 'no reason given';
  const names = Object.keys(abortReasons) as AbortReason[];
  const named = source === 2 ? names.find((name) => abortReasons[name] === reason) : undefined;
  return named ?? `source ${source}, reason ${reason}`;
}

/** Bytes that are no PDU, or not one we take. */
export class BadPdu extends Error {
  override name = 'BadPdu';
  readonly reason: AbortReason;

  constructor(reason: AbortReason, what: string) {
    super(what);
    this.reason = reason;
  }
}

/** A-ASSOCIATE-RJ (PS3.8 9.3.4). */
export function encodeReject({ result, source, reason }: AssociateReject): Buffer {
  return shortPdu(pduType.associateReject, [0, result, source, reason]);
}

/** A-RELEASE-RQ (PS3.8 9.3.6). */
export function encodeReleaseRequest(): Buffer {
  return shortPdu(pduType.releaseRequest, [0, 0, 0, 0]);
}

/** A-RELEASE-RP (PS3.8 9.3.7). */
export function encodeReleaseResponse(): Buffer {
  return shortPdu(pduType.releaseResponse, [0, 0, 0, 0]);
}

/** A-ABORT (PS3.8 9.3.8). */
export function encodeAbort({ source, reason }: Abort): Buffer {
  return shortPdu(pduType.abort, [0, 0, source, reason]);
}

function shortPdu(type: number, field: readonly [number, number, number, number]): Buffer {
  return Buffer.from([type, 0, 0, 0, 0, 4, ...field]);
}

/** What a presentation data value carries: bits 0 and 1 of the message control header (PS3.8 Annex E.2). */
export interface PdvKind {
  readonly contextId: number;
  readonly isCommand: boolean;
}

/**
 * The P-DATA-TF PDUs for one command or data set, one presentation data value in each.
 * @param maximumLength of the peer (PS3.8 D.1), 0 for no limit
 * @param isEnd         whether `bytes` ends the command or data set; if not, its last fragment is not marked as last
 */
export function encodeData(kind: PdvKind, bytes: Uint8Array, maximumLength: number, isEnd = true): Buffer {
  const room = fragmentBytes(maximumLength);
  const pdus = Math.max(1, Math.ceil(bytes.length / room));
  const out = Buffer.allocUnsafe(bytes.length + pdus * (pduHeaderBytes + pdvHeaderBytes));
  let at = 0;
  for (let each = 0; each < pdus; each++) {
    const start = each * room;
    const length = Math.min(room, bytes.length - start);
    const isLast = isEnd && each === pdus - 1;
    out[at] = pduType.data;
    out[at + 1] = 0;
    out.writeUInt32BE(length + pdvHeaderBytes, at + 2);
    out.writeUInt32BE(length + 2, at + 6);
    out[at + 10] = kind.contextId;
    out[at + 11] = (kind.isCommand ? 1 : 0) | (isLast ? 2 : 0);
    out.set(bytes.subarray(start, start + length), at + 12);
    at += 12 + length;
  }
  return out;
}

/** Bytes of a fragment that fit the peer's maximum length: an even number (PS3.8 Annex E). */
export function fragmentBytes(maximumLength: number): number {
  const largest = 256 * 1024;
  const length = maximumLength === 0 ? largest : Math.min(maximumLength, largest);
  return Math.max(2, (length - pdvHeaderBytes) & ~1);
}
