/**
 * A-ASSOCIATE-RQ and A-ASSOCIATE-AC (PS3.8 Sections 9.3.2 and 9.3.3): fixed fields, then items.
 */
import { trimmedValue } from '../data/padding.ts';
import { ByteReader, item, text, u16 } from './bytes.ts';
import type { UpperLayerLimits } from './limits.ts';
import { BadPdu, pduHeaderBytes, pduType } from './pdu.ts';
import { decodeUserInformation, encodeUserInformation, type UserInformation } from './user-information.ts';

/** The one application context of DICOM (PS3.7 Annex A). */
export const applicationContextName = '1.2.840.10008.3.1.1.1';

const itemType = {
  applicationContext: 0x10,
  proposedContext: 0x20,
  answeredContext: 0x21,
  abstractSyntax: 0x30,
  transferSyntax: 0x40,
  userInformation: 0x50,
} as const;

export interface ProposedContext {
  /** Odd, 1–255. */
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
}

/** Where the AE title fields begin in the PDU without its header, and how long they and the reserved field are. */
const namedAt = 4;
const namedBytes = 64;

/** Results of a presentation context (Table 9-18). */
export const contextResult = {
  acceptance: 0,
  userRejection: 1,
  abstractSyntaxNotSupported: 3,
  transferSyntaxesNotSupported: 4,
} as const;

export interface AnsweredContext {
  readonly id: number;
  readonly result: number;
  /** Significant only with acceptance. */
  readonly transferSyntax: string;
}

interface AssociateFields {
  /** Bit 0 is version 1, the only one (Table 9-11). */
  readonly protocolVersion: number;
  readonly calledAETitle: string;
  readonly callingAETitle: string;
  readonly applicationContext: string;
  readonly userInformation: UserInformation;
}
export interface AssociateRequest extends AssociateFields {
  readonly contexts: readonly ProposedContext[];
  /** Of a request that was received: both AE title fields and the reserved one behind them, 64 bytes, as they came. */
  readonly named?: Buffer;
}
export interface AssociateAccept extends AssociateFields {
  readonly contexts: readonly AnsweredContext[];
  /** Those of the request, which an A-ASSOCIATE-AC sends back whatever is in them (PS3.8 Table 9-17). */
  readonly named?: Buffer;
}

/** A whole A-ASSOCIATE-RQ (PS3.8 9.3.2). @throws RangeError when an item is longer than its 16-bit length can say */
export function encodeAssociateRequest(request: AssociateRequest): Buffer {
  const contexts = request.contexts.map(({ id, abstractSyntax, transferSyntaxes }) =>
    item(itemType.proposedContext, [
      Buffer.from([id, 0, 0, 0]),
      item(itemType.abstractSyntax, [text(abstractSyntax)]),
      ...transferSyntaxes.map((syntax) => item(itemType.transferSyntax, [text(syntax)])),
    ]),
  );
  return encode(pduType.associateRequest, request, contexts);
}

/** A whole A-ASSOCIATE-AC (PS3.8 9.3.3). @throws RangeError when an item is longer than its 16-bit length can say */
export function encodeAssociateAccept(accept: AssociateAccept): Buffer {
  const contexts = accept.contexts.map(({ id, result, transferSyntax }) =>
    item(itemType.answeredContext, [
      Buffer.from([id, 0, result, 0]),
      item(itemType.transferSyntax, [text(transferSyntax)]),
    ]),
  );
  return encode(pduType.associateAccept, accept, contexts);
}

function encode(type: number, fields: AssociateRequest | AssociateAccept, contexts: readonly Buffer[]): Buffer {
  const named = [aeTitleField(fields.calledAETitle), aeTitleField(fields.callingAETitle), Buffer.alloc(32)];
  const body = Buffer.concat([
    u16(fields.protocolVersion),
    u16(0),
    ...(fields.named ? [fields.named] : named),
    item(itemType.applicationContext, [text(fields.applicationContext)]),
    ...contexts,
    item(itemType.userInformation, encodeUserInformation(fields.userInformation)),
  ]);
  const header = Buffer.alloc(pduHeaderBytes);
  header[0] = type;
  header.writeUInt32BE(body.length, 2);
  return Buffer.concat([header, body]);
}

function aeTitleField(title: string): Buffer {
  return text(title.padEnd(16, ' ').slice(0, 16));
}

/** @param body the PDU without its header @throws BadPdu */
export function decodeAssociateRequest(body: Buffer, limits: UpperLayerLimits): AssociateRequest {
  const contexts: ProposedContext[] = [];
  const ids = new Set<number>();
  const fields = decode(body, itemType.proposedContext, (context) => {
    const id = contextId(context, ids, limits);
    context.skip(3);
    let abstractSyntax: string | undefined;
    const transferSyntaxes: string[] = [];
    for (const { type, content } of context.items()) {
      if (type === itemType.abstractSyntax) abstractSyntax = content.uid();
      if (type === itemType.transferSyntax) transferSyntaxes.push(content.uid());
    }
    if (abstractSyntax === undefined || transferSyntaxes.length === 0)
      throw new BadPdu('invalid PDU parameter value', `presentation context ${id} lacks a syntax`);
    contexts.push({ id, abstractSyntax, transferSyntaxes });
  });
  // A copy: what it was cut from is as large as a PDU may be.
  return { ...fields, contexts, named: Buffer.from(body.subarray(namedAt, namedAt + namedBytes)) };
}

/** @param body the PDU without its header @throws BadPdu */
export function decodeAssociateAccept(body: Buffer, limits: UpperLayerLimits): AssociateAccept {
  const contexts: AnsweredContext[] = [];
  const ids = new Set<number>();
  const fields = decode(body, itemType.answeredContext, (context) => {
    const id = contextId(context, ids, limits);
    context.skip(1);
    const result = context.u8();
    context.skip(1);
    let transferSyntax = '';
    for (const { type, content } of context.items())
      if (type === itemType.transferSyntax) transferSyntax = content.uid();
    contexts.push({ id, result, transferSyntax });
  });
  return { ...fields, contexts };
}

function contextId(context: ByteReader, ids: Set<number>, limits: UpperLayerLimits): number {
  const id = context.u8();
  if (id % 2 === 0) throw new BadPdu('invalid PDU parameter value', `presentation context ID ${id} is even`);
  if (ids.has(id)) throw new BadPdu('invalid PDU parameter value', `presentation context ID ${id} comes twice`);
  ids.add(id);
  if (ids.size > limits.presentationContexts)
    throw new BadPdu('invalid PDU parameter value', 'too many presentation contexts');
  return id;
}

function decode(body: Buffer, contextType: number, readContext: (context: ByteReader) => void): AssociateFields {
  const reader = new ByteReader(body, 'A-ASSOCIATE');
  const protocolVersion = reader.u16();
  reader.skip(2);
  const calledAETitle = aeTitle(reader.bytes(16));
  const callingAETitle = aeTitle(reader.bytes(16));
  reader.skip(32);
  let applicationContext = '';
  let userInformation: UserInformation | undefined;
  for (const { type, content } of reader.items()) {
    if (type === itemType.applicationContext) applicationContext = content.uid();
    else if (type === contextType) readContext(content);
    else if (type === itemType.userInformation) userInformation = decodeUserInformation(content);
    // Other items are ignored, as 9.3.1 asks: later editions may add some.
  }
  if (userInformation === undefined) throw new BadPdu('invalid PDU parameter value', 'no User Information item');
  return { protocolVersion, calledAETitle, callingAETitle, applicationContext, userInformation };
}

/** Leading and trailing spaces mean nothing (PS3.8 Table 9-11); some devices pad with NUL instead. */
function aeTitle(field: Buffer): string {
  return trimmedValue(field.toString('latin1'));
}
