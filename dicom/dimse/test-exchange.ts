/** For tests of messages: a listener of our own, a requestor of our own, and a peer that sends what bytes it is told to. */
import { uid } from '../data/uid.ts';
import { type Command, commandFields, decodeCommand, encodeCommand } from './command.ts';
import type { Performed } from './exchange.ts';
import { connectExchange } from './requests.ts';
import type { Answer, Request, Service } from './service.ts';
import { openListener } from './test-listener.ts';
import type { UpperLayerLimits } from '../network/limits.ts';
import { encodeData } from '../network/pdu.ts';
import type { UserInformation } from '../network/user-information.ts';
import { WirePeer, verificationRequest } from '../network/wire-peer.ts';

export const verificationClass = uid('1.2.840.10008.1.1');
export const ct = uid('1.2.840.10008.5.1.4.1.1.2');
export const explicitLE = uid('1.2.840.10008.1.2.1');
export const success: Answer = { status: 0 };

const cleanups: (() => Promise<void> | void)[] = [];
/** Ends what a test has opened: for `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
}

type Store = (request: Request, bytes: () => Promise<Buffer>) => Promise<Answer>;

/** A listener for Verification and CT storage; `onStore` performs each request there, by default by reading it all. */
export async function listener(onStore?: Store, limits: Partial<UpperLayerLimits> = {}) {
  const stored: Buffer[] = [];
  const performed: Performed[] = [];
  const perform = async (request: Request): Promise<Answer> => {
    const bytes = async () => {
      const whole = await readAll(request.dataset);
      stored.push(whole);
      return whole;
    };
    if (onStore) return onStore(request, bytes);
    await bytes();
    return success;
  };
  const services: Service<undefined>[] = [
    {
      name: 'Verification',
      abstractSyntaxes: (abstractSyntax) => abstractSyntax === verificationClass,
      commands: { 'C-ECHO-RQ': async () => success },
    },
    {
      name: 'Storage',
      abstractSyntaxes: (abstractSyntax) => abstractSyntax === ct,
      asSCU: true,
      commands: {
        'C-STORE-RQ': perform,
        // No service of images has it; of several responses this is the request.
        'C-FIND-RQ': perform,
      },
    },
  ];
  const { port, exchanges, ...opened } = await openListener(services, {
    limits,
    performed: (each) => performed.push(each),
  });
  cleanups.push(async () => opened[Symbol.asyncDispose]());
  return { port, stored, performed, exchanges };
}

export async function readAll(dataset: AsyncIterable<Uint8Array> | undefined): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of dataset ?? []) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Context 1 is Verification, context 3 CT. */
export async function peerOf(port: number, user: Partial<UserInformation> = {}): Promise<WirePeer> {
  const request = verificationRequest();
  const peer = await WirePeer.associate(port, {
    ...request,
    contexts: contexts.map((context, at) => ({ ...context, id: 2 * at + 1 })),
    userInformation: { ...request.userInformation, ...user },
  });
  cleanups.push(() => peer.destroy());
  return peer;
}

/** Proposed by a requestor of ours, so that its contexts are 1 and 3 as well. */
export const contexts = [
  { abstractSyntax: verificationClass, transferSyntaxes: [explicitLE] },
  { abstractSyntax: ct, transferSyntaxes: [explicitLE] },
];
export const requestor = (port: number, limits?: UpperLayerLimits) =>
  connectExchange({
    ...(limits && { limits }),
    host: '127.0.0.1',
    port,
    callingAETitle: 'TEST',
    calledAETitle: 'LIGHTBOX',
    contexts,
  });
export const instance = (...dataset: Uint8Array[]) => ({
  sopClassUID: ct,
  sopInstanceUID: uid('1.2.3'),
  transferSyntaxUID: explicitLE,
  dataset,
});

export const echoRequest = (MessageID: number): Command => ({
  AffectedSOPClassUID: verificationClass,
  CommandField: commandFields['C-ECHO-RQ'],
  MessageID,
  CommandDataSetType: 0x0101,
});
export const storeRequest = (MessageID: number): Command => ({
  AffectedSOPClassUID: ct,
  CommandField: commandFields['C-STORE-RQ'],
  MessageID,
  Priority: 0,
  CommandDataSetType: 1,
  AffectedSOPInstanceUID: '1.2.3',
});
export const findRequest = (MessageID: number): Command => ({
  ...storeRequest(MessageID),
  CommandField: commandFields['C-FIND-RQ'],
});
export const command = (contextId: number, fields: Command, fragment = 0) =>
  encodeData({ contextId, isCommand: true }, encodeCommand(fields), fragment);
export const dataset = (contextId: number, bytes: Uint8Array, { fragment = 0, isEnd = true } = {}) =>
  encodeData({ contextId, isCommand: false }, bytes, fragment, isEnd);

export async function response(peer: WirePeer): Promise<Command> {
  const pdu = await peer.next();
  if (pdu?.type !== 4) throw new Error(`PDU of type ${pdu?.type} in place of a response`);
  return decodeCommand(pdu.body.subarray(6));
}
export const abort = { type: 7, body: Buffer.from([0, 0, 0, 0]) };
