import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { addDevice, type DeviceEntry } from '#access/device-registry.ts';
import type { OwnCertificates } from '#access/peer-tls.ts';
import type { Answer, Service } from '#dicom/dimse/service.ts';
import { openListener } from '#dicom/dimse/test-listener.ts';
import { parseDataset } from '#dicom/file/parse.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { toDicomJson } from '#dicom/web/dicom-json.ts';
import { studyComplete } from '#index/completeness.ts';
import { restoreRejection } from '#index/rejections.ts';
import { limits } from '#settings/limits.ts';
import { readSettings } from '#settings/settings.ts';
import { CertificateDirectory, hasOpenssl } from '#tests/certificates.ts';
import { emptiedIndex } from '#tests/emptied-index.ts';
import { freePort } from '#tests/free-port.ts';
import { indexedInstance } from '#tests/indexed-instance.ts';
import { startTlsFront } from '#tests/tls-front.ts';
import { createPerformedStep } from '#workflow/performed-steps.ts';
import { notifyOfAvailability } from './availability.ts';

const { database, write } = emptiedIndex([
  'index.rejection',
  'index.rejected',
  'site.restored_rejection',
  'site.study_completed',
  'site.study_completed_consumer',
  'site.device',
  'site.availability_notification',
  'site.performed_step',
]);
const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

interface Received {
  readonly SOPInstanceUID: string | undefined;
  readonly json: ReturnType<typeof toDicomJson>;
}

/** An application that takes notifications; `answer` says what it thinks of each. */
async function openSCP(
  port: number,
  answer: (at: number) => Answer | Promise<Answer> = () => ({ status: 0 }),
  sopClass = '1.2.840.10008.5.1.4.33',
): Promise<Received[]> {
  const received: Received[] = [];
  const service: Service<undefined> = {
    name: 'Instance Availability Notification',
    abstractSyntaxes: (uid) => uid === sopClass,
    commands: {
      'N-CREATE-RQ': async ({ command, dataset, transferSyntax }) => {
        const parsed = await parseDataset(dataset!, transferSyntaxes.get(transferSyntax)!, limits.dataset);
        const { AffectedSOPInstanceUID: SOPInstanceUID } = command;
        received.push({ SOPInstanceUID, json: toDicomJson(parsed) });
        return answer(received.length - 1);
      },
    },
  };
  open.push(await openListener([service], { aeTitle: 'RIS', port }));
  return received;
}

const addRis = (port: number, more: Partial<DeviceEntry> = {}) =>
  addDevice(database().pool, {
    aeTitle: 'RIS',
    host: '127.0.0.1',
    port,
    state: 'approved',
    defaultIssuer: '',
    tls: false,
    tlsSubject: null,
    tlsFingerprint: null,
    userIdentity: 'none',
    services: [],
    characterSet: '',
    room: '',
    description: '',
    onOtherBytes: 'keep-first',
    wantsAvailability: true,
    ...more,
  });
async function startWorker(
  url: string | undefined = undefined,
  certificates: OwnCertificates = { own: undefined, authorities: undefined },
): Promise<AsyncDisposable> {
  const log = pino({ level: 'silent' });
  const from = { aeTitle: 'LIGHTBOX', url };
  const worker = await notifyOfAvailability({
    database: database(),
    from,
    certificates,
    outgoing: readSettings({}).dimse.outgoing,
    log,
    figuresWrittenMs: 50,
  });
  open.push(worker);
  return worker;
}
const store = (StudyInstanceUID: string, number: number, more = {}) =>
  write(indexedInstance({ StudyInstanceUID, SOPClassUID: '1.2.840.10008.5.1.4.1.1.2', ...more }, number));
const owed = async () =>
  (
    await database().pool.query<{ study: string; attempts: number; error: string | null }>(
      'SELECT study_instance_uid AS study, attempts, error FROM site.availability_notification ORDER BY id',
    )
  ).rows;
/** What people see with the device. */
const lastFailure = async () =>
  (await database().pool.query<{ last_failure: unknown }>('SELECT last_failure FROM site.device')).rows[0]
    ?.last_failure;
const dueNow = () => database().pool.query('UPDATE site.availability_notification SET due_at = now()');
const told = (json: Received['json']) =>
  (json['00081115']!.Value as Received['json'][]).flatMap((series) =>
    (series['00081199']!.Value as Received['json'][]).map((one) => [
      series['0020000E']!.Value![0],
      one['00081155']!.Value![0],
      one['00080056']!.Value![0],
    ]),
  );

test('a device that asks for it is told of a complete study: every instance, ONLINE, and where it is retrieved', async () => {
  const port = await freePort();
  const received = await openSCP(port);
  await addRis(port);
  await addRis(port, { aeTitle: 'SILENT', wantsAvailability: false });
  await startWorker('https://pacs.example/dicom-web');
  await store('1.5', 1);
  await store('1.5', 2);
  await store('1.5', 1, { SeriesInstanceUID: '1.5.9' });
  await studyComplete(database(), '1.5', 'mpps');
  await expect.poll(() => received.length).toBe(1);
  const { SOPInstanceUID, json } = received[0]!;
  expect(SOPInstanceUID).toMatch(/^2\.25\.[1-9]\d{20,38}$/);
  expect(json['0020000D']).toEqual({ vr: 'UI', Value: ['1.5'] });
  expect(json['00081111']).toEqual({ vr: 'SQ' });
  expect(told(json)).toEqual([
    ['1.5.1', '1.5.1.1', 'ONLINE'],
    ['1.5.1', '1.5.1.2', 'ONLINE'],
    ['1.5.9', '1.5.9.1', 'ONLINE'],
  ]);
  const [series] = json['00081115']!.Value as Received['json'][];
  expect((series!['00081199']!.Value as Received['json'][])[0]).toEqual({
    '00080054': { vr: 'AE', Value: ['LIGHTBOX'] },
    '00080056': { vr: 'CS', Value: ['ONLINE'] },
    '00081150': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.2'] },
    '00081155': { vr: 'UI', Value: ['1.5.1.1'] },
    '00081190': {
      vr: 'UR',
      Value: ['https://pacs.example/dicom-web/studies/1.5/series/1.5.1/instances/1.5.1.1'],
    },
  });
  await expect.poll(owed).toEqual([]);
});

test('what was put off before the clock was set back by hours is told at once', async () => {
  const port = await freePort();
  await addRis(port);
  await startWorker();
  await store('1.5', 1);
  await studyComplete(database(), '1.5', 'mpps');
  await expect.poll(async () => (await owed())[0]?.error).toEqual(expect.any(String));
  await database().pool.query(`UPDATE site.availability_notification SET due_at = due_at + interval '12 hours'`);
  const received = await openSCP(port);
  await expect.poll(() => received.length).toBe(1);
});

test('the notification names what modalities said they performed for the study (PS3.4 Table R.3.2-1)', async () => {
  const port = await freePort();
  const received = await openSCP(port);
  await addRis(port);
  await startWorker();
  await store('1.5', 1);
  for (const [sopInstanceUID, StudyInstanceUID] of [
    ['1.5.70', '1.5'],
    ['1.5.71', '1.5'],
    ['1.6.70', '1.6'],
  ] as const) {
    const named = [{ StudyInstanceUID, ScheduledProcedureStepID: '' }];
    const step = { sopInstanceUID, attributes: {}, named, callingAETitle: 'CT1' };
    await createPerformedStep(database(), step);
  }
  await database().pool.query(`UPDATE site.performed_step SET state = 'completed'`);
  await studyComplete(database(), '1.5', 'mpps');
  await expect.poll(() => received.length).toBe(1);
  expect(received[0]!.json['00081111']).toEqual({
    vr: 'SQ',
    Value: ['1.5.70', '1.5.71'].map((uid) => ({
      '00081150': { vr: 'UI', Value: ['1.2.840.10008.3.1.2.3.3'] },
      '00081155': { vr: 'UI', Value: [uid] },
      '00404019': { vr: 'SQ' },
    })),
  });
});

test('a device that is away or refuses is told later, with the same UID, also by another worker', async () => {
  const port = await freePort();
  await addRis(port);
  const first = await startWorker();
  await store('1.5', 1);
  await studyComplete(database(), '1.5', 'mpps');
  await expect.poll(owed).toMatchObject([{ study: '1.5', attempts: 1, error: expect.any(String) }]);
  await expect.poll(lastFailure).toMatchObject({ code: 'connectionRefused', operation: 'N-CREATE' });
  await first[Symbol.asyncDispose]();
  // It takes no more than that: the second says that it cannot, the third that it has it.
  const received = await openSCP(port, (at) =>
    at === 0 ? { status: 0x0110, errorComment: 'the disk is full' } : { status: 0x0111 },
  );
  await startWorker();
  await dueNow();
  await expect.poll(owed).toMatchObject([{ attempts: 2, error: 'status 0110: the disk is full' }]);
  await expect.poll(lastFailure).toEqual({
    code: 'answeredFailure',
    reason: 'status 0110: the disk is full',
    status: '0110',
    comment: 'the disk is full',
    operation: 'N-CREATE',
  });
  await dueNow();
  await expect.poll(owed).toEqual([]);
  expect(received).toHaveLength(2);
  expect(new Set(received.map((one) => one.SOPInstanceUID)).size).toBe(1);
});

test('what a stop of the worker breaks off is due at once, and counts for no failure, however long it has been owed', async () => {
  const port = await freePort();
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const received = await openSCP(port, () => promise);
  await addRis(port);
  await store('1.5', 1);
  const worker = await startWorker();
  await studyComplete(database(), '1.5', 'mpps');
  await expect.poll(() => received.length).toBe(1);
  await database().pool.query(`UPDATE site.availability_notification SET owed_at = now() - interval '8 days'`);
  await worker[Symbol.asyncDispose]();
  const { rows } = await database().pool.query(
    'SELECT attempts, error, due_at <= now() AS due FROM site.availability_notification',
  );
  expect(rows).toEqual([{ attempts: 0, error: null, due: true }]);
  resolve({ status: 0 });
  await startWorker();
  await expect.poll(owed).toEqual([]);
});

test('a device without this service, without a port, and one that took nothing for a week: each failure has a word', async () => {
  const port = await freePort();
  await openSCP(port, undefined, '1.2.840.10008.1.1');
  const { id } = await addRis(port);
  await store('1.5', 1);
  await startWorker();
  await studyComplete(database(), '1.5', 'mpps');
  await expect.poll(lastFailure).toMatchObject({ code: 'takesNoNotifications' });
  await database().pool.query('UPDATE site.device SET port = NULL WHERE id = $1', [id]);
  await dueNow();
  await expect.poll(lastFailure).toMatchObject({ code: 'noDestination' });
  await database().pool.query(`UPDATE site.availability_notification SET owed_at = now() - interval '8 days'`);
  await dueNow();
  await expect.poll(lastFailure).toMatchObject({
    code: 'notificationsGivenUp',
    reason: 'the device registry has no address and port for it',
  });
  expect(await owed()).toEqual([]);
});

test('what is rejected is UNAVAILABLE, and ONLINE again when it is restored; what has never been complete too', async () => {
  const port = await freePort();
  const received = await openSCP(port);
  await addRis(port);
  await startWorker();
  await store('1.5', 1);
  await store('1.5', 2);
  const note = indexedInstance({ StudyInstanceUID: '1.5', SOPInstanceUID: '1.5.900', SeriesInstanceUID: '1.5.8' });
  await write({
    ...note,
    rejection: { code: '113001', studies: [{ study_instance_uid: '1.5', sop_instance_uids: ['1.5.1.1'] }] },
  });
  await expect.poll(() => received.length).toBe(1);
  expect(told(received[0]!.json)).toEqual([
    ['1.5.1', '1.5.1.1', 'UNAVAILABLE'],
    ['1.5.1', '1.5.1.2', 'ONLINE'],
  ]);
  await expect.poll(owed).toEqual([]);
  await restoreRejection(database(), '1.5.900', 'account admin');
  await expect.poll(() => received.length).toBe(2);
  expect(told(received[1]!.json).map(([, , state]) => state)).toEqual(['ONLINE', 'ONLINE']);
});

test('a device that is removed, or wants it no more, is told nothing more', async () => {
  const port = await freePort();
  const gone = await addRis(port);
  const unwilling = await addRis(port, { aeTitle: 'PACS2' });
  await store('1.5', 1);
  await startWorker();
  await studyComplete(database(), '1.5', 'mpps');
  await expect.poll(async () => (await owed()).length).toBe(2);
  await database().pool.query('DELETE FROM site.device WHERE id = $1', [gone.id]);
  await database().pool.query('UPDATE site.device SET wants_availability = false WHERE id = $1', [unwilling.id]);
  await expect.poll(owed).toEqual([]);
});

test.skipIf(!hasOpenssl)(
  'a device that speaks TLS is told over TLS, and only the one that the registry means',
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'lightbox-availability-'));
    open.push({ [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) });
    const certificates = new CertificateDirectory(directory);
    await certificates.certify('authority', 'Hospital CA');
    await certificates.certify('ours', 'lightbox', 'authority');
    await certificates.certify('ris', 'ris.bv.local', 'authority');
    const authorities = await certificates.pem('authority');
    const port = await freePort();
    const received = await openSCP(port);
    const front = await startTlsFront(await certificates.own('ris'), authorities, port);
    open.push(front);
    const { id } = await addRis(front.port, { tls: true, tlsSubject: 'another.bv.local' });
    await startWorker(undefined, { own: await certificates.own('ours'), authorities });
    await store('1.5', 1);
    await studyComplete(database(), '1.5', 'mpps');
    await expect.poll(owed).toMatchObject([{ attempts: 1, error: expect.any(String) }]);
    await expect.poll(lastFailure).toMatchObject({ code: 'certificateOfAnother' });
    expect(received).toEqual([]);
    await database().pool.query(`UPDATE site.device SET tls_subject = 'ris.bv.local' WHERE id = $1`, [id]);
    await dueNow();
    await expect.poll(owed).toEqual([]);
    expect(received).toHaveLength(1);
  },
);
