import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';

import { uid } from '#dicom/data/uid.ts';
import { type Command, commandFields, decodeCommand, encodeCommand, responseBit } from '#dicom/dimse/command.ts';
import { Exchange, type Performed } from '#dicom/dimse/exchange.ts';
import { NoPresentationContext, connectExchange, echo, store } from '#dicom/dimse/requests.ts';
import type { Answer, Request, Service } from '#dicom/dimse/service.ts';
import { AssociationLost } from '#dicom/network/association-user.ts';
import { type UpperLayerLimits, upperLayerLimits } from '#dicom/network/limits.ts';
import { Connections, listen } from '#dicom/network/listener.ts';
import { encodeData, encodeReleaseRequest } from '#dicom/network/pdu.ts';
import { connectAssociation } from '#dicom/network/requestor.ts';
import type { UserInformation } from '#dicom/network/user-information.ts';
import { WirePeer, verificationRequest } from '#dicom/network/wire-peer.ts';

const verificationClass = uid('1.2.840.10008.1.1');
const ct = uid('1.2.840.10008.5.1.4.1.1.2');
const explicitLE = uid('1.2.840.10008.1.2.1');
const success: Answer = { status: 0 };

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

type Store = (request: Request, bytes: () => Promise<Buffer>) => Promise<Answer>;

/** A listener for Verification and CT storage; `onStore` performs each request there, by default by reading it all. */
async function listener(onStore?: Store, limits: Partial<UpperLayerLimits> = {}) {
  const stored: Buffer[] = [];
  const performed: Performed[] = [];
  const exchanges: Exchange<undefined>[] = [];
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
  const connections = new Connections();
  const server = await listen(
    {
      host: '127.0.0.1',
      port: 0,
      aeTitle: 'LIGHTBOX',
      offers: services,
      limits: { ...upperLayerLimits, ...limits },
      admit: async () => ({ caller: undefined }),
      established: (association, agreement) => {
        const exchange = new Exchange(association, agreement, {
          services,
          context: undefined,
          performed: (each) => performed.push(each),
        });
        exchanges.push(exchange);
        return exchange;
      },
    },
    connections,
  );
  cleanups.push(async () => {
    connections.closeAll();
    server.close();
    await once(server, 'close');
  });
  return { port: (server.address() as AddressInfo).port, stored, performed, exchanges };
}

async function readAll(dataset: AsyncIterable<Uint8Array> | undefined): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of dataset ?? []) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Context 1 is Verification, context 3 CT. */
async function peerOf(port: number, user: Partial<UserInformation> = {}): Promise<WirePeer> {
  const request = verificationRequest();
  const peer = await WirePeer.associate(port, {
    ...request,
    contexts: [
      { id: 1, abstractSyntax: verificationClass, transferSyntaxes: [explicitLE] },
      { id: 3, abstractSyntax: ct, transferSyntaxes: [explicitLE] },
    ],
    userInformation: { ...request.userInformation, ...user },
  });
  cleanups.push(() => peer.destroy());
  return peer;
}

const requestor = (port: number, limits?: UpperLayerLimits) =>
  connectExchange({
    ...(limits && { limits }),
    host: '127.0.0.1',
    port,
    callingAETitle: 'TEST',
    calledAETitle: 'LIGHTBOX',
    contexts: [
      { abstractSyntax: verificationClass, transferSyntaxes: [explicitLE] },
      { abstractSyntax: ct, transferSyntaxes: [explicitLE] },
    ],
  });
const instance = (...dataset: Uint8Array[]) => ({
  sopClassUID: ct,
  sopInstanceUID: uid('1.2.3'),
  transferSyntaxUID: explicitLE,
  dataset,
});

const echoRequest = (MessageID: number): Command => ({
  AffectedSOPClassUID: verificationClass,
  CommandField: commandFields['C-ECHO-RQ'],
  MessageID,
  CommandDataSetType: 0x0101,
});
const storeRequest = (MessageID: number): Command => ({
  AffectedSOPClassUID: ct,
  CommandField: commandFields['C-STORE-RQ'],
  MessageID,
  Priority: 0,
  CommandDataSetType: 1,
  AffectedSOPInstanceUID: '1.2.3',
});
const findRequest = (MessageID: number): Command => ({
  ...storeRequest(MessageID),
  CommandField: commandFields['C-FIND-RQ'],
});
const command = (contextId: number, fields: Command, fragment = 0) =>
  encodeData({ contextId, isCommand: true }, encodeCommand(fields), fragment);
const dataset = (contextId: number, bytes: Uint8Array, { fragment = 0, isEnd = true } = {}) =>
  encodeData({ contextId, isCommand: false }, bytes, fragment, isEnd);

async function response(peer: WirePeer): Promise<Command> {
  const pdu = await peer.next();
  if (pdu?.type !== 4) throw new Error(`PDU of type ${pdu?.type} in place of a response`);
  return decodeCommand(pdu.body.subarray(6));
}
const abort = { type: 7, body: Buffer.from([0, 0, 0, 0]) };

describe('a message', () => {
  test('C-ECHO is answered with success, its message ID and SOP class', async () => {
    const peer = await peerOf((await listener()).port);
    peer.send(command(1, echoRequest(7)));
    expect(await response(peer)).toEqual({
      AffectedSOPClassUID: verificationClass,
      CommandField: 0x8030,
      MessageIDBeingRespondedTo: 7,
      CommandDataSetType: 0x0101,
      Status: 0,
    });
  });

  test('comes out the same however its fragments and the stream are chopped', async () => {
    const { port, stored } = await listener();
    const peer = await peerOf(port);
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 5000 }),
        fc.integer({ min: 7, max: 6000 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        async (bytes, fragment, cuts) => {
          const stream = Buffer.concat([command(3, storeRequest(1), fragment), dataset(3, bytes, { fragment })]);
          const places = [...new Set(cuts.map((cut) => cut % stream.length))].sort((a, b) => a - b);
          for (const [index, start] of [0, ...places].entries()) {
            peer.send(stream.subarray(start, places[index] ?? stream.length));
            await new Promise(setImmediate);
          }
          expect((await response(peer)).Status).toBe(0);
          expect(stored.pop()).toEqual(Buffer.from(bytes));
        },
      ),
      { numRuns: 100 },
    );
  });

  test('is sent and received by our own two sides, a data set of odd length with one byte of padding', async () => {
    const { port, stored } = await listener();
    const exchange = await requestor(port);
    expect(await echo(exchange)).toBe(0);
    const large = Buffer.alloc(1_000_001, 7);
    expect(await store(exchange, instance(large.subarray(0, 10), large.subarray(10)))).toMatchObject({ status: 0 });
    expect(await store(exchange, instance())).toMatchObject({ status: 0 });
    const mr = { ...instance(), sopClassUID: uid('1.2.840.10008.5.1.4.1.1.4') };
    await expect(store(exchange, mr)).rejects.toThrow(NoPresentationContext);
    await exchange.release();
    expect(stored).toEqual([Buffer.concat([large, Buffer.alloc(1)]), Buffer.alloc(0)]);
    await expect(echo(exchange)).rejects.toThrow(AssociationLost);
  });
});

describe('a request that we do not perform', () => {
  test('an unknown command field is answered with 0211', async () => {
    const peer = await peerOf((await listener()).port);
    peer.send(command(1, { ...echoRequest(1), CommandField: 0x7777 }));
    expect(await response(peer)).toMatchObject({ CommandField: 0xf777, Status: 0x0211 });
  });

  test('C-STORE on the Verification context is answered with 0211, and the association stays usable', async () => {
    const peer = await peerOf((await listener()).port);
    peer.send(command(1, storeRequest(1)));
    peer.send(dataset(1, Buffer.alloc(100_000)));
    peer.send(command(1, echoRequest(2)));
    expect((await response(peer)).Status).toBe(0x0211);
    expect((await response(peer)).Status).toBe(0);
  });

  test('what nobody reads is thrown away, however much it is together', async () => {
    const peer = await peerOf((await listener()).port);
    for (let id = 1; id <= 200; id++) {
      peer.send(Buffer.concat([command(1, storeRequest(id)), dataset(1, Buffer.alloc(10_000))]));
      expect((await response(peer)).Status).toBe(0x0211);
    }
  });

  test('a SOP class other than that of its context is answered with 0122', async () => {
    const peer = await peerOf((await listener()).port);
    peer.send(command(3, { ...storeRequest(1), AffectedSOPClassUID: '1.2.840.10008.5.1.4.1.1.4' }));
    peer.send(dataset(3, Buffer.alloc(8)));
    expect((await response(peer)).Status).toBe(0x0122);
  });

  test('a service that throws is answered with 0110, and the error is told', async () => {
    const { port, performed } = await listener(() => Promise.reject(new Error('no reason')));
    const peer = await peerOf(port);
    peer.send(command(3, storeRequest(1)));
    peer.send(dataset(3, Buffer.alloc(8)));
    expect(await response(peer)).toMatchObject({ Status: 0x0110, ErrorComment: 'processing failure' });
    expect(performed).toMatchObject([{ unexpected: new Error('no reason'), datasetBytes: 8 }]);
  });

  test('an Error Comment is cut to 64 characters of ASCII', async () => {
    const peer = await peerOf(
      (await listener(async () => ({ status: 0xa900, errorComment: `ö\\${'x'.repeat(100)}` }))).port,
    );
    peer.send(command(3, storeRequest(1)));
    peer.send(dataset(3, Buffer.alloc(8)));
    expect((await response(peer)).ErrorComment).toBe(`?/${'x'.repeat(62)}`);
  });

  test('a service that stops reading early gets no more, and the next message is found', async () => {
    const { port } = await listener(async ({ dataset: pieces }) => {
      for await (const _ of pieces!) break;
      return { status: 0xc000 };
    });
    const peer = await peerOf(port);
    peer.send(command(3, storeRequest(1)));
    peer.send(dataset(3, Buffer.alloc(5_000_000)));
    peer.send(command(1, echoRequest(2)));
    expect(await response(peer)).toMatchObject({ MessageIDBeingRespondedTo: 1, Status: 0xc000 });
    expect(await response(peer)).toMatchObject({ MessageIDBeingRespondedTo: 2, Status: 0 });
  });
});

describe('bytes that are no message', () => {
  test.each([
    ['a command set of garbage', encodeData({ contextId: 1, isCommand: true }, Buffer.alloc(60, 0xff), 0)],
    ['a data set that no command announced', dataset(3, Buffer.alloc(8))],
    ['a command within a data set', Buffer.concat([command(3, storeRequest(1)), command(3, echoRequest(2))])],
    [
      'a message within one on another context',
      Buffer.concat([command(3, storeRequest(1)), command(1, echoRequest(2))]),
    ],
    ['a response to nothing', command(1, { ...echoRequest(1), CommandField: 0x8030, MessageIDBeingRespondedTo: 1 })],
    ['a request without a message ID', command(1, { CommandField: 0x30, CommandDataSetType: 0x0101 })],
    ['a command that is too long', encodeData({ contextId: 1, isCommand: true }, Buffer.alloc(70_000), 0, false)],
    [
      'a command in endless pieces',
      Buffer.concat(
        Array.from({ length: 3000 }, () => encodeData({ contextId: 1, isCommand: true }, Buffer.alloc(1), 0, false)),
      ),
    ],
  ])('%s ends the association with A-ABORT', async (_what, bytes) => {
    const { port } = await listener();
    const peer = await peerOf(port);
    peer.send(bytes);
    expect(await peer.next()).toEqual(abort);
    const other = await peerOf(port);
    other.send(command(1, echoRequest(1)));
    expect((await response(other)).Status).toBe(0);
  });
});

describe('several requests', () => {
  test('are performed one after the other, in order, without an asynchronous operations window', async () => {
    let running = 0;
    let most = 0;
    const { port, stored } = await listener(async (_request, bytes) => {
      most = Math.max(most, ++running);
      await bytes();
      await new Promise(setImmediate);
      running--;
      return success;
    });
    const peer = await peerOf(port);
    for (let id = 1; id <= 50; id++) {
      peer.send(command(3, storeRequest(id)));
      peer.send(dataset(3, Buffer.alloc(1000, id)));
    }
    for (let id = 1; id <= 50; id++) expect((await response(peer)).MessageIDBeingRespondedTo).toBe(id);
    expect(most).toBe(1);
    expect(stored.map((bytes) => bytes[0])).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });

  test('are performed at once up to the window that was negotiated', async () => {
    const gate = Promise.withResolvers<void>();
    let running = 0;
    let most = 0;
    const { port } = await listener(async (_request, bytes) => {
      await bytes();
      most = Math.max(most, ++running);
      if (running === 2) gate.resolve();
      await gate.promise;
      running--;
      return success;
    });
    const peer = await peerOf(port, { asynchronousOperations: { invoked: 2, performed: 1 } });
    for (let id = 1; id <= 6; id++) {
      peer.send(command(3, storeRequest(id)));
      peer.send(dataset(3, Buffer.alloc(1000)));
    }
    const answered = new Set<number | undefined>();
    for (let id = 1; id <= 6; id++) answered.add((await response(peer)).MessageIDBeingRespondedTo);
    expect(answered).toEqual(new Set([1, 2, 3, 4, 5, 6]));
    expect(most).toBe(2);
  });

  test('sent in a flood are all answered', async () => {
    const peer = await peerOf((await listener()).port);
    const flood = Buffer.concat(Array.from({ length: 10_000 }, (_, index) => command(1, echoRequest(index))));
    peer.send(flood);
    for (let id = 0; id < 10_000; id++) expect((await response(peer)).MessageIDBeingRespondedTo).toBe(id);
  });

  test('C-CANCEL reaches the operation that is running', async () => {
    const started = Promise.withResolvers<void>();
    const { port } = await listener(async ({ signal }, bytes) => {
      await bytes();
      started.resolve();
      await once(signal, 'abort');
      return { status: 0xfe00 };
    });
    const peer = await peerOf(port);
    peer.send(command(3, storeRequest(5)));
    peer.send(dataset(3, Buffer.alloc(8)));
    await started.promise;
    peer.send(command(3, { CommandField: 0x0fff, MessageIDBeingRespondedTo: 5, CommandDataSetType: 0x0101 }));
    expect((await response(peer)).Status).toBe(0xfe00);
  });

  test('are answered before the release that follows them', async () => {
    const { port } = await listener();
    const peer = await peerOf(port);
    peer.send(Buffer.concat([command(3, storeRequest(1)), dataset(3, Buffer.alloc(8)), encodeReleaseRequest()]));
    expect((await response(peer)).Status).toBe(0);
    expect((await peer.next())?.type).toBe(6);
  });
});

describe('responses', () => {
  test('before the last one carry their counts and data set, and are told one by one', async () => {
    const { port } = await listener(async (request, bytes) => {
      await bytes();
      const suboperations = { remaining: 70_000, completed: 1, failed: 0, warning: 2 };
      await request.pending({ status: 0xff00, suboperations });
      await request.pending({ status: 0xff01, identifier: Buffer.from('found') });
      return { status: 0xb000, identifier: Buffer.alloc(300_000, 5) };
    });
    const exchange = await requestor(port);
    const told: { Status: number | undefined; remaining: number | undefined; bytes: Promise<Buffer> }[] = [];
    const last = await exchange.invoke(3, findRequest(1), Buffer.alloc(8), {
      response: ({ command: { Status, NumberOfRemainingSuboperations: remaining }, dataset: identifier }) =>
        void told.push({ Status, remaining, bytes: readAll(identifier) }),
    });
    expect(last.Status).toBe(0xb000);
    expect(told.map(({ Status, remaining }) => [Status, remaining])).toEqual([
      [0xff00, 0xffff],
      [0xff01, undefined],
      [0xb000, undefined],
    ]);
    const sent = [Buffer.alloc(0), Buffer.from('found\0'), Buffer.alloc(300_000, 5)];
    expect(await Promise.all(told.map(({ bytes }) => bytes))).toEqual(sent);
    await exchange.release();
  });

  test('that nobody wants are passed over, with their data sets', async () => {
    const { port } = await listener(async (request, bytes) => {
      await bytes();
      for (let each = 0; each < 100; each++)
        await request.pending({ status: 0xff00, identifier: Buffer.alloc(20_000) });
      return success;
    });
    const exchange = await requestor(port);
    expect((await exchange.invoke(3, findRequest(1), Buffer.alloc(8))).Status).toBe(0);
    expect(await echo(exchange)).toBe(0);
    await exchange.release();
  });

  test('after C-CANCEL are the last one only', async () => {
    const { port } = await listener(async (request, bytes) => {
      await bytes();
      await request.pending({ status: 0xff00 });
      await once(request.signal, 'abort');
      expect(request.signal.reason).not.toBeInstanceOf(AssociationLost);
      await request.pending({ status: 0xff00 });
      return { status: 0xfe00 };
    });
    const exchange = await requestor(port);
    const cancel = new AbortController();
    const told: (number | undefined)[] = [];
    await exchange.invoke(3, findRequest(1), Buffer.alloc(8), {
      signal: cancel.signal,
      response({ command: { Status } }) {
        told.push(Status);
        cancel.abort();
      },
    });
    expect(told).toEqual([0xff00, 0xfe00]);
    await exchange.release();
  });

  test('to an association that is lost stop the operation', async () => {
    const thrown = Promise.withResolvers<unknown>();
    const { port } = await listener(async (request, bytes) => {
      await bytes();
      try {
        for (;;) {
          await request.pending({ status: 0xff00, identifier: Buffer.alloc(1000) });
          await new Promise(setImmediate);
        }
      } catch (error) {
        thrown.resolve([error, request.signal.reason]);
        throw error;
      }
    });
    const peer = await peerOf(port);
    peer.send(Buffer.concat([command(3, storeRequest(1)), dataset(3, Buffer.alloc(8))]));
    await peer.next();
    peer.destroy();
    expect(await thrown.promise).toEqual([expect.any(AssociationLost), expect.any(AssociationLost)]);
  });
});

describe('requests of ours', () => {
  /** Who asks by C-GET does: an association on which the other side stores. */
  async function storedAt(port: number, received: Buffer[]) {
    const storage: Service<undefined> = {
      name: 'Storage',
      abstractSyntaxes: () => true,
      commands: {
        'C-STORE-RQ': async (request) => {
          received.push(await readAll(request.dataset));
          return { status: 0xb000 };
        },
      },
    };
    return connectAssociation(
      {
        host: '127.0.0.1',
        port,
        callingAETitle: 'TEST',
        calledAETitle: 'LIGHTBOX',
        contexts: [
          { abstractSyntax: verificationClass, transferSyntaxes: [explicitLE] },
          { abstractSyntax: ct, transferSyntaxes: [explicitLE] },
        ],
        userInformation: { roles: [{ sopClass: ct, scu: true, scp: true }] },
      },
      (association, agreement) => new Exchange(association, agreement, { services: [storage], context: undefined }),
    );
  }

  test('go to the requestor on its own association, where it took the SCP role', async () => {
    const roles: boolean[] = [];
    const { port } = await listener(async ({ peer }, bytes) => {
      await bytes();
      roles.push(...[...peer.contexts.values()].map(({ asSCU }) => asSCU));
      const one = await peer.invoke(3, storeRequest(1), Buffer.alloc(300_001, 1));
      const two = await peer.invoke(3, storeRequest(1), [Buffer.alloc(7, 2), Buffer.alloc(600_000, 3)]);
      return { status: one.Status === 0xb000 && two.Status === 0xb000 ? 0 : 0xc000 };
    });
    const received: Buffer[] = [];
    const exchange = await storedAt(port, received);
    expect((await exchange.invoke(3, storeRequest(1), Buffer.alloc(8))).Status).toBe(0);
    await exchange.release();
    expect(roles).toEqual([false, true]);
    expect(received).toEqual([
      Buffer.concat([Buffer.alloc(300_001, 1), Buffer.alloc(1)]),
      Buffer.concat([Buffer.alloc(7, 2), Buffer.alloc(600_000, 3), Buffer.alloc(1)]),
    ]);
  });

  test('come out the same in however many pieces and whatever the peer takes at once', async () => {
    const { port, stored } = await listener(undefined, { announcedPduBytes: 100 });
    const wide = await listener();
    const exchanges = [await requestor(port), await requestor(wide.port)];
    const lengths = fc.oneof(fc.nat({ max: 300 }), fc.constantFrom(262_138, 262_139, 600_000));
    await fc.assert(
      fc.asyncProperty(fc.array(lengths, { maxLength: 6 }), fc.boolean(), async (pieces, isWhole) => {
        const bytes = pieces.map((length, at) => Buffer.alloc(length, at + 1));
        const whole = Buffer.concat(bytes);
        const small = whole.length < 10_000;
        await exchanges[small ? 0 : 1]!.invoke(3, storeRequest(1), isWhole ? whole : bytes);
        const arrived = (small ? stored : wide.stored).pop()!;
        expect(arrived.equals(Buffer.concat([whole, Buffer.alloc(whole.length % 2)]))).toBe(true);
      }),
      { numRuns: 60 },
    );
    for (const exchange of exchanges) await exchange.release();
  });

  test('that come in pieces do not mix with others', async () => {
    const { port, stored } = await listener();
    const exchange = await requestor(port);
    const gate = Promise.withResolvers<void>();
    async function* slowly() {
      yield Buffer.alloc(300_000, 1);
      await gate.promise;
      yield Buffer.alloc(300_000, 2);
    }
    const first = exchange.invoke(3, storeRequest(1), slowly());
    const second = exchange.invoke(3, storeRequest(2), Buffer.alloc(10, 3));
    const third = echo(exchange);
    await new Promise(setImmediate);
    gate.resolve();
    expect([(await first).Status, (await second).Status, await third]).toEqual([0, 0, 0]);
    expect(stored).toEqual([Buffer.concat([Buffer.alloc(300_000, 1), Buffer.alloc(300_000, 2)]), Buffer.alloc(10, 3)]);
    await exchange.release();
  });

  test('whose data set breaks off end the association, unless nothing of it was sent', async () => {
    const exchange = await requestor((await listener()).port);
    async function* broken(bytes: number) {
      yield Buffer.alloc(bytes);
      throw new Error('no more');
    }
    await expect(exchange.invoke(3, storeRequest(1), broken(10))).rejects.toThrow('no more');
    expect(await echo(exchange)).toBe(0);
    await expect(exchange.invoke(3, storeRequest(1), broken(600_000))).rejects.toThrow('no more');
    expect(exchange.isOver).toBe(true);
    await expect(echo(exchange)).rejects.toThrow(AssociationLost);
  });

  test('fail at once when the peer releases the association, and so do those that follow', async () => {
    const failures: unknown[] = [];
    const { port } = await listener(async ({ peer }, bytes) => {
      await bytes();
      for (let request = 0; request < 2; request++)
        await peer.invoke(3, storeRequest(1), Buffer.alloc(8)).catch((error: unknown) => failures.push(error));
      return { status: peer.isOver ? 0xa702 : 0 };
    });
    const peer = await peerOf(port, { roles: [{ sopClass: ct, scu: true, scp: true }] });
    peer.send(Buffer.concat([command(3, storeRequest(5)), dataset(3, Buffer.alloc(8))]));
    expect((await response(peer)).CommandField).toBe(commandFields['C-STORE-RQ']);
    await peer.next(); // its data set
    peer.send(encodeReleaseRequest());
    expect(await response(peer)).toMatchObject({ MessageIDBeingRespondedTo: 5, Status: 0xa702 });
    expect((await peer.next())?.type).toBe(6);
    expect(failures).toEqual([expect.any(AssociationLost), expect.any(AssociationLost)]);
  });

  test('that have one response end the association with a pending one: nobody would send another', async () => {
    const failed = Promise.withResolvers<unknown>();
    const { port } = await listener(async ({ peer }, bytes) => {
      await bytes();
      await peer.invoke(3, storeRequest(1), Buffer.alloc(8)).catch(failed.resolve);
      return success;
    });
    const peer = await peerOf(port, { roles: [{ sopClass: ct, scu: true, scp: true }] });
    peer.send(Buffer.concat([command(3, storeRequest(5)), dataset(3, Buffer.alloc(8))]));
    const { MessageID } = await response(peer);
    await peer.next(); // its data set
    const pending = {
      AffectedSOPClassUID: ct,
      CommandField: commandFields['C-STORE-RQ'] | responseBit,
      MessageIDBeingRespondedTo: MessageID!,
      CommandDataSetType: 0x0101,
      Status: 0xff00,
    };
    peer.send(command(3, pending));
    expect(await peer.next()).toEqual(abort);
    expect(await failed.promise).toBeInstanceOf(AssociationLost);
  });

  test('that are not answered end the association', async () => {
    const { port } = await listener((request) => once(request.signal, 'abort').then(() => success));
    const exchange = await connectExchange({
      host: '127.0.0.1',
      port,
      callingAETitle: 'TEST',
      calledAETitle: 'LIGHTBOX',
      contexts: [{ abstractSyntax: ct, transferSyntaxes: [explicitLE] }],
      limits: { ...upperLayerLimits, responseMs: 30 },
    });
    await expect(store(exchange, instance(Buffer.alloc(8)))).rejects.toThrow('no response in time');
  });
});

describe('an association', () => {
  test('is held back while its service is slow, and others are not', async () => {
    const gate = Promise.withResolvers<void>();
    const arriving = Promise.withResolvers<{ length: number }>();
    const { port, stored } = await listener(async ({ dataset: pieces }, bytes) => {
      arriving.resolve(pieces as unknown as { length: number });
      await gate.promise;
      await bytes();
      return success;
    });
    const slow = await peerOf(port);
    const bytes = Buffer.alloc(64 << 20, 1);
    slow.send(command(3, storeRequest(1)));
    slow.send(dataset(3, bytes));
    const stream = await arriving.promise;
    const other = await peerOf(port);
    for (let id = 0; id < 200; id++) {
      other.send(command(1, echoRequest(id)));
      expect((await response(other)).Status).toBe(0);
    }
    expect(stream.length).toBeLessThan(upperLayerLimits.bufferedBytes + 270_000);
    gate.resolve();
    expect((await response(slow)).Status).toBe(0);
    expect(stored[0]!.equals(bytes)).toBe(true);
  });

  test('that is cut after any byte of a data set lets its reader fail, never end', async () => {
    const outcomes: unknown[] = [];
    const { port } = await listener(async (_request, bytes) => {
      await bytes().catch((error: unknown) => {
        outcomes.push(error);
        throw error;
      });
      return success;
    });
    const stream = Buffer.concat([command(3, storeRequest(1)), dataset(3, Buffer.alloc(300), { fragment: 100 })]);
    const dataBegins = command(3, storeRequest(1)).length;
    for (let cut = 0; cut < stream.length; cut += 7) {
      const peer = await peerOf(port);
      peer.send(stream.subarray(0, cut));
      peer.socket.end();
      await peer.closed;
    }
    const begun = Math.ceil(stream.length / 7) - Math.ceil(dataBegins / 7);
    expect(outcomes).toHaveLength(begun);
    for (const outcome of outcomes) expect(outcome).toBeInstanceOf(AssociationLost);
  });

  test('whose message stalls is aborted, and one that is idle for too long too', async () => {
    const { port } = await listener(undefined, { stalledMessageMs: 40, idleAssociationMs: 100 });
    const stalled = await peerOf(port);
    stalled.send(command(3, storeRequest(1)));
    expect(await stalled.next()).toEqual(abort);
    const idle = await peerOf(port);
    expect(await idle.next()).toEqual(abort);
  });

  test('is not idle for a requestor that waits for an answer', async () => {
    const answered = Promise.withResolvers<Answer>();
    const { port } = await listener(async (_request, bytes) => {
      await bytes();
      return answered.promise;
    });
    const exchange = await requestor(port, { ...upperLayerLimits, stalledMessageMs: 20, idleAssociationMs: 40 });
    const stored = store(exchange, instance(Buffer.alloc(8)));
    setTimeout(() => answered.resolve(success), 300);
    expect((await stored).status).toBe(0);
    await exchange.over;
  });

  test('that drains answers what is running and then ends', async () => {
    const gate = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const { port, exchanges } = await listener(async (_request, bytes) => {
      started.resolve();
      await gate.promise;
      await bytes();
      return success;
    });
    const peer = await peerOf(port);
    peer.send(command(3, storeRequest(1)));
    peer.send(dataset(3, Buffer.alloc(8)));
    await started.promise;
    exchanges[0]!.drain();
    gate.resolve();
    expect((await response(peer)).Status).toBe(0);
    expect(await peer.next()).toEqual(abort);
    await exchanges[0]!.over;
  });
});
