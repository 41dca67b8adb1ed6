/** Who may open an association, through a running archive: user identity, allowed services, habits and figures of a device. */
import dns from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { hashPassword } from '#access/passwords.ts';
import { limits } from '#settings/limits.ts';
import { uid } from '#dicom/data/uid.ts';
import { performedStepSOPClass } from '#dicom/data/sop-class.ts';
import { commandFields } from '#dicom/dimse/command.ts';
import { connectExchange, echo, store } from '#dicom/dimse/requests.ts';
import { readObjectHead } from '#dicom/file/file-meta.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { AssociationRejected, type AssociationRequest } from '#dicom/network/requestor.ts';
import { explicit, secondaryCapture } from '#tests/dataset-bytes.ts';
import { performedStepBegun } from '#tests/performed-steps.ts';
import { archiveAt, explicitLE, startRetrievalArchive, type RetrievalArchive } from './scp/test-retrieval.ts';

const verification = uid('1.2.840.10008.1.1');
const findStudies = uid('1.2.840.10008.5.1.4.1.2.2.1');

let archive: RetrievalArchive;
beforeAll(async () => {
  archive = await startRetrievalArchive();
  for (const name of ['Lan', 'Guessed at'])
    await sql('INSERT INTO site.account (name, password_hash, rights) VALUES ($1, $2, $3)', [
      name,
      await hashPassword('mật khẩu của Lan'),
      ['read'],
    ]);
});
afterAll(() => archive[Symbol.asyncDispose]());

const sql = (text: string, values: unknown[] = []) => archive.postgres.database.pool.query(text, values);

/** A device of its own for each test: what is remembered of another one does not count. */
let title: string;
let number = 0;
beforeEach(() => (title = `DEVICE${++number}`));
async function register(columns: Record<string, unknown> = {}): Promise<void> {
  const row = { ae_title: title, host: '127.0.0.1', state: 'approved', ...columns };
  const names = Object.keys(row);
  await sql(
    `INSERT INTO site.device (${names.join()}) VALUES (${names.map((_, at) => `$${at + 1}`).join()})`,
    Object.values(row),
  );
}

const connect = (more: Partial<AssociationRequest> = {}) =>
  connectExchange({
    ...archiveAt(archive.port),
    callingAETitle: title,
    contexts: [verification, uid(secondaryCapture), findStudies].map((abstractSyntax) => ({
      abstractSyntax,
      transferSyntaxes: [explicitLE],
    })),
    ...more,
  });
const identified = (type: number, primary: string, secondary = '') => ({
  userInformation: {
    userIdentity: {
      type,
      positiveResponseRequested: true,
      primary: Buffer.from(primary),
      secondary: Buffer.from(secondary),
    },
  },
});
/** Result, source and reason; undefined where it was accepted. */
async function rejection(more?: Partial<AssociationRequest>): Promise<readonly number[] | undefined> {
  try {
    const exchange = await connect(more);
    expect(await echo(exchange)).toBe(0);
    await exchange.release();
    return undefined;
  } catch (error) {
    if (!(error instanceof AssociationRejected)) throw error;
    const { result, source, reason } = error.rejection;
    return [result, source, reason];
  }
}
const noReasonGiven = [1, 1, 1];
const temporaryCongestion = [2, 3, 1];

describe('user identity', () => {
  test('is not looked at where the registry does not ask for it', async () => {
    await register();
    expect(await rejection(identified(2, 'Lan', 'wrong'))).toBeUndefined();
  });

  test('where it is required, only the name of an account with its passcode will do', async () => {
    await register({ user_identity: 'required' });
    expect(await rejection()).toEqual(noReasonGiven);
    expect(await rejection(identified(1, 'Lan'))).toEqual(noReasonGiven);
    expect(await rejection(identified(2, 'Lan', 'wrong'))).toEqual(noReasonGiven);
    for (const type of [3, 4, 5, 9]) expect(await rejection(identified(type, 'a ticket'))).toEqual(noReasonGiven);
    expect(await rejection(identified(2, 'lan', 'mật khẩu của Lan'))).toBeUndefined();
  });

  test('where it is optional, who is named has to be right', async () => {
    await register({ user_identity: 'optional' });
    expect(await rejection()).toBeUndefined();
    expect(await rejection(identified(1, 'Lan'))).toBeUndefined();
    expect(await rejection(identified(1, 'Nobody'))).toEqual(noReasonGiven);
    expect(await rejection(identified(2, 'Lan', ''))).toEqual(noReasonGiven);
    // What we do not understand is not answered; the requestor decides.
    expect(await rejection(identified(5, 'a.web.token'))).toBeUndefined();
  });

  test('may be as long as its item allows: an assertion that nobody checks, a name that is nobody’s', async () => {
    const long = 'x'.repeat(65_000);
    await register({ user_identity: 'optional' });
    for (const type of [3, 4, 5]) expect(await rejection(identified(type, long))).toBeUndefined();
    // However often: a name that can be no account's is no guess at one.
    for (let at = 0; at <= limits.access.guessesPerAccount; at++)
      for (const type of [1, 2]) expect(await rejection(identified(type, long, 'x'))).toEqual(noReasonGiven);
  });

  test('is guessed a few times, then not even checked, and the next device is not kept out', async () => {
    await register({ user_identity: 'required' });
    for (let at = 0; at < limits.access.guessesPerAccount; at++)
      expect(await rejection(identified(2, 'guessed', `guess ${at}`))).toEqual(noReasonGiven);
    expect(await rejection(identified(2, 'guessed', 'one more'))).toEqual(temporaryCongestion);
    expect(await rejection(identified(2, 'Lan', 'mật khẩu của Lan'))).toBeUndefined();
  });

  test('by name alone goes on being taken while somebody guesses its passcode', async () => {
    await register({ user_identity: 'optional' });
    for (let at = 0; at < limits.access.guessesPerAccount; at++)
      expect(await rejection(identified(2, 'Guessed at', `guess ${at}`))).toEqual(noReasonGiven);
    expect(await rejection(identified(2, 'Guessed at', 'one more'))).toEqual(temporaryCongestion);
    expect(await rejection(identified(1, 'Guessed at'))).toBeUndefined();
  });

  test('ends with the account: when that is changed or removed, its open associations end and others go on', async () => {
    await register({ user_identity: 'optional' });
    for (const name of ['Given a new password', 'Removed'])
      await sql('INSERT INTO site.account (name, password_hash, rights) VALUES ($1, $2, $3)', [name, 'none', ['read']]);
    const changed = await connect(identified(1, 'Given a new password'));
    const removed = await connect(identified(1, 'Removed'));
    const other = await connect(identified(1, 'Lan'));
    await sql(`UPDATE site.account SET password_hash = 'another' WHERE name = 'Given a new password'`);
    await changed.over;
    await sql(`DELETE FROM site.account WHERE name = 'Removed'`);
    await removed.over;
    expect(await echo(other)).toBe(0);
    await other.release();
  });

  test('is named in the access record with the device, and what both may do counts', async () => {
    await register({ user_identity: 'required' });
    const exchange = await connect(identified(2, 'Lan', 'mật khẩu của Lan'));
    const { status } = await store(exchange, instance('9.1'));
    expect(status).toBe(0x0124); // Lan may read only
    await exchange.release();
    const contexts = [{ abstractSyntax: performedStepSOPClass, transferSyntaxes: [explicitLE] }];
    const modality = await connect({ ...identified(2, 'Lan', 'mật khẩu của Lan'), contexts });
    const [begun, attributes] = performedStepBegun({ StudyInstanceUID: '9.1.1' }, '9.1.9');
    const bytes = serializeDataset(attributes, { explicitVR: true, bigEndian: false });
    expect(await modality.invoke(1, begun, bytes)).toMatchObject({ Status: 0x0124 });
    const changed = { ...begun, CommandField: commandFields['N-SET-RQ'], RequestedSOPInstanceUID: '9.1.9' };
    expect(await modality.invoke(1, changed, bytes)).toMatchObject({ Status: 0x0124 });
    await modality.release();
    expect(archive.lines.filter((line) => line['account'] === 'Lan')).toContainEqual(
      expect.objectContaining({ caller: `device ${title}`, account: 'Lan', action: 'login' }),
    );
  });
});

function instance(SOPInstanceUID: string, name = Buffer.from('A')) {
  const dataset = Buffer.concat([
    explicit(0x00080016, 'UI', secondaryCapture),
    explicit(0x00080018, 'UI', SOPInstanceUID),
    explicit(0x00100010, 'PN', name),
    explicit(0x0020000d, 'UI', `${SOPInstanceUID}.1`),
    explicit(0x0020000e, 'UI', `${SOPInstanceUID}.2`),
  ]);
  return {
    sopClassUID: uid(secondaryCapture),
    sopInstanceUID: uid(SOPInstanceUID),
    transferSyntaxUID: explicitLE,
    dataset: [dataset],
  };
}

test('contexts of what a device may not do are refused, and the others serve', async () => {
  await register({ services: ['store'] });
  const exchange = await connect();
  expect([...exchange.contexts.values()].map(({ abstractSyntax }) => abstractSyntax)).toEqual([
    verification,
    secondaryCapture,
  ]);
  expect(await store(exchange, instance('9.2'))).toMatchObject({ status: 0 });
  await exchange.release();
});

test('text without a character set is read as the device writes it, and the bytes stay as they are', async () => {
  const russian = Buffer.from('b8d2d0ddded2', 'hex'); // ISO 8859-5
  await register({ character_set: 'ISO_IR 144' });
  const exchange = await connect();
  expect(await store(exchange, instance('9.3', russian))).toMatchObject({ status: 0 });
  await exchange.release();
  const { rows } = await sql(
    `SELECT patient_name, key FROM index.study s JOIN index.series e ON e.study = s.id JOIN index.instance i ON i.series = e.id
     WHERE study_instance_uid = '9.3.1'`,
  );
  expect(rows[0]?.patient_name).toBe('Иванов');
  const stored = await readFile(join(archive.directory, 'objects', rows[0]?.key));
  expect(stored.includes(russian)).toBe(true);
  expect(readObjectHead(stored)?.information.characterSet).toBe('ISO_IR 144');
});

test('the registry counts associations and remembers what failed last', async () => {
  await register({ user_identity: 'optional' });
  expect(await rejection()).toBeUndefined();
  expect(await rejection(identified(2, 'Lan', 'wrong'))).toEqual(noReasonGiven);
  const figures = async () =>
    (
      await sql('SELECT associations::integer, failures::integer, last_failure FROM site.device WHERE ae_title = $1', [
        title,
      ])
    ).rows[0] as unknown;
  await expect.poll(figures).toEqual({
    associations: 1,
    failures: 1,
    last_failure: { code: 'identityRefused', reason: 'user identity refused' },
  });
});

test('the registry tells who called without name and passcode from who got them wrong', async () => {
  await register({ user_identity: 'required' });
  const lastFailure = async () =>
    (await sql('SELECT last_failure FROM site.device WHERE ae_title = $1', [title])).rows[0]?.last_failure as unknown;
  expect(await rejection(identified(3, 'a ticket'))).toEqual(noReasonGiven);
  const reason = 'no name with passcode: a Kerberos ticket';
  await expect.poll(lastFailure).toEqual({ code: 'identityNotGiven', reason });
});

test('devices whose names nobody looks up keep no device with an address waiting', async () => {
  const asked: string[] = [];
  const noAnswer = Promise.withResolvers<never>();
  vi.spyOn(dns, 'lookup').mockImplementation((name: string) => {
    asked.push(name);
    return noAnswer.promise;
  });
  syncBuiltinESMExports();
  try {
    const byName: Promise<readonly number[] | undefined>[] = [];
    for (let place = 0; place < limits.access.callersAskedFor; place++) {
      await register({ host: `${title.toLowerCase()}.invalid` });
      byName.push(rejection({ callingAETitle: title }));
      title = `DEVICE${++number}`;
    }
    await expect.poll(() => asked.length).toBe(limits.access.callersAskedFor);
    await register();
    expect(await rejection()).toBeUndefined();
    noAnswer.reject(new Error('ETIMEOUT'));
    await Promise.all(byName);
  } finally {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  }
});

test('a request that failed is remembered with what it was, and a word for why', async () => {
  await register({});
  const exchange = await connect();
  expect(await store(exchange, { ...instance('9.8'), dataset: [explicit(0x00080018, 'UI', '9.8')] })).toMatchObject({
    status: 0xa900,
  });
  await exchange.release();
  const failure = async () =>
    (await sql('SELECT last_failure FROM site.device WHERE ae_title = $1', [title])).rows[0] as unknown;
  await expect
    .poll(failure)
    .toMatchObject({ last_failure: { code: 'requestNotUnderstood', operation: 'C-STORE', status: 'A900' } });
});

test.each<[string, string]>([
  ['refused', `UPDATE site.device SET state = 'refused' WHERE ae_title = $1`],
  ['removed', 'DELETE FROM site.device WHERE ae_title = $1'],
])('an open association of a device that is %s ends, and that is no failure of the device', async (_, change) => {
  await register();
  const other = title;
  title += 'B';
  await register();
  const [ends, goesOn] = [await connect(), await connect({ callingAETitle: other })];
  expect(await echo(ends)).toBe(0);
  await sql(change, [title]);
  await ends.over;
  await expect(echo(ends)).rejects.toThrow('abort');
  expect(await echo(goesOn)).toBe(0);
  await goesOn.release();
  expect((await sql('SELECT FROM site.device WHERE failures > 0 AND ae_title = $1', [title])).rowCount).toBe(0);
});
