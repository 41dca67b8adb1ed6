import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  type AssociateAccept,
  type AssociateRequest,
  encodeAssociateAccept,
  encodeAssociateRequest,
} from './associate-pdu.ts';
import { upperLayerLimits } from './limits.ts';
import { BadPdu, encodeAbort, encodeData, encodeReject, encodeReleaseRequest, encodeReleaseResponse } from './pdu.ts';
import { type ControlPdu, PduReader } from './pdu-reader.ts';

const uids = fc
  .array(fc.integer({ min: 0, max: 999_999 }), { minLength: 2, maxLength: 8 })
  .map((components) => components.join('.'));
const titles = fc.stringMatching(/^[!-[\]-~]([ -[\]-~]{0,14}[!-[\]-~])?$/);
const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));
const u16 = fc.integer({ min: 0, max: 0xffff });
const ids = fc.uniqueArray(
  fc.integer({ min: 0, max: 127 }).map((n) => 2 * n + 1),
  { minLength: 1, maxLength: 10 },
);

const userInformation = fc.record(
  {
    maximumLength: fc.integer({ min: 0, max: 0xffffffff }),
    implementationClassUID: uids,
    implementationVersionName: fc.stringMatching(/^[!-~]{1,16}$/),
    asynchronousOperations: fc.record({ invoked: u16, performed: u16 }),
    roles: fc.array(fc.record({ sopClass: uids, scu: fc.boolean(), scp: fc.boolean() }), { maxLength: 4 }),
    extended: fc.array(fc.record({ sopClass: uids, information: bytes }), { maxLength: 3 }),
    commonExtended: fc.array(
      fc.record({ sopClass: uids, serviceClass: uids, related: fc.array(uids, { maxLength: 3 }) }),
      { maxLength: 3 },
    ),
    userIdentity: fc.record({
      type: fc.integer({ min: 1, max: 5 }),
      positiveResponseRequested: fc.boolean(),
      primary: bytes,
      secondary: bytes,
    }),
    userIdentityResponse: bytes,
  },
  { requiredKeys: ['maximumLength', 'implementationClassUID', 'roles', 'extended', 'commonExtended'] },
);

const fields = {
  protocolVersion: u16,
  calledAETitle: titles,
  callingAETitle: titles,
  applicationContext: uids,
  userInformation,
};
const requests: fc.Arbitrary<AssociateRequest> = ids.chain((contextIds) =>
  fc.record({
    ...fields,
    contexts: fc.tuple(
      ...contextIds.map((id) =>
        fc.record({
          id: fc.constant(id),
          abstractSyntax: uids,
          transferSyntaxes: fc.array(uids, { minLength: 1, maxLength: 5 }),
        }),
      ),
    ),
  }),
) as fc.Arbitrary<AssociateRequest>;
const accepts: fc.Arbitrary<AssociateAccept> = ids.chain((contextIds) =>
  fc.record({
    ...fields,
    contexts: fc.tuple(
      ...contextIds.map((id) =>
        fc.record({ id: fc.constant(id), result: fc.integer({ min: 0, max: 4 }), transferSyntax: uids }),
      ),
    ),
  }),
) as fc.Arbitrary<AssociateAccept>;
const octet = fc.integer({ min: 0, max: 255 });

const controlPdus: fc.Arbitrary<{ pdu: ControlPdu; encoded: Buffer }> = fc.oneof(
  requests.map((request) => {
    const encoded = encodeAssociateRequest(request);
    return { pdu: { type: 'A-ASSOCIATE-RQ' as const, ...request, named: encoded.subarray(10, 74) }, encoded };
  }),
  accepts.map((accept) => ({
    pdu: { type: 'A-ASSOCIATE-AC' as const, ...accept },
    encoded: encodeAssociateAccept(accept),
  })),
  fc.record({ result: octet, source: octet, reason: octet }).map((reject) => ({
    pdu: { type: 'A-ASSOCIATE-RJ' as const, ...reject },
    encoded: encodeReject(reject),
  })),
  fc.record({ source: octet, reason: octet }).map((abort) => ({
    pdu: { type: 'A-ABORT' as const, ...abort },
    encoded: encodeAbort(abort),
  })),
  fc.constant({ pdu: { type: 'A-RELEASE-RQ' as const }, encoded: encodeReleaseRequest() }),
  fc.constant({ pdu: { type: 'A-RELEASE-RP' as const }, encoded: encodeReleaseResponse() }),
);

/** Everything a reader makes of the chunks; the pieces of each fragment joined. */
function read(chunks: readonly Uint8Array[]) {
  const control: ControlPdu[] = [];
  const messages: { contextId: number; isCommand: boolean; bytes: Buffer }[] = [];
  let pieces: Buffer[] = [];
  const reader = new PduReader(
    {
      control: (pdu) => control.push(pdu),
      dataBegins: () => {},
      fragment: (contextId, isCommand, isLast, piece) => {
        pieces.push(Buffer.from(piece));
        if (!isLast) return;
        messages.push({ contextId, isCommand, bytes: Buffer.concat(pieces) });
        pieces = [];
      },
    },
    upperLayerLimits,
  );
  // As sockets are read: each chunk lies where other bytes will lie when it has been read.
  for (const chunk of chunks) {
    const received = Buffer.from(chunk);
    reader.push(received);
    received.fill(0xaa);
  }
  return { control, messages };
}

/** Cuts at the given places, wherever they fall. */
function chop(whole: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((start, index) => whole.subarray(start, places[index] ?? whole.length));
}
const cuts = fc.array(fc.nat(), { maxLength: 30 });

describe('PDUs', () => {
  test('every PDU that is read whole reads back as it was written, however the stream is chopped', () => {
    fc.assert(
      fc.property(fc.array(controlPdus, { maxLength: 4 }), cuts, (pdus, places) => {
        const stream = Buffer.concat(pdus.map(({ encoded }) => encoded));
        expect(read(chop(stream, places)).control).toEqual(pdus.map(({ pdu }) => pdu));
      }),
      { numRuns: 200 },
    );
  });

  test('a long PDU that comes byte by byte takes no more memory than its bytes', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const length = upperLayerLimits.associateRequestBytes;
    const header = Buffer.from([1, 0, 0, 0, 0, 0]);
    header.writeUInt32BE(length, 2);
    const used = (): number => {
      // Once leaves what only waits to be swept, now all of it, now none: a hundred times as much as there is.
      collect();
      collect();
      return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    };
    const taken = (): number => {
      const reader = new PduReader({ control() {}, dataBegins() {}, fragment() {} }, upperLayerLimits);
      const before = used();
      reader.push(header);
      for (let at = 1; at < length; at++) reader.push(Buffer.alloc(1));
      const more = used() - before;
      reader.push(Buffer.alloc(0)); // it is kept until here
      return more;
    };
    // What else this process does may fall into one of them, compiling what is run here among it.
    const [, middle] = [taken(), taken(), taken()].sort((a, b) => a - b);
    expect(middle).toBeLessThan(4 * length);
  });

  test('the same data comes out for every maximum length and however the stream is chopped', () => {
    const message = fc.record({
      contextId: fc.integer({ min: 0, max: 127 }).map((n) => 2 * n + 1),
      isCommand: fc.boolean(),
      bytes: fc.uint8Array({ maxLength: 2000 }).map((array) => Buffer.from(array)),
    });
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 4 }),
        fc.integer({ min: 8, max: 3000 }),
        cuts,
        (messages, most, places) => {
          const stream = Buffer.concat(messages.map(({ bytes, ...kind }) => encodeData(kind, bytes, most)));
          expect(read(chop(stream, places)).messages).toEqual(messages);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('no P-DATA-TF is longer than the peer takes, and all fragments but the last are even', () => {
    for (const most of [8, 9, 64, 4096, 16_384]) {
      const stream = encodeData({ contextId: 1, isCommand: false }, Buffer.alloc(10_001), most);
      for (let at = 0; at < stream.length;) {
        const length = stream.readUInt32BE(at + 2);
        expect(length).toBeLessThanOrEqual(most);
        if ((stream[at + 11]! & 2) === 0) expect(stream.readUInt32BE(at + 6) % 2).toBe(0);
        at += 6 + length;
      }
    }
  });

  test('several presentation data values in one PDU are read one by one', () => {
    const value = (control: number, text: string) => {
      const header = Buffer.from([0, 0, 0, text.length + 2, 3, control]);
      return Buffer.concat([header, Buffer.from(text)]);
    };
    const body = Buffer.concat([value(3, 'command'), value(0, 'some '), value(2, 'data')]);
    const header = Buffer.from([4, 0, 0, 0, 0, body.length]);
    expect(read([Buffer.concat([header, body])]).messages).toEqual([
      { contextId: 3, isCommand: true, bytes: Buffer.from('command') },
      { contextId: 3, isCommand: false, bytes: Buffer.from('some data') },
    ]);
  });
});

const request: AssociateRequest = {
  protocolVersion: 1,
  calledAETitle: 'LIGHTBOX',
  callingAETitle: 'CT1',
  applicationContext: '1.2.840.10008.3.1.1.1',
  contexts: [{ id: 1, abstractSyntax: '1.2.840.10008.1.1', transferSyntaxes: ['1.2.840.10008.1.2'] }],
  userInformation: { maximumLength: 16384, implementationClassUID: '1.2', roles: [], extended: [], commonExtended: [] },
};

describe('bytes that are no PDU', () => {
  const refused = (bytes: Buffer, reason: string) => {
    const error = (() => {
      try {
        read([bytes]);
      } catch (thrown) {
        return thrown;
      }
      return undefined;
    })();
    expect(error).toBeInstanceOf(BadPdu);
    expect((error as BadPdu).reason).toBe(reason);
  };

  test('an unknown PDU type is unrecognized', () =>
    refused(Buffer.from([0x99, 0, 0, 0, 0, 4, 0, 0, 0, 0]), 'unrecognized PDU'));
  test('a PDU of 4 GB is refused by its header, whatever its type', () => {
    for (let type = 1; type <= 7; type++)
      refused(Buffer.from([type, 0, 0xff, 0xff, 0xff, 0xff]), 'invalid PDU parameter value');
  });
  test('a presentation data value may not be longer than its PDU', () =>
    refused(Buffer.from([4, 0, 0, 0, 0, 8, 0, 0, 0, 5, 1, 3, 0, 0]), 'invalid PDU parameter value'));
  test('a P-DATA-TF without a presentation data value is invalid', () =>
    refused(Buffer.from([4, 0, 0, 0, 0, 0]), 'invalid PDU parameter value'));
  test('a presentation data value needs room for its context and control', () =>
    refused(Buffer.from([4, 0, 0, 0, 0, 6, 0, 0, 0, 1, 1, 3]), 'invalid PDU parameter value'));
  test('an even presentation context ID is invalid', () =>
    refused(
      encodeAssociateRequest({ ...request, contexts: [{ ...request.contexts[0]!, id: 2 }] }),
      'invalid PDU parameter value',
    ));
  test('a presentation context ID may come once only', () =>
    refused(
      encodeAssociateRequest({ ...request, contexts: [request.contexts[0]!, request.contexts[0]!] }),
      'invalid PDU parameter value',
    ));
  test('an A-ASSOCIATE-RQ cut short inside is invalid wherever it is cut', () => {
    const whole = encodeAssociateRequest(request);
    for (let length = 1; length < whole.length - 6; length++) {
      const cut = Buffer.from(whole.subarray(0, 6 + length));
      cut.writeUInt32BE(length, 2);
      // Cut between two items it is well-formed, but its user information is missing.
      refused(cut, 'invalid PDU parameter value');
    }
  });
  test('random bytes are read or refused, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 7 }), (array, type) => {
        const header = Buffer.from([type, 0, 0, 0, array.length >> 8, array.length & 255]);
        try {
          read([Buffer.concat([header, array])]);
        } catch (error) {
          expect(error).toBeInstanceOf(BadPdu);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('leniency', () => {
  test('UIDs padded with NUL or space, and AE titles padded with NUL, are read without the padding', () => {
    const padded = encodeAssociateRequest({
      ...request,
      callingAETitle: 'CT1\0\0',
      contexts: [{ id: 1, abstractSyntax: '1.2.840.10008.1.1\0', transferSyntaxes: ['1.2.840.10008.1.2 '] }],
    });
    const named = padded.subarray(10, 74);
    expect(read([padded]).control).toEqual([{ type: 'A-ASSOCIATE-RQ', ...request, named }]);
  });

  test('items that we do not know are ignored', () => {
    const whole = encodeAssociateRequest(request);
    const longer = Buffer.concat([whole, Buffer.from([0x99, 0, 0, 2, 1, 2])]);
    longer.writeUInt32BE(longer.length - 6, 2);
    const named = longer.subarray(10, 74);
    expect(read([longer]).control).toEqual([{ type: 'A-ASSOCIATE-RQ', ...request, named }]);
  });
});
