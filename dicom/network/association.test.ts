import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';

import { afterEach, describe, expect, test } from 'vitest';

import { uid } from '../data/uid.ts';
import type { AcceptorOptions, Calling } from './acceptor.ts';
import { decodeAssociateRequest, encodeAssociateAccept, encodeAssociateRequest } from './associate-pdu.ts';
import type { Association } from './association.ts';
import { AssociationLost, type AssociationUser } from './association-user.ts';
import { upperLayerLimits } from './limits.ts';
import { Connections, listen } from './listener.ts';
import {
  encodeAbort,
  encodeData,
  encodeReject,
  encodeReleaseRequest,
  encodeReleaseResponse,
  rejections,
} from './pdu.ts';
import { AssociationRejected, connectAssociation } from './requestor.ts';
import { WirePeer, verificationRequest } from './wire-peer.ts';
import { transferSyntaxes } from '../syntax/all.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** What the user of an association was told, and promises for it. */
class Recorder implements AssociationUser {
  association: Association | undefined;
  bytes = '';
  readonly over = Promise.withResolvers<AssociationLost | undefined>();
  answersRelease = true;

  data(_contextId: number, _isCommand: boolean, _isLast: boolean, bytes: Buffer): void {
    this.bytes += bytes.toString('latin1');
  }
  releaseRequested(): void {
    if (this.answersRelease) this.association?.releaseResponse();
  }
  quiet(): void {}
  paced(): void {}
  ended(lost: AssociationLost | undefined): void {
    this.over.resolve(lost);
  }
}

/** A listener that takes Verification and tells its users' recorders. */
async function listener(differs: Partial<AcceptorOptions<string>> = {}) {
  const recorders: Recorder[] = [];
  const rejected: string[] = [];
  const callings: Calling[] = [];
  const connections = new Connections();
  const server = await listen(
    {
      host: '127.0.0.1',
      port: 0,
      aeTitle: 'LIGHTBOX',
      offers: [{ abstractSyntaxes: (uid) => uid === '1.2.840.10008.1.1' }],
      limits: upperLayerLimits,
      admit: async (calling) => {
        callings.push(calling);
        return { caller: calling.callingAETitle };
      },
      established: (association) => {
        const recorder = new Recorder();
        recorder.association = association;
        recorders.push(recorder);
        return recorder;
      },
      rejected: (_calling, rejection) => rejected.push(rejection),
      ...differs,
    },
    connections,
  );
  cleanups.push(async () => {
    connections.closeAll();
    server.close();
    await once(server, 'close');
  });
  return { server, port: (server.address() as AddressInfo).port, recorders, rejected, callings };
}

async function peerOf(port: number, localAddress?: string): Promise<WirePeer> {
  const peer = await WirePeer.connect(port, localAddress);
  cleanups.push(() => peer.destroy());
  return peer;
}
async function associated(port: number, request = verificationRequest()): Promise<WirePeer> {
  const peer = await WirePeer.associate(port, request);
  cleanups.push(() => peer.destroy());
  return peer;
}
const aborted = (source: number, reason: number) => ({ type: 7, body: Buffer.from([0, 0, source, reason]) });

test('what many peers send at once is read a few milliseconds of it a turn, and all of it in the end', async () => {
  let [inTurn, most, heard] = [0, 0, 0];
  const user: AssociationUser = {
    data() {
      for (const until = performance.now() + 3; performance.now() < until;);
      if (inTurn === 0) setImmediate(() => (inTurn = 0));
      most = Math.max(most, ++inTurn);
      heard++;
    },
    releaseRequested() {},
    quiet() {},
    paced() {},
    ended() {},
  };
  const { port } = await listener({ established: () => user });
  const peers = await Promise.all(Array.from({ length: 20 }, () => associated(port)));
  for (const peer of peers) peer.send(encodeData({ contextId: 1, isCommand: true }, Buffer.alloc(4), 0));
  await expect.poll(() => heard).toBe(20);
  expect(most).toBeLessThan(5);
});

describe('before an association', () => {
  test.each([
    ['random bytes', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a P-DATA-TF', encodeData({ contextId: 1, isCommand: true }, Buffer.alloc(4), 0)],
    ['an A-RELEASE-RQ', encodeReleaseRequest()],
    ['an A-ASSOCIATE-RJ', encodeReject(rejections['no reason given'])],
  ])('%s is answered with A-ABORT', async (_what, bytes) => {
    const { port } = await listener();
    const peer = await peerOf(port);
    peer.send(bytes);
    expect(await peer.next()).toEqual(aborted(0, 0));
  });

  test.each([
    ['protocol version 0', { protocolVersion: 0x8000 }, [1, 2, 2]],
    ['another application context', { applicationContext: '1.2.3.4' }, [1, 1, 2]],
    ['another called AE title', { calledAETitle: 'NOT_ME' }, [1, 1, 7]],
    ['an empty calling AE title', { callingAETitle: '' }, [1, 1, 3]],
    ['a calling AE title of control characters', { callingAETitle: '\x01\r\n"' }, [1, 1, 3]],
    ['no presentation context', { contexts: [] }, [1, 1, 1]],
    [
      'a maximum length of 1',
      { userInformation: { ...verificationRequest().userInformation, maximumLength: 1 } },
      [1, 1, 1],
    ],
  ])('%s is rejected, saying why', async (_what, differs, [result, source, reason]) => {
    const { port } = await listener();
    const peer = await peerOf(port);
    peer.send(encodeAssociateRequest(verificationRequest(differs)));
    expect(await peer.next()).toEqual({ type: 3, body: Buffer.from([0, result!, source!, reason!]) });
  });

  test('what is accepted repeats the AE title fields and the reserved one, byte by byte', async () => {
    const { port } = await listener();
    const peer = await peerOf(port);
    const request = encodeAssociateRequest(verificationRequest());
    const named = Buffer.concat([Buffer.from('LIGHTBOX\0\0\0\0\0\0\0\0  A MODALITY\0   '), Buffer.alloc(32, 7)]);
    named.copy(request, 10);
    peer.send(request);
    const accepted = await peer.next();
    expect(accepted?.type).toBe(2);
    expect(accepted?.body.subarray(4, 68)).toEqual(named);
  });

  test('who may call is decided by AE titles, address and user identity, and a refusal is told as such', async () => {
    const seen: Calling[] = [];
    const { port, rejected } = await listener({
      admit: async (calling) => {
        seen.push(calling);
        return { reject: 'calling AE title not recognized' };
      },
    });
    const userIdentity = {
      type: 2,
      positiveResponseRequested: true,
      primary: Buffer.from('anna'),
      secondary: Buffer.from('secret'),
    };
    const peer = await peerOf(port);
    const request = verificationRequest();
    peer.send(encodeAssociateRequest({ ...request, userInformation: { ...request.userInformation, userIdentity } }));
    expect((await peer.next())?.body).toEqual(Buffer.from([0, 1, 1, 3]));
    const abstractSyntaxes = ['1.2.840.10008.1.1'];
    expect(seen).toEqual([
      { callingAETitle: 'TEST', calledAETitle: 'LIGHTBOX', address: '127.0.0.1', abstractSyntaxes, userIdentity },
    ]);
    expect(rejected).toEqual(['calling AE title not recognized']);
  });

  test('a requestor may propose every transfer syntax there is, private ones too, in each of 128 contexts', async () => {
    const { port } = await listener();
    const standard = [...transferSyntaxes.keys()];
    const contexts = Array.from({ length: 128 }, (_, at) => ({
      id: 2 * at + 1,
      abstractSyntax: '1.2.840.10008.1.1',
      transferSyntaxes: at > 0 ? standard : [...Array.from({ length: 64 }, (_, n) => `1.2.3.${n}`), ...standard],
    }));
    const { userInformation } = verificationRequest();
    const primary = Buffer.alloc(65_000);
    const userIdentity = { type: 4, positiveResponseRequested: false, primary, secondary: Buffer.alloc(0) };
    await associated(port, verificationRequest({ contexts, userInformation: { ...userInformation, userIdentity } }));
  });

  test('when it cannot be decided who may call, the rejection is transient', async () => {
    const { port } = await listener({ admit: () => Promise.reject(new Error('no database')) });
    const peer = await peerOf(port);
    peer.send(encodeAssociateRequest(verificationRequest()));
    expect((await peer.next())?.body).toEqual(Buffer.from([0, 2, 3, 1]));
  });

  test('one association too many is rejected for now, and there is room again when another ends', async () => {
    const { port } = await listener({ limits: { ...upperLayerLimits, associations: 1 } });
    const first = await associated(port);
    const second = await peerOf(port);
    second.send(encodeAssociateRequest(verificationRequest()));
    expect((await second.next())?.body).toEqual(Buffer.from([0, 2, 3, 2]));
    first.destroy();
    await second.closed;
    for (;;) {
      const third = await peerOf(port);
      third.send(encodeAssociateRequest(verificationRequest()));
      if ((await third.next())?.type === 2) break; // the end of the first is on its way to the listener
    }
  });

  test('one that was rejected takes no place, although its connection stays open', async () => {
    const { server, port } = await listener({ limits: { ...upperLayerLimits, associations: 1, strangers: 2 } });
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const stranger = await peerOf(port);
    const [ours] = await accepted;
    stranger.socket.allowHalfOpen = true;
    stranger.send(encodeAssociateRequest(verificationRequest({ calledAETitle: 'NOT_ME' })));
    expect((await stranger.next())?.type).toBe(3);
    await associated(port);
    // And it gives way to those who come later.
    const closed = once(ours, 'close');
    await peerOf(port);
    await peerOf(port);
    await closed;
  });

  test('silent connections are closed when the ARTIM timer expires', async () => {
    const { port } = await listener({ limits: { ...upperLayerLimits, artimMs: 50 } });
    const silent = await peerOf(port);
    const slow = await peerOf(port);
    slow.send(Buffer.from([1]));
    await Promise.all([silent.closed, slow.closed]);
  });

  test('when there are too many connections the oldest silent one gives way', async () => {
    const { port } = await listener({ limits: { ...upperLayerLimits, strangers: 1 } });
    const established = await associated(port);
    const oldest = await peerOf(port);
    await associated(port);
    await oldest.closed;
    expect(established.socket.closed).toBe(false);
  });

  test('of those, the machine that has most gives way first', async () => {
    const { port } = await listener({ limits: { ...upperLayerLimits, strangers: 3 } });
    const modality = await peerOf(port, '127.0.0.2');
    const [oldest, ...flood] = [await peerOf(port), await peerOf(port), await peerOf(port)];
    await oldest.closed;
    modality.send(encodeAssociateRequest(verificationRequest()));
    expect((await modality.next())?.type).toBe(2);
    expect(flood.map(({ socket }) => socket.closed)).toEqual([false, false]);
  });

  test('those of whom it is not decided yet whether they may call keep nobody else out', async () => {
    const asked: string[] = [];
    const never = new Promise<never>(() => {});
    const { port } = await listener({
      limits: { ...upperLayerLimits, associations: 1 },
      async admit({ callingAETitle }) {
        asked.push(callingAETitle);
        return callingAETitle === 'STRANGER' ? never : { caller: callingAETitle };
      },
    });
    const stranger = await peerOf(port);
    stranger.send(encodeAssociateRequest(verificationRequest({ callingAETitle: 'STRANGER' })));
    await expect.poll(() => asked).toEqual(['STRANGER']);
    await associated(port);
  });

  test('whoever has gone is not waited for', async () => {
    const gone = Promise.withResolvers<void>();
    const { port, rejected } = await listener({
      async admit(_calling, signal) {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
        gone.resolve();
        throw signal.reason;
      },
    });
    const peer = await peerOf(port);
    peer.send(encodeAssociateRequest(verificationRequest()));
    peer.socket.resetAndDestroy();
    await gone.promise;
    expect(rejected).toEqual([]);
  });
});

describe('an established association', () => {
  test('hands on data, and is released when the peer asks', async () => {
    const { port, recorders } = await listener();
    const peer = await associated(port);
    peer.send(encodeData({ contextId: 1, isCommand: true }, Buffer.from('hello'), 0));
    peer.send(encodeReleaseRequest());
    expect(await peer.next()).toEqual({ type: 6, body: Buffer.alloc(4) });
    await peer.closed;
    expect(await recorders[0]!.over.promise).toBeUndefined();
    expect(recorders[0]!.bytes).toBe('hello');
  });

  test('tells whether the system has taken all that was sent', async () => {
    const { port, recorders } = await listener();
    const peer = await associated(port);
    const association = recorders[0]!.association!;
    expect(association.isFlushed).toBe(true);
    peer.socket.pause();
    const pdu = encodeData({ contextId: 1, isCommand: false }, Buffer.alloc(16_000), 0);
    // More than the buffers of both ends hold.
    void association.send(Array<Buffer>(4_000).fill(pdu));
    expect(association.isFlushed).toBe(false);
    const taken = association.send([]);
    peer.socket.resume();
    await taken;
    expect(association.isFlushed).toBe(true);
  });

  test.each([
    ['a second A-ASSOCIATE-RQ', encodeAssociateRequest(verificationRequest()), 2],
    ['an A-RELEASE-RP that nobody asked for', encodeReleaseResponse(), 2],
    ['a PDU of unknown type', Buffer.from([0x99, 0, 0, 0, 0, 0]), 1],
    ['a P-DATA-TF of 4 GB', Buffer.from([4, 0, 0xff, 0xff, 0xff, 0xff]), 6],
    [
      'a presentation data value beyond its PDU',
      Buffer.from([4, 0, 0, 0, 0, 8, 0xff, 0xff, 0xff, 0xff, 1, 3, 1, 2]),
      6,
    ],
    ['data on a context that was not accepted', encodeData({ contextId: 99, isCommand: true }, Buffer.alloc(4), 0), 6],
  ])('%s is answered with A-ABORT by the provider', async (_what, bytes, reason) => {
    const { port, recorders } = await listener();
    const peer = await associated(port);
    peer.send(bytes);
    expect(await peer.next()).toEqual(aborted(2, reason));
    expect(await recorders[0]!.over.promise).toBeInstanceOf(AssociationLost);
  });

  test('nothing of what follows an invalid PDU reaches the user', async () => {
    const { port, recorders } = await listener();
    const peer = await associated(port);
    const data = encodeData({ contextId: 1, isCommand: true }, Buffer.from('late'), 0);
    peer.send(Buffer.concat([encodeAssociateRequest(verificationRequest()), data]));
    expect(await peer.next()).toEqual(aborted(2, 2));
    expect(recorders[0]!.bytes).toBe('');
  });

  test('an A-ABORT and a cut connection are told as loss', async () => {
    const { port, recorders } = await listener();
    const first = await associated(port);
    first.send(encodeAbort({ source: 0, reason: 0 }));
    expect((await recorders[0]!.over.promise)?.message).toBe('aborted by the peer: no reason given');
    const second = await associated(port);
    second.destroy();
    expect((await recorders[1]!.over.promise)?.message).toBe('connection closed');
  });

  test('a peer that does not close after the end is closed when the ARTIM timer expires', async () => {
    const { server, port } = await listener({ limits: { ...upperLayerLimits, artimMs: 50 } });
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const peer = await associated(port);
    peer.socket.allowHalfOpen = true;
    const [ours] = await accepted;
    peer.send(encodeReleaseRequest());
    expect((await peer.next())?.type).toBe(6);
    await once(ours, 'close');
  });

  test('that is aborted is closed when the ARTIM timer expires, although the peer has not read what was sent before', async () => {
    const { server, port, recorders } = await listener({ limits: { ...upperLayerLimits, artimMs: 50 } });
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const peer = await associated(port);
    const [ours] = await accepted;
    peer.socket.pause();
    const pdu = encodeData({ contextId: 1, isCommand: false }, Buffer.alloc(16_000), 0);
    // More than the buffers of both ends hold.
    void recorders[0]!.association!.send(Array<Buffer>(4_000).fill(pdu))!.catch(() => {});
    recorders[0]!.association!.abort('the peer does not read');
    await once(ours, 'close');
  });
});

describe('the requestor', () => {
  const ask = (port: number) => ({
    host: '127.0.0.1',
    port,
    callingAETitle: 'TEST',
    calledAETitle: 'LIGHTBOX',
    contexts: [{ abstractSyntax: '1.2.840.10008.1.1', transferSyntaxes: ['1.2.840.10008.1.2'] }],
  });
  const use = (association: Association) => {
    const recorder = new Recorder();
    recorder.association = association;
    return recorder;
  };

  test('associates with our acceptor, sends data and releases', async () => {
    const { port, recorders } = await listener();
    const user = await connectAssociation(ask(port), use);
    expect([...user.association!.agreement.contexts.values()]).toEqual([
      { id: 1, abstractSyntax: '1.2.840.10008.1.1', transferSyntax: '1.2.840.10008.1.2', asSCU: true, asSCP: false },
    ]);
    await user.association!.send([encodeData({ contextId: 1, isCommand: true }, Buffer.from('data'), 0)]);
    user.association!.release();
    expect(await user.over.promise).toBeUndefined();
    expect(recorders[0]!.bytes).toBe('data');
    expect(() => user.association!.release()).toThrow(AssociationLost);
  });

  type Role = readonly [scu: 0 | 1, scp: 0 | 1];
  test.each<[string, Role | undefined, Role | undefined, Role]>([
    ['proposed and accepted', [0, 1], [0, 1], [0, 1]],
    ['proposed and refused', [0, 1], [0, 0], [0, 0]],
    ['proposed and not answered', [0, 1], undefined, [1, 0]],
    ['given without being proposed', [0, 1], [1, 1], [0, 1]],
    ['answered without any proposal', undefined, [0, 1], [1, 0]],
  ])('takes the roles of PS3.7 D.3.3.4 where they were %s', async (_, proposed, answered, expected) => {
    const sopClass = '1.2.840.10008.1.1';
    const rolesOf = (role: Role | undefined) => (role ? [{ sopClass, scu: role[0] === 1, scp: role[1] === 1 }] : []);
    const server = createServer(async (socket) => {
      const peer = new WirePeer(socket);
      const request = decodeAssociateRequest((await peer.next())!.body, upperLayerLimits);
      const contexts = [{ id: 1, result: 0, transferSyntax: uid('1.2.840.10008.1.2') }] as const;
      const userInformation = { ...request.userInformation, roles: rolesOf(answered) };
      peer.send(encodeAssociateAccept({ ...request, contexts, userInformation }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const user = await connectAssociation({ ...ask(port), userInformation: { roles: rolesOf(proposed) } }, use);
    const { asSCU, asSCP } = user.association!.agreement.contexts.get(1)!;
    expect([asSCU, asSCP].map(Number)).toEqual(expected);
    user.association!.abort('enough');
  });

  test('says why it was rejected', async () => {
    const { port } = await listener();
    const refused = connectAssociation({ ...ask(port), calledAETitle: 'OTHER' }, use);
    await expect(refused).rejects.toThrow(AssociationRejected);
    await expect(refused).rejects.toMatchObject({ rejection: { result: 1, source: 1, reason: 7 } });
  });

  test('says that nobody listens, that it was aborted, and that no answer came', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    server.on('connection', (socket) => socket.resume());
    const { port } = server.address() as AddressInfo;
    const short = { ...ask(port), limits: { ...upperLayerLimits, artimMs: 50 } };
    await expect(connectAssociation(short, use)).rejects.toThrow('no answer in time');
    server.once('connection', (socket) => socket.write(encodeAbort({ source: 2, reason: 0 })));
    await expect(connectAssociation(ask(port), use)).rejects.toThrow('aborted by the peer');
    server.close();
    await once(server, 'close');
    await expect(connectAssociation(ask(port), use)).rejects.toThrow('connection closed');
  });

  test('gives up when it is told to, while it connects and while it waits for the answer', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const stop = new AbortController();
    const waiting = connectAssociation({ ...ask(port), signal: stop.signal }, use);
    const [socket] = (await once(server, 'connection')) as [Socket];
    stop.abort();
    await expect(waiting).rejects.toThrow('given up');
    socket.resume();
    await once(socket, 'close');
    await expect(connectAssociation({ ...ask(port), signal: AbortSignal.abort() }, use)).rejects.toThrow('given up');
  });

  test('when both sides release at once, each answers the other (PS3.8 Table 9-10, Sta9 to Sta12)', async () => {
    const { port, recorders } = await listener();
    const user = await connectAssociation(ask(port), use);
    user.association!.release();
    recorders[0]!.association!.release();
    expect(await user.over.promise).toBeUndefined();
    expect(await recorders[0]!.over.promise).toBeUndefined();
  });
});
