import { readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { storageCommitmentInstance, storageCommitmentSOPClass } from '#dicom/data/sop-class.ts';
import { uid } from '#dicom/data/uid.ts';
import { commandFields } from '#dicom/dimse/command.ts';
import type { DicomJson } from '#dicom/web/dicom-json.ts';
import type { DeviceFailure } from '#index/device-failure.ts';
import { secondaryCapture, smallInstance } from '#tests/dataset-bytes.ts';
import { datasetOf } from '#tests/dataset-of.ts';
import { Gate } from '#tests/tcp-gate.ts';
import { addCommitment, forgetCommitments } from '#workflow/commitments.ts';
import { listenSilently } from '#tests/silent-peer.ts';
import { associate, listenForReports, type AttributesPeer } from './test-attributes.ts';
import { explicitLE, startRetrievalArchive, type RetrievalArchive } from './test-retrieval.ts';

let archive: RetrievalArchive;
const instances = Array.from({ length: 5 }, (_, at) => `7.7.1.${at + 1}`);
beforeAll(async () => {
  archive = await startRetrievalArchive();
  await archive.store(
    instances.map((instance) => ({
      sopClassUID: uid(secondaryCapture),
      sopInstanceUID: uid(instance),
      transferSyntaxUID: explicitLE,
      dataset: smallInstance({ study: '7.7', series: '7.7.1', instance, pixels: Buffer.from(instance.padEnd(256)) }),
    })),
  );
});
afterAll(() => archive[Symbol.asyncDispose]());
const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});
function disposed<T extends AsyncDisposable>(one: T): T {
  opened.push(one);
  return one;
}

async function damage(instance: string, version = 1): Promise<void> {
  const { rows } = await archive.postgres.database.pool.query<{ key: string }>(
    'SELECT key FROM index.instance WHERE sop_instance_uid = $1 AND version = $2',
    [instance, version],
  );
  await truncate(join(archive.directory, 'objects', rows[0]!.key), 900);
}

let transactions = 0;
const newTransaction = () => `2.25.${++transactions}`;
const reference = (instance: string, sopClass = secondaryCapture) =>
  datasetOf({ ReferencedSOPClassUID: sopClass, ReferencedSOPInstanceUID: instance });
const action = {
  CommandField: commandFields['N-ACTION-RQ'],
  RequestedSOPClassUID: storageCommitmentSOPClass,
  RequestedSOPInstanceUID: storageCommitmentInstance,
  ActionTypeID: 1,
};
const request = (peer: AttributesPeer, transaction: string, items: ReturnType<typeof reference>[]) =>
  peer.ask(action, datasetOf({ TransactionUID: transaction, ReferencedSOPSequence: items }));

/** Instances of a sequence of the report; of failed ones with the reason. */
function named(dataset: DicomJson, tag: string): unknown[] {
  const items = (dataset[tag]?.Value ?? []) as DicomJson[];
  return items.map((item) => [item['00081155']?.Value?.[0], ...(item['00081197']?.Value ?? [])]);
}
const [committed, failed] = ['00081199', '00081198'];

describe('on the association that asked', () => {
  test('every instance that is here whole is committed to', async () => {
    const peer = disposed(await associate(archive.port, storageCommitmentSOPClass));
    const transaction = newTransaction();
    expect(
      await request(
        peer,
        transaction,
        instances.map((each) => reference(each)),
      ),
    ).toMatchObject({ Status: 0 });
    await expect.poll(() => peer.reported).toHaveLength(1);
    const [{ command, dataset }] = peer.reported as [(typeof peer.reported)[number]];
    expect(command).toMatchObject({
      EventTypeID: 1,
      AffectedSOPClassUID: storageCommitmentSOPClass,
      AffectedSOPInstanceUID: storageCommitmentInstance,
    });
    expect(dataset['00081195']?.Value).toEqual([transaction]);
    expect(dataset['00080054']?.Value).toEqual(['LIGHTBOX']);
    expect(named(dataset, committed)).toEqual(instances.map((each) => [each]));
    expect(dataset).not.toHaveProperty(failed);
    // All of the study: it is complete, without waiting for the quiet time.
    await expect
      .poll(async () => {
        const { rows } = await archive.postgres.database.pool.query(
          'SELECT study_instance_uid AS uid, said_by AS by FROM site.study_completed',
        );
        return rows;
      })
      .toEqual([{ uid: '7.7', by: 'storage-commitment' }]);
  });

  test('one that is not here and one of another class fail, each with its reason, the others do not', async () => {
    const peer = disposed(await associate(archive.port, storageCommitmentSOPClass));
    const asked = [reference('7.7.1.1'), reference('9.9.9'), reference('7.7.1.2', '1.2.840.10008.5.1.4.1.1.2')];
    await request(peer, newTransaction(), asked);
    await expect.poll(() => peer.reported).toHaveLength(1);
    const [{ command, dataset }] = peer.reported as [(typeof peer.reported)[number]];
    expect(command.EventTypeID).toBe(2);
    expect(named(dataset, committed)).toEqual([['7.7.1.1']]);
    expect(named(dataset, failed)).toEqual([
      ['9.9.9', 0x0112],
      ['7.7.1.2', 0x0119],
    ]);
  });

  test('one whose object was damaged since it came fails: the object is read, not the index', async () => {
    const peer = disposed(await associate(archive.port, storageCommitmentSOPClass));
    await damage('7.7.1.5');
    await request(peer, newTransaction(), [reference('7.7.1.4'), reference('7.7.1.5')]);
    await expect.poll(() => peer.reported).toHaveLength(1);
    expect(named(peer.reported[0]!.dataset, committed)).toEqual([['7.7.1.4']]);
    expect(named(peer.reported[0]!.dataset, failed)).toEqual([['7.7.1.5', 0x0110]]);
    expect(await readdir(join(archive.directory, 'objects'))).not.toEqual([]);
  });

  test('other bytes that wait beside the current ones are read too: whoever sent them may let go of them', async () => {
    const [whole, damaged] = ['7.7.2.1', '7.7.2.2'];
    const with1 = (instance: string, value: number) => ({
      sopClassUID: uid(secondaryCapture),
      sopInstanceUID: uid(instance),
      transferSyntaxUID: explicitLE,
      dataset: smallInstance({ study: '7.7.2', series: '7.7.2.0', instance, pixels: Buffer.alloc(256, value) }),
    });
    for (const instance of [whole, damaged]) await archive.store([with1(instance, 1), with1(instance, 2)]);
    await damage(damaged, 2);
    const peer = disposed(await associate(archive.port, storageCommitmentSOPClass));
    await request(peer, newTransaction(), [reference(whole), reference(damaged)]);
    await expect.poll(() => peer.reported).toHaveLength(1);
    expect(named(peer.reported[0]!.dataset, committed)).toEqual([[whole]]);
    expect(named(peer.reported[0]!.dataset, failed)).toEqual([[damaged, 0x0110]]);
  });

  test('what is no request for storage commitment is refused precisely', async () => {
    const peer = disposed(await associate(archive.port, storageCommitmentSOPClass));
    const items = [reference('7.7.1.1')];
    const ask = async (command: object, dataset: Parameters<typeof datasetOf>[0] | undefined) =>
      (await peer.ask({ ...action, ...command }, dataset && datasetOf(dataset))).Status;
    const whole = { TransactionUID: '2.25.99', ReferencedSOPSequence: items };
    expect(await ask({ ActionTypeID: 2 }, whole)).toBe(0x0123);
    expect(await ask({ RequestedSOPInstanceUID: '1.2.3' }, whole)).toBe(0x0112);
    expect(await ask({}, { ReferencedSOPSequence: items })).toBe(0x0120);
    expect(await ask({}, { TransactionUID: 'no UID', ReferencedSOPSequence: items })).toBe(0x0106);
    expect(await ask({}, { TransactionUID: '2.25.99' })).toBe(0x0120);
    expect(await ask({}, { TransactionUID: '2.25.99', ReferencedSOPSequence: [] })).toBe(0x0120);
    expect(await ask({}, { TransactionUID: '2.25.99', ReferencedSOPSequence: [reference('')] })).toBe(0x0120);
    expect(await ask({}, undefined)).toBe(0x0110);
    expect(peer.reported).toEqual([]);
  });
});

describe('on an association of our own', () => {
  const due = () => archive.postgres.database.pool.query('UPDATE site.commitment SET next_at = now()');
  const state = async (transaction: string) => {
    const { rows } = await archive.postgres.database.pool.query<{ state: string; error: DeviceFailure | null }>(
      'SELECT state, error FROM site.commitment WHERE transaction_uid = $1 ORDER BY id',
      [transaction],
    );
    return rows;
  };

  test('who does not take it on its own is told where the registry says it listens, with the roles reversed; before that it waits', async () => {
    const transaction = newTransaction();
    const answer = () => ({ status: 0x0110 });
    const peer = disposed(await associate(archive.port, storageCommitmentSOPClass, { callingAETitle: 'CT9', answer }));
    await request(peer, transaction, [reference('7.7.1.1')]);
    const reason = 'the device registry does not say where this device listens';
    const waits = [{ state: 'reporting', error: { code: 'noDestination', reason } }];
    await vi.waitFor(async () => expect(await state(transaction)).toEqual(waits), 120_000);

    const device = disposed(await listenForReports(storageCommitmentSOPClass, { aeTitle: 'CT9' }));
    await archive.addDevice('CT9', device.port);
    // What the registry said is remembered for a second: it may be asked too early.
    const tried = { timeout: 120_000, interval: 1_000 };
    await vi.waitFor(async () => {
      await due();
      expect(await state(transaction)).toMatchObject([{ state: 'reported' }]);
    }, tried);
    expect(device.roles[0]).toBe(true);
    expect(named(device.reported[0]!.dataset, committed)).toEqual([['7.7.1.1']]);
  });

  test('who does not let us be the SCP is sent no report, and is named with the reason', async () => {
    const device = disposed(await listenForReports(storageCommitmentSOPClass, { aeTitle: 'CT21', takesRole: false }));
    await archive.addDevice('CT21', device.port);
    const transactionUID = newTransaction();
    const requested = [{ sopClassUID: secondaryCapture, sopInstanceUID: '7.7.1.2' }];
    const left = { transactionUID, callingAETitle: 'CT21', requested };
    await addCommitment(archive.postgres.database, left, { leaseSeconds: 0, duplicateReason: 0x0131 });
    const reason = 'the device does not let us be the SCP of storage commitment (role selection)';
    await vi.waitFor(
      async () =>
        expect(await state(transactionUID)).toEqual([
          { state: 'reporting', error: { code: 'takesNoReports', reason } },
        ]),
      120_000,
    );
    expect(device.reported).toEqual([]);
  });

  test('what an archive accepted and did not live to answer is answered by the next', async () => {
    const device = disposed(await listenForReports(storageCommitmentSOPClass, { aeTitle: 'CT8' }));
    await archive.addDevice('CT8', device.port);
    const transactionUID = newTransaction();
    const requested = [{ sopClassUID: secondaryCapture, sopInstanceUID: '7.7.1.2' }];
    const left = { transactionUID, callingAETitle: 'CT8', requested };
    await addCommitment(archive.postgres.database, left, { leaseSeconds: 0, duplicateReason: 0x0131 });
    await expect.poll(() => device.reported).toHaveLength(1);
    expect(named(device.reported[0]!.dataset, committed)).toEqual([['7.7.1.2']]);
  });

  test('what was put off before the clock was set back is answered at once', async () => {
    const device = disposed(await listenForReports(storageCommitmentSOPClass, { aeTitle: 'CT13' }));
    await archive.addDevice('CT13', device.port);
    const requested = [{ sopClassUID: secondaryCapture, sopInstanceUID: '7.7.1.2' }];
    const left = { transactionUID: newTransaction(), callingAETitle: 'CT13', requested };
    await addCommitment(archive.postgres.database, left, { leaseSeconds: 13 * 60 * 60, duplicateReason: 0x0131 });
    await expect.poll(() => device.reported).toHaveLength(1);
  });

  test('of two devices with one AE title the very one that asked is told', async () => {
    const [one, other] = [1, 2].map(() => listenForReports(storageCommitmentSOPClass, { aeTitle: 'CT9' }));
    const [first, second] = [disposed(await one!), disposed(await other!)];
    await archive.addDevice('CT9', first.port);
    const { database } = archive.postgres;
    const { rows } = await database.pool.query<{ id: number }>(
      `INSERT INTO site.device (ae_title, host, port, state) VALUES ('CT9', 'localhost', $1, 'approved') RETURNING id`,
      [second.port],
    );
    const requested = [{ sopClassUID: secondaryCapture, sopInstanceUID: '7.7.1.2' }];
    const left = { transactionUID: newTransaction(), callingAETitle: 'CT9', device: rows[0]!.id, requested };
    await addCommitment(database, left, { leaseSeconds: 0, duplicateReason: 0x0131 });
    await expect.poll(() => second.reported).toHaveLength(1);
    expect(first.reported).toHaveLength(0);
  });

  /** Puts a device into the registry, beside others of its AE title. */
  async function register(aeTitle: string, host: string, port: number): Promise<number> {
    const { rows } = await archive.postgres.database.pool.query<{ id: number }>(
      `INSERT INTO site.device (ae_title, host, port, state) VALUES ($1, $2, $3, 'approved') RETURNING id`,
      [aeTitle, host, port],
    );
    return rows[0]!.id;
  }
  const requested = [{ sopClassUID: secondaryCapture, sopInstanceUID: '7.7.1.2' }];
  const ofOne = { leaseSeconds: 0, duplicateReason: 0x0131 };

  test('a device that is registered as one of a network is told where it called from', async () => {
    const [here, there] = await Promise.all(
      ['127.0.0.1', '127.0.0.3'].map((host) =>
        listenForReports(storageCommitmentSOPClass, { aeTitle: 'CT10', host }).then(disposed),
      ),
    );
    await register('CT10', '127.0.0.1', here!.port);
    await register('CT10', '127.0.0.2/31', there!.port);
    const gate = disposed(await Gate.before({ host: '127.0.0.1', port: archive.port, localAddress: '127.0.0.3' }));
    const answer = () => ({ status: 0x0110 });
    const peer = disposed(await associate(gate.port, storageCommitmentSOPClass, { callingAETitle: 'CT10', answer }));
    await request(peer, newTransaction(), [reference('7.7.1.1')]);
    await vi.waitFor(() => expect(there!.reported).toHaveLength(1), 120_000);
    expect(here!.reported).toEqual([]);
  });

  test('a report that is owed to a device which has left the registry goes to no namesake', async () => {
    const namesake = disposed(await listenForReports(storageCommitmentSOPClass, { aeTitle: 'CT11' }));
    const device = await register('CT11', '127.0.0.2', 104);
    await register('CT11', '127.0.0.1', namesake.port);
    const { database } = archive.postgres;
    const transactionUID = newTransaction();
    const left = { transactionUID, callingAETitle: 'CT11', device, address: '127.0.0.2', requested };
    await addCommitment(database, left, { ...ofOne, leaseSeconds: 3_600 });
    await database.pool.query('DELETE FROM site.device WHERE id = $1', [device]);
    await vi.waitFor(
      async () => {
        await due();
        expect(await state(transactionUID)).toMatchObject([{ state: 'reporting', error: { code: 'noDestination' } }]);
      },
      { timeout: 120_000, interval: 1_000 },
    );
    expect(namesake.reported).toEqual([]);
  });

  test('a device that does not answer keeps no namesake waiting', async () => {
    await using silent = await listenSilently();
    const device = disposed(await listenForReports(storageCommitmentSOPClass, { aeTitle: 'CT12', host: '127.0.0.2' }));
    const hangs = await register('CT12', '127.0.0.1', silent.port);
    const answers = await register('CT12', '127.0.0.2', device.port);
    for (const one of [hangs, hangs, answers]) {
      const left = { transactionUID: newTransaction(), callingAETitle: 'CT12', device: one, requested };
      await addCommitment(archive.postgres.database, left, ofOne);
    }
    // Each of the others waits a quarter of a minute for the association.
    await vi.waitFor(() => expect(device.reported).toHaveLength(1), 12_000);
  }, 60_000);

  test('a device that does not answer keeps no other one waiting', async () => {
    await using silent = await listenSilently();
    await archive.addDevice('CT2', silent.port);
    const device = disposed(await listenForReports(storageCommitmentSOPClass, { aeTitle: 'CT3' }));
    await archive.addDevice('CT3', device.port);
    const requested = [{ sopClassUID: secondaryCapture, sopInstanceUID: '7.7.1.2' }];
    for (const callingAETitle of ['CT2', 'CT2', 'CT3']) {
      const left = { transactionUID: newTransaction(), callingAETitle, requested };
      await addCommitment(archive.postgres.database, left, { leaseSeconds: 0, duplicateReason: 0x0131 });
    }
    // Each of the others waits a quarter of a minute for the association.
    await vi.waitFor(() => expect(device.reported).toHaveLength(1), 12_000);
  });

  test('a device that refuses the report is told again later', async () => {
    const answer = (at: number) => ({ status: at === 0 ? 0x0110 : 0 });
    const device = disposed(await listenForReports(storageCommitmentSOPClass, { aeTitle: 'CT7', answer }));
    await archive.addDevice('CT7', device.port);
    const transactionUID = newTransaction();
    const requested = [{ sopClassUID: secondaryCapture, sopInstanceUID: '7.7.1.2' }];
    const left = { transactionUID, callingAETitle: 'CT7', requested };
    await addCommitment(archive.postgres.database, left, { leaseSeconds: 0, duplicateReason: 0x0131 });
    await vi.waitFor(
      async () =>
        expect(await state(transactionUID)).toMatchObject([
          { state: 'reporting', error: { code: 'answeredFailure', reason: 'the device answered 0110' } },
        ]),
      120_000,
    );
    await due();
    await vi.waitFor(
      async () => expect(await state(transactionUID)).toMatchObject([{ state: 'reported', error: null }]),
      120_000,
    );
    expect(device.reported).toHaveLength(2);
  });

  test('a report that was given up is shown, and told anew of objects read anew when a person has it tried again', async () => {
    const { pool } = archive.postgres.database;
    const { authorization } = archive;
    const api = async (method: string, path: string): Promise<Record<string, unknown>> =>
      (await (await fetch(`${archive.web}api${path}`, { method, headers: { authorization } })).json()) as never;
    const transactionUID = newTransaction();
    const requested = ['7.7.1.2', '7.7.1.4'].map((sopInstanceUID) => ({
      sopClassUID: secondaryCapture,
      sopInstanceUID,
    }));
    const left = { transactionUID, callingAETitle: 'CT4', requested };
    await addCommitment(archive.postgres.database, left, { leaseSeconds: 3_600, duplicateReason: 0x0131 });
    await pool.query(
      `UPDATE site.commitment SET requested_at = now() - interval '4 days', next_at = now() WHERE transaction_uid = $1`,
      [transactionUID],
    );
    await vi.waitFor(async () => expect(await state(transactionUID)).toMatchObject([{ state: 'given-up' }]), 120_000);
    expect((await api('GET', '/status'))['unreportedCommitments']).toMatchObject([
      { callingAETitle: 'CT4', requests: 1, failure: { code: 'noDestination' } },
    ]);

    await damage('7.7.1.4');
    const device = disposed(await listenForReports(storageCommitmentSOPClass, { aeTitle: 'CT4' }));
    await archive.addDevice('CT4', device.port);
    // What the registry said is remembered for a second: it may be asked too early.
    await vi.waitFor(
      async () => {
        await api('POST', '/commitments/retry');
        expect(await state(transactionUID)).toMatchObject([{ state: 'reported' }]);
      },
      { timeout: 120_000, interval: 1_000 },
    );
    expect(named(device.reported[0]!.dataset, committed)).toEqual([['7.7.1.2']]);
    expect(named(device.reported[0]!.dataset, failed)).toEqual([['7.7.1.4', 0x0110]]);
    expect((await api('GET', '/status'))['unreportedCommitments']).toEqual([]);
  });

  test('what was answered or given up two months ago is forgotten, what waits for its answer never', async () => {
    const { database } = archive.postgres;
    const add = (age: string, values: string) =>
      database.pool.query(
        `INSERT INTO site.commitment (transaction_uid, calling_ae_title, requested, state, next_at, reported_at)
         VALUES ('1.2.3', $1, '[]', ${values})`,
        [age],
      );
    await add('answered long ago', `'reported', now() - interval '90 days', now() - interval '61 days'`);
    await add('given up long ago', `'given-up', now() - interval '61 days', NULL`);
    await add('answered', `'reported', now() - interval '90 days', now() - interval '59 days'`);
    await add('given up', `'given-up', now() - interval '59 days', NULL`);
    await add('waits', `'reporting', now() + interval '1 hour', NULL`);
    await forgetCommitments(database, 60);
    const { rows } = await database.pool.query(
      `DELETE FROM site.commitment WHERE transaction_uid = '1.2.3' RETURNING calling_ae_title`,
    );
    expect(rows.map((row) => row.calling_ae_title as string)).toEqual(['answered', 'given up', 'waits']);
  });

  test('a request sent again while it is open is the same one; its Transaction UID with other instances fails', async () => {
    const { database } = archive.postgres;
    const transactionUID = newTransaction();
    const requested = [{ sopClassUID: secondaryCapture, sopInstanceUID: '7.7.1.2' }];
    const options = { leaseSeconds: 3_600, duplicateReason: 0x0131 };
    const first = await addCommitment(database, { transactionUID, callingAETitle: 'CT6', requested }, options);
    expect(first?.failed).toBeUndefined();
    expect(
      await addCommitment(database, { transactionUID, callingAETitle: 'CT6', requested }, options),
    ).toBeUndefined();
    const others = [{ sopClassUID: secondaryCapture, sopInstanceUID: '7.7.1.3' }];
    const other = await addCommitment(database, { transactionUID, callingAETitle: 'CT6', requested: others }, options);
    expect(other?.failed).toEqual([{ at: 0, reason: 0x0131 }]);
    // What a namesake asks is its own request.
    const namesake = { transactionUID, callingAETitle: 'CT6', address: '127.0.0.9', requested: others };
    expect((await addCommitment(database, namesake, options))?.failed).toBeUndefined();
  });
});
