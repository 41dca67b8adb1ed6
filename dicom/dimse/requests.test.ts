/** Requests of ours and the responses to them, on an association of either side (PS3.7 Sections 7.1 and 9.1). */
import { once } from 'node:events';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { commandFields, responseBit } from './command.ts';
import { Exchange } from './exchange.ts';
import { connectExchange, echo, store } from './requests.ts';
import type { Service } from './service.ts';
import { AssociationLost } from '../network/association-user.ts';
import { upperLayerLimits } from '../network/limits.ts';
import { encodeReleaseRequest } from '../network/pdu.ts';
import { connectAssociation } from '../network/requestor.ts';
import {
  ct,
  explicitLE,
  success,
  closeAll,
  listener,
  readAll,
  peerOf,
  contexts,
  requestor,
  instance,
  storeRequest,
  findRequest,
  command,
  dataset,
  response,
  abort,
} from './test-exchange.ts';

afterEach(closeAll);

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
        contexts,
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

  test.each([
    ['about another instance', { AffectedSOPInstanceUID: '1.2.3.4' }],
    ['about another kind of request', { CommandField: commandFields['C-ECHO-RQ'] | responseBit }],
    ['about a request that nobody sent', { MessageIDBeingRespondedTo: 99 }],
    // Nobody would send another.
    ['by a pending response where there is one in all', { Status: 0xff00 }],
  ])('that are answered %s are not taken for done: the association ends', async (_, differs) => {
    const failed = Promise.withResolvers<unknown>();
    const { port } = await listener(async ({ peer }, bytes) => {
      await bytes();
      await peer.invoke(3, storeRequest(1), Buffer.alloc(8)).then(() => failed.resolve('done'), failed.resolve);
      return success;
    });
    const peer = await peerOf(port, { roles: [{ sopClass: ct, scu: true, scp: true }] });
    peer.send(Buffer.concat([command(3, storeRequest(5)), dataset(3, Buffer.alloc(8))]));
    const { MessageID } = await response(peer);
    await peer.next(); // its data set
    const answer = {
      AffectedSOPClassUID: ct,
      CommandField: commandFields['C-STORE-RQ'] | responseBit,
      MessageIDBeingRespondedTo: MessageID!,
      CommandDataSetType: 0x0101,
      Status: 0,
      AffectedSOPInstanceUID: '1.2.3',
      ...differs,
    };
    peer.send(command(3, answer));
    expect(await peer.next()).toEqual(abort);
    expect(await failed.promise).toBeInstanceOf(AssociationLost);
  });

  test.each([
    ['a failure', 'C-STORE-RQ', { Status: 0xa700 }],
    ['of another service', 'C-FIND-RQ', { Status: 0 }],
  ] as const)('that name another instance are taken all the same where they are %s', async (_, field, { Status }) => {
    const { port } = await listener(async ({ peer }, bytes) => {
      await bytes();
      const request = { ...storeRequest(1), CommandField: commandFields[field] };
      const { Status: answered } = await peer.invoke(3, request, Buffer.alloc(8));
      return { status: answered === Status ? 0 : 0xc000 };
    });
    const peer = await peerOf(port, { roles: [{ sopClass: ct, scu: true, scp: true }] });
    peer.send(Buffer.concat([command(3, storeRequest(5)), dataset(3, Buffer.alloc(8))]));
    const { MessageID } = await response(peer);
    await peer.next(); // its data set
    const answer = {
      AffectedSOPClassUID: ct,
      CommandField: commandFields[field] | responseBit,
      MessageIDBeingRespondedTo: MessageID!,
      CommandDataSetType: 0x0101,
      Status,
      AffectedSOPInstanceUID: '1.2.3.4',
    };
    peer.send(command(3, answer));
    expect(await response(peer)).toMatchObject({ MessageIDBeingRespondedTo: 5, Status: 0 });
  });

  test('that are cancelled, and then answered by pending responses for ever, end the association', async () => {
    const failed = Promise.withResolvers<unknown>();
    const { port } = await listener(
      async (request, bytes) => {
        await bytes();
        const asking = request.peer as Exchange<undefined>;
        const told = { signal: AbortSignal.abort() };
        await asking.invoke(3, findRequest(1), Buffer.alloc(8), told).then(failed.resolve, failed.resolve);
        return success;
      },
      { responseMs: 500 },
    );
    const peer = await peerOf(port, { roles: [{ sopClass: ct, scu: true, scp: true }] });
    peer.send(Buffer.concat([command(3, storeRequest(5)), dataset(3, Buffer.alloc(8))]));
    const { MessageID } = await response(peer);
    await peer.next(); // its data set
    expect((await response(peer)).CommandField).toBe(commandFields['C-CANCEL-RQ']);
    const pending = {
      CommandField: commandFields['C-FIND-RQ'] | responseBit,
      MessageIDBeingRespondedTo: MessageID!,
      CommandDataSetType: 0x0101,
      Status: 0xff00,
    };
    const again = setInterval(() => peer.send(command(3, pending)), 5);
    expect(await failed.promise).toMatchObject({ message: expect.stringContaining('no response in time') });
    clearInterval(again);
  });

  test('go to nobody who takes a few bytes at once: each of its PDUs would cost more than it brings', async () => {
    const { port } = await listener(undefined, { announcedPduBytes: 8 });
    await expect(requestor(port)).rejects.toThrow('the peer takes PDUs of 8 bytes');
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
