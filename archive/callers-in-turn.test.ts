/** Devices beside one that asks without end, by many associations and without waiting for an answer: each has its turn. */
import { afterEach, expect, test } from 'vitest';
import { type Caller, programCaller } from '#access/caller.ts';
import { uid } from '#dicom/data/uid.ts';
import { commandFields, encodeCommand } from '#dicom/dimse/command.ts';
import { encodeAssociateRequest } from '#dicom/network/associate-pdu.ts';
import { encodeData } from '#dicom/network/pdu.ts';
import { verificationRequest, WirePeer } from '#dicom/network/wire-peer.ts';
import type { DimseDoor } from './dimse-door.ts';
import { openTestDoor } from './test-dimse-door.ts';

let door: DimseDoor | undefined;
const peers: WirePeer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) peer.destroy();
  await door?.drain();
});

const [busy, quiet] = ['BUSY', 'QUIET'];

async function associate(port: number, callingAETitle: string, localAddress: string): Promise<WirePeer> {
  const peer = await WirePeer.connect(port, localAddress);
  peers.push(peer);
  peer.send(encodeAssociateRequest(verificationRequest({ callingAETitle })));
  expect((await peer.next())?.type).toBe(2);
  return peer;
}

const echo = encodeData(
  { contextId: 1, isCommand: true },
  encodeCommand({
    AffectedSOPClassUID: uid('1.2.840.10008.1.1'),
    CommandField: commandFields['C-ECHO-RQ'],
    CommandDataSetType: 0x0101,
    MessageID: 1,
  }),
  16_384,
);

test.each([
  ['another address', '127.0.0.3'],
  ['the same address', '127.0.0.2'],
])('a device at %s is answered before most of what the other one has asked for', async (_, address) => {
  let performed = 0;
  const device: Record<string, number> = { [busy]: 1, [quiet]: 2 };
  door = await openTestDoor({
    admit: async ({ callingAETitle }) => {
      const caller: Caller = { ...programCaller(callingAETitle), kind: 'device', device: device[callingAETitle]! };
      return { caller };
    },
    onMessage: () => void performed++,
  });
  const [associations, echoes] = [40, 700];
  const many: WirePeer[] = [];
  while (many.length < associations) many.push(await associate(door.port, busy, '127.0.0.2'));
  const one = await associate(door.port, quiet, address);
  const flood = Buffer.concat(Array.from({ length: echoes }, () => echo));
  for (const peer of many) peer.send(flood);
  one.send(echo);
  expect((await one.next())?.type).toBe(4);
  expect(performed).toBeLessThan((associations * echoes) / 4);
});
