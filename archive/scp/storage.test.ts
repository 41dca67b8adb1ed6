import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeAssociateAccept, encodeAssociateRequest } from '#dicom/network/associate-pdu.ts';
import { upperLayerLimits } from '#dicom/network/limits.ts';
import { verificationRequest, WirePeer } from '#dicom/network/wire-peer.ts';
import { secondaryCapture } from '#tests/dataset-bytes.ts';
import { startWholeArchive, type WholeArchive } from '#tests/whole-archive.ts';

let archive: WholeArchive;
beforeAll(async () => {
  archive = await startWholeArchive();
});
afterAll(() => archive[Symbol.asyncDispose]());

const ct = '1.2.840.10008.5.1.4.1.1.2';

test('who asks by extended negotiation is told that every bit is kept: level 2, signature level 3, no coercion', async () => {
  const peer = await WirePeer.connect(archive.dimsePort);
  const contexts = [ct, secondaryCapture].map((abstractSyntax, at) => ({
    id: 2 * at + 1,
    abstractSyntax,
    transferSyntaxes: ['1.2.840.10008.1.2.1'],
  }));
  const { userInformation } = verificationRequest();
  // As an SCU only says it: not applicable, unspecified, not applicable.
  const extended = [{ sopClass: ct, information: Buffer.from([3, 0, 0, 0, 2, 0]) }];
  peer.send(
    encodeAssociateRequest(verificationRequest({ contexts, userInformation: { ...userInformation, extended } })),
  );
  const answer = await peer.next();
  peer.destroy();
  expect(answer?.type).toBe(2);
  const accept = decodeAssociateAccept(answer!.body, upperLayerLimits);
  expect(accept.contexts.map(({ result }) => result)).toEqual([0, 0]);
  expect(accept.userInformation.extended).toEqual([{ sopClass: ct, information: Buffer.from([2, 0, 3, 0, 0, 0]) }]);
});
