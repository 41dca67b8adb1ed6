import { describe, expect, test } from 'vitest';

import { isStorageSOPClass, verificationSOPClass } from '../data/sop-class.ts';
import type { AssociateRequest } from './associate-pdu.ts';
import { upperLayerLimits } from './limits.ts';
import { type Offer, type Offered, negotiate } from './negotiate.ts';
import type { UserInformation } from './user-information.ts';

const find = '1.2.840.10008.5.1.4.1.2.1.1';
const offers: Offer[] = [
  { abstractSyntaxes: (uid) => uid === verificationSOPClass },
  { abstractSyntaxes: isStorageSOPClass, asSCU: true },
  {
    abstractSyntaxes: (uid) => uid === find,
    transferSyntaxes: ({ encapsulated }) => !encapsulated,
    extended: (_, asked) => Buffer.from(asked.map((byte) => byte & 1)),
  },
];
const syntax = (suffix: string) => `1.2.840.10008.1.2${suffix}`;
const explicit = syntax('.1');
const implicit = syntax('');
const ct = '1.2.840.10008.5.1.4.1.1.2';

function answer(
  contexts: readonly [abstractSyntax: string, ...transferSyntaxes: string[]][],
  user: Partial<UserInformation> = {},
  offered: Partial<Offered> = {},
) {
  const request: AssociateRequest = {
    protocolVersion: 1,
    calledAETitle: 'LIGHTBOX',
    callingAETitle: 'CT1',
    applicationContext: '1.2.840.10008.3.1.1.1',
    contexts: contexts.map(([abstractSyntax, ...transferSyntaxes], index) => ({
      id: 2 * index + 1,
      abstractSyntax,
      transferSyntaxes,
    })),
    userInformation: {
      maximumLength: 0,
      implementationClassUID: '1.2',
      roles: [],
      extended: [],
      commonExtended: [],
      ...user,
    },
  };
  return negotiate(request, { offers, limits: upperLayerLimits, ...offered });
}
const results = (...contexts: Parameters<typeof answer>[0]) =>
  answer(contexts).accept.contexts.map(({ result, transferSyntax }) => (result === 0 ? transferSyntax : result));

describe('presentation contexts', () => {
  test('storage classes are accepted: listed, retired and private', () => {
    expect(
      results([ct, explicit], ['1.2.840.10008.5.1.4.1.1.6', implicit], ['1.2.826.0.1.3680043.8.498.77.1', explicit]),
    ).toEqual([explicit, implicit, explicit]);
  });

  test('query, worklist, Non-Patient Object Storage and Media Storage Directory get result 3', () => {
    const others = ['5.1.4.1.2.2.1', '5.1.4.31', '5.1.4.38.1', '5.1.4.39.1', '5.1.4.43.1', '5.1.4.1.1.200.1', '1.3.10'];
    expect(results(...others.map((uid) => [`1.2.840.10008.${uid}`, explicit] as [string, string]))).toEqual(
      others.map(() => 3),
    );
  });

  test('a transfer syntax that nobody knows is taken where the same comes in no other', () => {
    const foreign = '1.2.826.0.1.3680043.8.498.88.1';
    const mr = '1.2.840.10008.5.1.4.1.1.4';
    expect(results([ct, foreign], [mr, foreign], [ct, foreign, implicit])).toEqual([4, foreign, implicit]);
    expect(results([ct, `${foreign}.2`, foreign])).toEqual([`${foreign}.2`]);
    expect(results([ct, 'no UID'])).toEqual([4]);
    expect(results([find, foreign])).toEqual([4]);
  });

  test('a service takes no other transfer syntaxes than its own', () => {
    expect(results([find, syntax('.4.70')], [find, syntax('.4.70'), implicit])).toEqual([4, implicit]);
  });

  test('an abstract syntax that is no UID gets result 3', () => {
    expect(results(['1.'.repeat(30_000), explicit], ['', explicit])).toEqual([3, 3]);
  });

  test('of several syntaxes Explicit LE comes first, then lossless, Implicit, Deflated, Big Endian, lossy', () => {
    const order = [explicit, syntax('.4.70'), implicit, syntax('.1.99'), syntax('.2'), syntax('.4.50')];
    for (let first = 0; first < order.length; first++)
      expect(results([ct, ...order.slice(first).toReversed()])).toEqual([order[first]]);
  });

  test('of two lossless syntaxes the requestor’s first is taken', () => {
    expect(results([ct, syntax('.4.80'), syntax('.4.90')], [ct, syntax('.4.90'), syntax('.4.80')])).toEqual([
      syntax('.4.80'),
      syntax('.4.90'),
    ]);
  });

  test('where the requestor is to receive, what we can compress into comes before what we cannot', () => {
    const roles = [{ sopClass: ct, scu: false, scp: true }];
    const proposed: Parameters<typeof answer>[0] = [
      [ct, syntax('.4.110'), syntax('.4.50'), syntax('.4.80')],
      [ct, syntax('.4.50'), syntax('.4.110')],
      [ct, syntax('.4.110'), explicit],
      // Not made of anything else either: JPIP Referenced, Deflated Explicit VR Little Endian.
      [ct, syntax('.4.94'), syntax('.4.50')],
      [ct, syntax('.1.99'), syntax('.4.202')],
    ];
    const taken = answer(proposed, { roles }).accept.contexts.map(({ transferSyntax }) => transferSyntax);
    expect(taken).toEqual([syntax('.4.80'), syntax('.4.110'), explicit, syntax('.4.50'), syntax('.4.202')]);
    expect(results(...proposed).slice(0, 3)).toEqual([syntax('.4.110'), syntax('.4.110'), explicit]);
  });

  test('all 128 contexts are answered', () => {
    expect(answer(Array.from({ length: 128 }, () => [ct, explicit])).agreement.contexts.size).toBe(128);
  });
});

describe('user information', () => {
  test('without an asynchronous operations window one operation is performed at a time, and none is answered', () => {
    const { accept, agreement } = answer([[ct, explicit]]);
    expect(accept.userInformation.asynchronousOperations).toBeUndefined();
    expect(agreement.operations).toBe(1);
  });

  test('an asynchronous operations window is answered with what was asked, and unlimited with our limits', () => {
    const { operationsPerformed, operationsInvoked } = upperLayerLimits;
    const window = (asynchronousOperations: { invoked: number; performed: number }) =>
      answer([[ct, explicit]], { asynchronousOperations });
    const few = window({ invoked: 2, performed: 7 });
    expect(few.accept.userInformation.asynchronousOperations).toEqual({ invoked: 2, performed: 7 });
    expect(few.agreement).toMatchObject({ operations: 2, invocations: 7 });
    const unlimited = window({ invoked: 0, performed: 0 });
    expect(unlimited.accept.userInformation.asynchronousOperations).toEqual({
      invoked: operationsPerformed,
      performed: operationsInvoked,
    });
    expect(unlimited.agreement).toMatchObject({ operations: operationsPerformed, invocations: operationsInvoked });
  });

  test('roles are answered for accepted SOP classes only, and the SCP role only where we can be the SCU', () => {
    const roles = [
      { sopClass: ct, scu: false, scp: true },
      { sopClass: verificationSOPClass, scu: true, scp: true },
      { sopClass: '1.2.3.4', scu: true, scp: true },
    ];
    const { accept, agreement } = answer(
      [
        [ct, explicit],
        [verificationSOPClass, implicit],
      ],
      { roles },
    );
    expect([...agreement.contexts.values()].map(({ asSCU, asSCP }) => [asSCU, asSCP])).toEqual([
      [true, false],
      [false, true],
    ]);
    expect(accept.userInformation.roles).toEqual([
      { sopClass: ct, scu: false, scp: true },
      { sopClass: verificationSOPClass, scu: true, scp: false },
    ]);
  });
});

describe('SOP class extended negotiation', () => {
  const extended = (sopClass: string) => ({ sopClass, information: Buffer.from([1, 0, 3]) });

  test('is answered by the service, and both sides know what was agreed', () => {
    const { accept, agreement } = answer([[find, explicit]], { extended: [extended(find)] });
    const information = Buffer.from([1, 0, 1]);
    expect(accept.userInformation.extended).toEqual([{ sopClass: find, information }]);
    expect(agreement.contexts.get(1)?.extended).toEqual(information);
  });

  test('is not answered for SOP classes that were not accepted, or that know none', () => {
    const { accept, agreement } = answer([[ct, explicit]], { extended: [extended(find), extended(ct)] });
    expect(accept.userInformation.extended).toEqual([]);
    expect(agreement.contexts.get(1)).not.toHaveProperty('extended');
  });
});

test('a context of what this requestor may not do is refused by the user, and nothing else is', () => {
  const { accept, agreement } = answer(
    [
      [ct, explicit],
      [find, explicit],
    ],
    {},
    { allows: (uid) => uid !== ct },
  );
  expect(accept.contexts.map(({ result }) => result)).toEqual([1, 0]);
  expect([...agreement.contexts.keys()]).toEqual([3]);
});

test('a user identity is answered where it was verified and an answer was asked for', () => {
  const userIdentity = { type: 2, primary: Buffer.from('a'), secondary: Buffer.from('b') };
  const response = (positiveResponseRequested: boolean, isIdentityVerified: boolean) =>
    answer([[ct, explicit]], { userIdentity: { ...userIdentity, positiveResponseRequested } }, { isIdentityVerified })
      .accept.userInformation.userIdentityResponse;
  expect(response(true, true)).toEqual(Buffer.alloc(0));
  expect([response(true, false), response(false, true)]).toEqual([undefined, undefined]);
});
