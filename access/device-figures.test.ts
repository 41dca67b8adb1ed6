import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { openDeviceFigures } from './device-figures.ts';
import { deviceServices } from './device-services.ts';
import { addDevice, findDevice } from './device-registry.ts';

let postgres: TestDatabase;
beforeAll(async () => {
  postgres = await startTestDatabase();
});
afterAll(() => postgres[Symbol.asyncDispose]());

const entry = {
  port: 104,
  state: 'approved',
  defaultIssuer: '',
  onOtherBytes: 'keep-first',
  tls: false,
  tlsSubject: null,
  tlsFingerprint: null,
  userIdentity: 'none',
  services: deviceServices,
  characterSet: '',
  room: '',
  description: '',
  wantsAvailability: false,
} as const;

test('what each device has stored is written together, and a database that is away for a while loses none of it', async () => {
  const { pool } = postgres.database;
  const [ct, mr] = [
    await addDevice(pool, { ...entry, aeTitle: 'CT1', host: '10.0.0.5' }),
    await addDevice(pool, { ...entry, aeTitle: 'MR1', host: '10.0.0.6' }),
  ];
  // What a device says may have anything in it, and end in the middle of a character where it is cut off.
  const said = { code: 'answeredFailure', comment: 'no\0space', reason: `${'x'.repeat(199)}😀` } as const;
  const errors: unknown[] = [];
  const failed = Promise.withResolvers<void>();
  const database = { query: () => Promise.reject(new Error('away')) } as unknown as typeof pool;
  let isAway = true;
  const sometimes = { query: (...args: unknown[]) => (isAway ? database : pool).query(...(args as [string])) };
  {
    await using figures = openDeviceFigures({
      database: sometimes as unknown as typeof pool,
      onError: (error) => {
        errors.push(error);
        failed.resolve();
      },
      everyMs: 10,
    });
    for (const device of [ct.id, ct.id, mr.id]) figures.stored(device);
    await failed.promise;
    isAway = false;
    figures.stored(ct.id);
    figures.associated(ct.id);
    figures.failed(ct.id, { code: 'associationBroken', reason: 'first' });
    figures.failed(ct.id, { code: 'requestFailed', operation: 'C-FIND', reason: `last \0${'x'.repeat(500)}` });
    figures.failed(mr.id, said);
  }
  expect(errors.length).toBeGreaterThan(0);
  expect(await findDevice(pool, ct.id)).toMatchObject({
    storedInstances: 3,
    lastStoredAt: expect.any(Date),
    associations: 1,
    failures: 2,
    lastFailure: { code: 'requestFailed', operation: 'C-FIND', reason: `last ${'x'.repeat(195)}` },
    lastFailedAt: expect.any(Date),
  });
  expect(await findDevice(pool, mr.id)).toMatchObject({
    storedInstances: 1,
    failures: 1,
    lastFailure: { code: 'answeredFailure', comment: 'nospace', reason: `${'x'.repeat(199)}\ufffd` },
  });
});
