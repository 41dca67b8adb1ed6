/** Limits of associations through the door, each as a setting may have it; and what a peer may have outstanding, with DCMTK too. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { programCaller } from '#access/caller.ts';
import { uid } from '#dicom/data/uid.ts';
import { commandFields } from '#dicom/dimse/command.ts';
import { connectExchange, echo } from '#dicom/dimse/requests.ts';
import { AssociationRejected, type AssociationRequest } from '#dicom/network/requestor.ts';
import type { DeviceFailure } from '#index/device-failure.ts';
import { isInstalled } from '#tests/installed.ts';
import type { DimseDoor, DimseDoorOptions } from './dimse-door.ts';
import { openTestDoor } from './test-dimse-door.ts';

const run = promisify(execFile);
const withoutDcmtk = !isInstalled('echoscu');
const explicitLE = '1.2.840.10008.1.2.1';
const verification = uid('1.2.840.10008.1.1');
const ct = uid('1.2.840.10008.5.1.4.1.1.2');
const localLimitExceeded = { result: 2, source: 3, reason: 2 };

const doors: DimseDoor[] = [];
afterEach(async () => {
  for (const door of doors.splice(0)) await door.drain();
});

/** Devices by number: DEVICE1 is entry 1 of the registry. */
async function open(more: Partial<DimseDoorOptions> = {}) {
  const failures: [number, DeviceFailure][] = [];
  const door = await openTestDoor({
    admit: async ({ callingAETitle }) => ({
      caller: { ...programCaller(callingAETitle), device: Number(callingAETitle.slice(6)) },
    }),
    figures: { associated() {}, failed: (...failed) => void failures.push(failed) },
    ...more,
  });
  doors.push(door);
  const call = (device: number, asked: Partial<AssociationRequest> = {}) =>
    connectExchange({
      host: '127.0.0.1',
      port: door.port,
      callingAETitle: `DEVICE${device}`,
      calledAETitle: 'LIGHTBOX',
      contexts: [verification, ct].map((abstractSyntax) => ({ abstractSyntax, transferSyntaxes: [explicitLE] })),
      ...asked,
    });
  /** Undefined where it was accepted, and released. */
  const rejection = async (device: number) => {
    try {
      await (await call(device)).release();
      return undefined;
    } catch (error) {
      if (error instanceof AssociationRejected) return error.rejection;
      throw error;
    }
  };
  return { door, call, rejection, failures };
}

describe('associations', () => {
  test('beyond the limit of a device are rejected, and those of other devices are not', async () => {
    const { call, rejection, failures } = await open({ associationsPerDevice: 2 });
    const open2 = [await call(1), await call(1)];
    expect(await rejection(1)).toMatchObject(localLimitExceeded);
    expect(failures).toEqual([[1, { code: 'tooManyAssociations', reason: 'more than 2 associations at once' }]]);
    expect(await rejection(2)).toBeUndefined();
    await open2[0]!.release();
    await expect.poll(() => rejection(1)).toBeUndefined();
    expect(await echo(open2[1]!)).toBe(0);
  });

  test('that ask at the same time do not pass the limit together', async () => {
    const { call } = await open({ associationsPerDevice: 3 });
    const asked = await Promise.allSettled(Array.from({ length: 12 }, () => call(1)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    for (const one of asked)
      if (one.status === 'rejected')
        expect((one.reason as AssociationRejected).rejection).toMatchObject(localLimitExceeded);
  });

  test('beyond the limit of all are rejected, and the next one after an end is not', async () => {
    const { call, rejection } = await open({ limits: { associations: 2 } });
    const [first, second] = [await call(1), await call(2)];
    expect(await rejection(3)).toMatchObject(localLimitExceeded);
    expect(await echo(second)).toBe(0);
    await first.release();
    await expect.poll(() => rejection(3)).toBeUndefined();
  });

  test('leave an eighth of all places to devices that have none yet', async () => {
    const { call, rejection } = await open({ limits: { associations: 16 } });
    for (let n = 0; n < 14; n++) await call(1);
    expect(await rejection(1)).toMatchObject(localLimitExceeded);
    await call(2);
    expect(await rejection(2)).toMatchObject(localLimitExceeded);
    await call(3);
    expect(await rejection(4)).toMatchObject(localLimitExceeded);
  });

  test.skipIf(withoutDcmtk)('beyond the limit are named to DCMTK as such', async () => {
    const { door, call } = await open({ associationsPerDevice: 1 });
    await call(1);
    const echoscu = (title: string) =>
      run('echoscu', ['-aet', title, '-aec', 'LIGHTBOX', '127.0.0.1', String(door.port)]);
    await expect(echoscu('DEVICE1')).rejects.toMatchObject({ stderr: expect.stringMatching(/Local Limit Exceeded/i) });
    await echoscu('DEVICE2');
  });

  test('on which nothing happens end after the idle time, and silent connections after the ARTIM time', async () => {
    const { door, call } = await open({ limits: { idleAssociationMs: 300, stalledMessageMs: 100, artimMs: 200 } });
    const idle = await call(1);
    const silent = connect(door.port, '127.0.0.1');
    await Promise.all([idle.over, once(silent, 'close')]);
  });
});

describe('asynchronous operations', () => {
  test.each([
    [undefined, 1],
    [{ invoked: 3, performed: 1 }, 3],
    [{ invoked: 0, performed: 0 }, 4],
    [{ invoked: 50, performed: 50 }, 4],
  ])('of C-STORE with a window of %j: %i are performed at once', async (asynchronousOperations, atOnce) => {
    let running = 0;
    let most = 0;
    const full = Promise.withResolvers<void>();
    const { call } = await open({
      limits: { operationsPerformed: 4 },
      async ingest({ dataset, announced }) {
        most = Math.max(most, ++running);
        for await (const _ of dataset);
        if (running === atOnce) full.resolve();
        await full.promise;
        // One more than allowed would come meanwhile.
        await delay(20);
        running--;
        const { SOPClassUID = '', SOPInstanceUID = '' } = announced;
        return {
          SOPClassUID,
          SOPInstanceUID,
          StudyInstanceUID: '',
          SeriesInstanceUID: '',
          rejection: undefined,
          outcome: 'stored',
          length: 0,
        };
      },
    });
    const exchange = await call(1, asynchronousOperations && { userInformation: { asynchronousOperations } });
    const { id } = [...exchange.contexts.values()].find(({ abstractSyntax }) => abstractSyntax === ct)!;
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, number) =>
        exchange.invoke(
          id,
          {
            AffectedSOPClassUID: ct,
            AffectedSOPInstanceUID: uid(`1.2.${number + 1}`),
            CommandField: commandFields['C-STORE-RQ'],
            Priority: 0,
          },
          Buffer.alloc(1000),
        ),
      ),
    );
    expect(answers.map(({ Status }) => Status)).toEqual(Array(10).fill(0));
    expect(most).toBe(atOnce);
  });
});
