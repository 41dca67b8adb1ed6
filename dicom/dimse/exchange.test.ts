/** What an association does for those who call us (PS3.7): messages, operations, and what they cost. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { uid } from '../data/uid.ts';
import { NoPresentationContext, echo, store } from './requests.ts';
import type { Answer } from './service.ts';
import { AssociationLost } from '../network/association-user.ts';
import { upperLayerLimits } from '../network/limits.ts';
import { encodeData, encodeReleaseRequest } from '../network/pdu.ts';
import type { WirePeer } from '../network/wire-peer.ts';
import {
  verificationClass,
  success,
  closeAll,
  listener,
  peerOf,
  requestor,
  instance,
  echoRequest,
  storeRequest,
  command,
  dataset,
  response,
  abort,
} from './test-exchange.ts';

afterEach(closeAll);

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

  test('is idle for as long as is set, however long a message may stall', async () => {
    const { port } = await listener(undefined, { stalledMessageMs: 86_400_000, idleAssociationMs: 100 });
    const idle = await peerOf(port);
    expect(await idle.next()).toEqual(abort);
  });

  test('whose message comes in drops is aborted, and one that comes slowly is taken', async () => {
    const { port, stored } = await listener(undefined, { stalledMessageMs: 300, leastPaceBytes: 2_000 });
    const drop = async (peer: WirePeer, bytes: Buffer, size: number) => {
      for (let at = 0; at < bytes.length && !peer.socket.destroyed; at += size) {
        peer.send(bytes.subarray(at, at + size));
        await delay(10);
      }
    };
    const stream = Buffer.concat([command(3, storeRequest(1)), dataset(3, Buffer.alloc(100_000))]);
    const slow = await peerOf(port);
    await drop(slow, stream, 1_000);
    expect((await response(slow)).Status).toBe(0);
    expect(stored[0]).toHaveLength(100_000);
    const dripping = await peerOf(port);
    const ended = dripping.next();
    void drop(dripping, stream, 1);
    expect(await ended).toEqual(abort);
    expect(stored).toHaveLength(1);
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
