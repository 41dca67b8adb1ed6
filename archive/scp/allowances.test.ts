/** What one device may say within a day, through the door. */
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { programCaller } from '#access/caller.ts';
import { performedStepSOPClass, storageCommitmentInstance, storageCommitmentSOPClass } from '#dicom/data/sop-class.ts';
import type { Uid } from '#dicom/data/uid.ts';
import { commandFields } from '#dicom/dimse/command.ts';
import type { DeviceFailure } from '#index/device-failure.ts';
import { datasetOf } from '#tests/dataset-of.ts';
import { performedStepBegun, performedStepCompleted } from '#tests/performed-steps.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { type DimseDoor, type DimseDoorOptions } from '../dimse-door.ts';
import { openTestDoor } from '../test-dimse-door.ts';
import { openAllowances } from './allowances.ts';
import { associate, type AttributesPeer } from './test-attributes.ts';

const most = { steps: 3, commitments: 2, bytes: 4 * 1024 ** 2 };

let postgres: TestDatabase;
let door: DimseDoor;
const failures: [number, DeviceFailure][] = [];
beforeAll(async () => {
  postgres = await startTestDatabase();
  await postgres.database.pool.query(
    `INSERT INTO site.device (id, ae_title, host, state) OVERRIDING SYSTEM VALUE
     VALUES (1, 'CT1', '10.0.0.1', 'approved'), (2, 'MR2', '10.0.0.2', 'approved')`,
  );
});
afterAll(() => postgres[Symbol.asyncDispose]());
beforeEach(async () => {
  door = await openTestDoor({
    parts: { database: postgres.database, log: pino({ level: 'silent' }) } as DimseDoorOptions['parts'],
    admit: async ({ callingAETitle }) => ({
      caller: { ...programCaller(callingAETitle), kind: 'device', device: Number(callingAETitle.slice(2)) },
    }),
    figures: { associated() {}, failed: (...failed) => void failures.push(failed) },
    allowances: openAllowances(most),
  });
});
afterEach(async () => {
  await door.drain();
  failures.length = 0;
});

const open = (sopClass: Uid, callingAETitle: string) => associate(door.port, sopClass, { callingAETitle });
let steps = 0;
const newStep = () => `2.25.77${++steps}`;
const begin = (peer: AttributesPeer, step = newStep()) =>
  peer.ask(...performedStepBegun({ StudyInstanceUID: '1.2.3' }, step));

test('one device begins so many steps within a day; others begin theirs, and what it began it can end', async () => {
  await using ct = await open(performedStepSOPClass, 'CT1');
  const step = newStep();
  const answers = [await begin(ct, step), await begin(ct), await begin(ct), await begin(ct)];
  expect(answers.map(({ Status }) => Status)).toEqual([0, 0, 0, 0x0213]);
  expect(answers[3]?.ErrorComment).toBe('this device has begun 3 steps within a day');
  expect(failures).toMatchObject([[1, { code: 'requestFailed', status: '0213' }]]);
  await using mr = await open(performedStepSOPClass, 'MR2');
  expect(await begin(mr)).toMatchObject({ Status: 0 });
  expect(await ct.ask(...performedStepCompleted(step, ['1.2.3.4']))).toMatchObject({ Status: 0 });
});

test('what begins no step is none: one that is there already, and one that is refused', async () => {
  await using ct = await open(performedStepSOPClass, 'CT1');
  const step = newStep();
  const [command] = performedStepBegun({ StudyInstanceUID: '1.2.3' }, newStep());
  const nothing = () => ct.ask(command, datasetOf({ PerformedProcedureStepDescription: 'CT' }));
  const answers = [await begin(ct, step), await begin(ct, step), await nothing(), await begin(ct), await begin(ct)];
  expect(answers.map(({ Status }) => Status)).toEqual([0, 0x0111, 0x0120, 0, 0]);
  expect(await begin(ct)).toMatchObject({ Status: 0x0213 });
});

test('what it says of steps is counted by bytes, also what is only written anew; what ends a step is taken all the same', async () => {
  await using ct = await open(performedStepSOPClass, 'CT1');
  const step = newStep();
  await begin(ct, step);
  const set = (values: Parameters<typeof datasetOf>[0]) =>
    ct.ask(
      {
        CommandField: commandFields['N-SET-RQ'],
        RequestedSOPClassUID: performedStepSOPClass,
        RequestedSOPInstanceUID: step,
      },
      datasetOf(values),
    );
  expect(await set({ 0x00431001: new Uint8Array(1024 ** 2) })).toMatchObject({ Status: 0 });
  const small = { PerformedProcedureStepDescription: 'CT' };
  expect(await set(small)).toMatchObject({ Status: 0 });
  expect(await set(small)).toMatchObject({ Status: 0 });
  expect(await set(small)).toMatchObject({
    Status: 0x0213,
    ErrorComment: 'this device has said 4 MiB within a day',
  });
  expect(await ct.ask(...performedStepCompleted(step, ['1.2.3.4']))).toMatchObject({ Status: 0 });
});

test('one device asks for storage commitment so often within a day', async () => {
  const ask = (peer: AttributesPeer, transaction: string) =>
    peer.ask(
      {
        CommandField: commandFields['N-ACTION-RQ'],
        RequestedSOPClassUID: storageCommitmentSOPClass,
        RequestedSOPInstanceUID: storageCommitmentInstance,
        ActionTypeID: 1,
      },
      datasetOf({
        TransactionUID: transaction,
        ReferencedSOPSequence: [
          datasetOf({ ReferencedSOPClassUID: '1.2.840.10008.5.1.4.1.1.2', ReferencedSOPInstanceUID: '1.2.3.4' }),
        ],
      }),
    );
  await using ct = await open(storageCommitmentSOPClass, 'CT1');
  const answers = [await ask(ct, '1.9.1'), await ask(ct, '1.9.2'), await ask(ct, '1.9.3')];
  expect(answers.map(({ Status }) => Status)).toEqual([0, 0, 0x0213]);
  expect(answers[2]?.ErrorComment).toBe('this device has asked 2 times within a day');
  await using mr = await open(storageCommitmentSOPClass, 'MR2');
  expect(await ask(mr, '1.9.4')).toMatchObject({ Status: 0 });
});
