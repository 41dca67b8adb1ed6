import { createHash } from 'node:crypto';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { uid } from '../data/uid.ts';
import { commandFields, decodeCommand, encodeCommand } from './command.ts';
import { DatasetStream } from './dataset-stream.ts';
import type { Service } from './service.ts';
import { openListener } from './test-listener.ts';
import { encodeData } from '../network/pdu.ts';
import { WirePeer, verificationRequest } from '../network/wire-peer.ts';

const ct = uid('1.2.840.10008.5.1.4.1.1.2');
const explicitLE = uid('1.2.840.10008.1.2.1');
const turns = async (count: number) => {
  for (let each = 0; each < count; each++) await new Promise(setImmediate);
};
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Bytes that no two of them share. */
function noise(length: number, seed: number): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed * 0x9e3779b9 + 1;
  for (let at = 0; at < words.length; at++) words[at] = state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + at;
  return Buffer.from(words.buffer, 0, length);
}

describe('the data set of a message', () => {
  const piece = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 1000, maxLength: 3000 }));

  test('takes little more memory than its bytes, however long and short pieces follow each other', async () => {
    const stream = new DatasetStream({ taken() {}, giveBack() {} });
    for (let pair = 0; pair < 256; pair++) {
      stream.push(Buffer.alloc(1, 1));
      stream.push(Buffer.alloc(1024));
    }
    stream.complete();
    const ofShortOnes = new Set<ArrayBufferLike>();
    for await (const piece of stream) if (piece.length === 1) ofShortOnes.add(piece.buffer);
    expect([...ofShortOnes].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThan(256 * 1024);
  });

  test('is what was sent for a reader that looks at a piece until it asks for the next, however slow it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(piece, fc.nat(2)), { maxLength: 30 }),
        fc.array(fc.nat(3), { maxLength: 30 }),
        async (pieces, delays) => {
          const counts = { taken: 0 };
          const stream = new DatasetStream({
            taken: (bytes) => (counts.taken += bytes),
            giveBack: (back) => back.fill(0xee),
          });
          const sent = Buffer.concat(pieces.map(([bytes]) => bytes));
          const arrives = async () => {
            for (const [bytes, pause] of pieces) {
              stream.push(Buffer.from(bytes));
              await turns(pause);
            }
            stream.complete();
          };
          const seen: Buffer[] = [];
          const isRead = async () => {
            for await (const bytes of stream) {
              await turns(delays[seen.length] ?? 0);
              seen.push(Buffer.from(bytes)); // as late as may be
            }
          };
          await Promise.all([arrives(), isRead()]);
          expect(Buffer.concat(seen).equals(sent)).toBe(true);
          expect(counts.taken).toBe(sent.length);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('several associations at once', () => {
  /** What was read of each instance: its digest, taken of each piece as late as may be. */
  async function listener() {
    const digests = new Map<string, string>();
    const storage: Service<undefined> = {
      name: 'Storage',
      abstractSyntaxes: (abstractSyntax) => abstractSyntax === ct,
      commands: {
        'C-STORE-RQ': async ({ command, dataset }) => {
          const hash = createHash('sha256');
          const slowness = command.MessageID! % 5;
          for await (const bytes of dataset!) {
            await turns(slowness === 4 ? 6 : slowness === 3 ? 1 : 0);
            hash.update(bytes);
            if (command.Priority === 1) return { status: 0xa700 }; // stops reading early
          }
          digests.set(command.AffectedSOPInstanceUID!, hash.digest('hex'));
          return { status: 0 };
        },
      },
    };
    return Object.assign(await openListener([storage]), { digests });
  }

  const request = verificationRequest();
  const associate = (port: number, invoked: number) =>
    WirePeer.associate(port, {
      ...request,
      contexts: [{ id: 1, abstractSyntax: ct, transferSyntaxes: [explicitLE] }],
      userInformation: { ...request.userInformation, asynchronousOperations: { invoked, performed: 1 } },
    });
  const message = (MessageID: number, AffectedSOPInstanceUID: string, bytes: Buffer, most: number, Priority = 0) =>
    Buffer.concat([
      encodeData(
        { contextId: 1, isCommand: true },
        encodeCommand({
          AffectedSOPClassUID: ct,
          CommandField: commandFields['C-STORE-RQ'],
          MessageID,
          Priority,
          CommandDataSetType: 1,
          AffectedSOPInstanceUID,
        }),
        most,
      ),
      encodeData({ contextId: 1, isCommand: false }, bytes, most),
    ]);

  test('slow and fast, early to stop or cut, read each what was sent to it, byte for byte', async () => {
    await using door = await listener();
    const expected = new Map<string, string>();
    const send = async (which: number) => {
      const isCut = which % 4 === 3;
      const peer = await associate(door.port, 1 + (which % 3));
      for (let id = 1; id <= 15; id++) {
        const instance = `1.2.${which}.${id}`;
        const bytes = noise(2 * ((id * 7919 + which * 104_729) % 300_000), which * 100 + id);
        const most = [16_384, 131_072, 300, 262_144, 50_000][(id + which) % 5]!;
        const stopsEarly = id % 6 === 5;
        const encoded = message(id, instance, bytes, most, stopsEarly ? 1 : 0);
        if (isCut && id === 15) break;
        // In two writes that cut it anywhere.
        const cut = (id * 65_537) % encoded.length;
        peer.send(encoded.subarray(0, cut));
        await turns(id % 3);
        peer.send(encoded.subarray(cut));
        if (!stopsEarly || bytes.length === 0) expected.set(instance, sha256(bytes));
      }
      if (isCut) {
        peer.send(message(15, `1.2.${which}.15`, noise(900_000, which), 131_072).subarray(0, 700_000));
        for (let answers = 0; answers < 5; answers++) await peer.next();
        peer.destroy();
        for (const instance of expected.keys()) if (instance.startsWith(`1.2.${which}.`)) expected.delete(instance);
        return;
      }
      for (let answers = 0; answers < 15; answers++) {
        const pdu = await peer.next();
        const { MessageID = 0, Status, MessageIDBeingRespondedTo = MessageID } = decodeCommand(pdu!.body.subarray(6));
        expect(Status).toBe(MessageIDBeingRespondedTo % 6 === 5 ? 0xa700 : 0);
      }
      peer.destroy();
    };
    for (let round = 0; round < 3; round++)
      await Promise.all(Array.from({ length: 5 }, (_, which) => send(round * 5 + which)));
    for (const [instance, digest] of expected) expect(door.digests.get(instance), instance).toBe(digest);
    expect(expected.size).toBeGreaterThan(100);
    await Promise.all(door.exchanges.map((exchange) => exchange.over));
  });
});
