/** DICOM over TLS, both ways, with DCMTK at the other end and certificates that openssl makes here. */
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { connect } from 'node:net';
import { json } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { uid } from '#dicom/data/uid.ts';
import { connectExchange, echo } from '#dicom/dimse/requests.ts';
import { AssociationRejected } from '#dicom/network/requestor.ts';
import { requestorConnection, shownCertificate, type ExpectedPeer } from '#dicom/network/secure.ts';
import { secondaryCapture, smallInstance } from '#tests/dataset-bytes.ts';
import { fileHead } from '#dicom/file/file-meta.ts';
import { CertificateDirectory, hasOpenssl } from '#tests/certificates.ts';
import { freePort } from '#tests/free-port.ts';
import { isInstalled } from '#tests/installed.ts';
import { startStorescp } from '#tests/storescp.ts';
import {
  archiveAt,
  explicitLE,
  identifier,
  models,
  retrieve,
  startRetrievalArchive,
  type RetrievalArchive,
} from './scp/test-retrieval.ts';

const run = promisify(execFile);
const withoutPeers = !isInstalled('echoscu') || !hasOpenssl;

let directory: string;
let certificates: CertificateDirectory;
const at = (name: string) => certificates.at(name);

let archive: RetrievalArchive;
let tlsPort: number;
beforeAll(async () => {
  if (withoutPeers) return;
  directory = await mkdtemp(join(tmpdir(), 'lightbox-tls-'));
  certificates = new CertificateDirectory(directory);
  await certificates.certify('authority', 'Hospital CA');
  await Promise.all([
    certificates.certify('server', 'lightbox', 'authority'),
    certificates.certify('ct1', 'ct1.bv.local', 'authority'),
    certificates.certify('other', 'other.bv.local', 'authority'),
    certificates.certify('stranger', 'ct1.bv.local'),
    certificates.certify('expired', 'ct1.bv.local', 'authority', '-1'),
  ]);
  tlsPort = await freePort();
  archive = await startRetrievalArchive({
    TLS_CERT: at('server.pem'),
    TLS_KEY: at('server.key'),
    DIMSE_TLS_CA: at('authority.pem'),
    DIMSE_TLS_PORT: String(tlsPort),
    DIMSE_TRUST_LOOPBACK: '0',
  });
  for (const title of ['ANY', 'ASKS'])
    await sql("INSERT INTO site.device (ae_title, host, state) VALUES ($1, '127.0.0.1', 'approved')", [title]);
});
afterAll(async () => {
  if (withoutPeers) return;
  await archive[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const sql = (text: string, values: unknown[] = []) => archive.postgres.database.pool.query(text, values);
/** DCMTK with a certificate of its own, believing our authority. */
const secured = (name: string) => certificates.dcmtk(name, 'authority');
const to = (title: string) => ['-aet', title, '-aec', 'LIGHTBOX', '127.0.0.1', String(tlsPort)];

async function dicomFile(): Promise<string> {
  const [study, series, instance] = ['7.1', '7.1.1', '7.1.1.1'];
  const meta = fileHead({
    MediaStorageSOPClassUID: secondaryCapture,
    MediaStorageSOPInstanceUID: instance,
    TransferSyntaxUID: explicitLE,
  });
  await writeFile(at('image.dcm'), Buffer.concat([meta, smallInstance({ study, series, instance, patientID: 'A' })]));
  return at('image.dcm');
}

/** Our own requestor, as what the archive has to be. */
async function call(title: string, expected: ExpectedPeer): Promise<number | readonly number[] | undefined> {
  try {
    const exchange = await connectExchange({
      ...archiveAt(tlsPort),
      callingAETitle: title,
      tls: requestorConnection({ authorities: await readFile(at('authority.pem'), 'utf8'), ...expected }),
      contexts: [{ abstractSyntax: uid('1.2.840.10008.1.1'), transferSyntaxes: [explicitLE] }],
    });
    const status = await echo(exchange);
    await exchange.release();
    return status;
  } catch (error) {
    if (!(error instanceof AssociationRejected)) throw error;
    const { result, source, reason } = error.rejection;
    return [result, source, reason];
  }
}
const unknownCaller = [1, 1, 3];

describe.skipIf(withoutPeers)('the door with TLS', () => {
  test.each(['+py', '+px', '+pz'])('is used by DCMTK with its profile %s', async (profile) => {
    await run('echoscu', [...secured('ct1'), profile, ...to('ANY')]);
  });

  // Of DCMTK's other programs dcmsend, getscu and movescu know no TLS.
  test('takes images and queries from DCMTK as the plain door does', async () => {
    await run('storescu', [...secured('ct1'), ...to('ANY'), await dicomFile()]);
    const { rows } = await sql("SELECT 1 FROM index.instance WHERE sop_instance_uid = '7.1.1.1'");
    expect(rows).toHaveLength(1);
    const keys = ['-k', 'QueryRetrieveLevel=STUDY', '-k', 'StudyInstanceUID=7.1'];
    const { stdout, stderr } = await run('findscu', ['-v', ...secured('ct1'), '-S', ...keys, ...to('ANY')]);
    expect(stdout + stderr).toMatch(/Find Response: 1 \(Pending\)/);
  });

  test.each([
    [['-tls1_1'], false],
    [['-tls1_2', '-cipher', 'AES128-SHA'], false],
    [['-tls1_2', '-cipher', 'ECDHE-RSA-AES256-SHA384'], false],
    [['-tls1_2', '-cipher', 'ECDHE-RSA-AES128-GCM-SHA256'], true],
    [['-tls1_2', '-cipher', 'DHE-RSA-AES128-GCM-SHA256'], true],
    [['-tls1_3'], true],
  ])('agrees on what the profiles name and on nothing else: openssl %j', async (options, isAgreed) => {
    const shaken = run('openssl', ['s_client', '-connect', `127.0.0.1:${tlsPort}`, ...options]);
    shaken.child.stdin?.end();
    expect(
      await shaken.then(
        () => true,
        () => false,
      ),
    ).toBe(isAgreed);
  });

  test('begins no handshake anew on a connection that has one', async () => {
    const socket = connectTls({ port: tlsPort, host: '127.0.0.1', rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
    await once(socket, 'secureConnect');
    const again = Promise.withResolvers<Error | null>();
    socket.renegotiate({}, again.resolve);
    socket.on('error', again.resolve);
    expect(await again.promise).toMatchObject({ code: 'ERR_SSL_NO_RENEGOTIATION' });
    socket.destroy();
  });

  test('a caller without TLS, and one that stops in the handshake, keep nobody else out', async () => {
    const silent = connect(tlsPort, '127.0.0.1');
    const plain = connect(tlsPort, '127.0.0.1').on('error', () => {});
    plain.write(Buffer.alloc(200, 1));
    expect(await call('ANY', {})).toBe(0);
    silent.destroy();
    plain.destroy();
  });

  test('what keeps a caller from a handshake is logged with where it came from', async () => {
    const reasons = () => archive.lines.filter(({ msg }) => msg === 'no association').map((line) => line['reason']);
    const from = reasons().length;
    const old = run('openssl', ['s_client', '-connect', `127.0.0.1:${tlsPort}`, '-tls1_2', '-cipher', 'AES128-SHA']);
    old.child.stdin?.end();
    await expect(old).rejects.toThrow('Command failed');
    await expect.poll(() => reasons().slice(from)).toEqual(['no TLS handshake: ERR_SSL_NO_SHARED_CIPHER']);
    expect(archive.lines.findLast(({ msg }) => msg === 'no association')).toMatchObject({ address: '127.0.0.1' });
  });

  test('a device whose entry names a certificate has to show it, vouched for by the authority', async () => {
    const columns = '(ae_title, host, state, tls_subject)';
    await sql(`INSERT INTO site.device ${columns} VALUES ('NAMED', '127.0.0.1', 'approved', 'ct1.bv.local')`);
    expect(await call('NAMED', { own: await certificates.own('ct1') })).toBe(0);
    expect(await call('NAMED', { own: await certificates.own('other') })).toEqual(unknownCaller);
    // The right name, but anybody can write one into a certificate of his own.
    expect(await call('NAMED', { own: await certificates.own('stranger') })).toEqual(unknownCaller);
    expect(await call('NAMED', {})).toEqual(unknownCaller);
  });

  test('what is wrong with the certificate of a device that calls is told in the registry', async () => {
    const columns = '(ae_title, host, state, tls_subject)';
    const told = async () =>
      (
        await sql(`SELECT ae_title AS device, last_failure->>'code' AS code, failures::integer FROM site.device
        WHERE ae_title LIKE 'TOLD%' ORDER BY ae_title`)
      ).rows as unknown[];
    const wrong = [
      ['TOLD1', undefined, 'callerCertificateNone'],
      ['TOLD2', 'other', 'callerCertificateOfAnother'],
      ['TOLD3', 'stranger', 'callerCertificateNotTrusted'],
      ['TOLD4', 'expired', 'callerCertificateExpired'],
    ] as const;
    for (const [device, own] of wrong) {
      await sql(`INSERT INTO site.device ${columns} VALUES ($1, '127.0.0.1', 'approved', 'ct1.bv.local')`, [device]);
      expect(await call(device, own === undefined ? {} : { own: await certificates.own(own) })).toEqual(unknownCaller);
    }
    // Written every few seconds, so that is waited for once.
    await expect.poll(told).toEqual(wrong.map(([device, , code]) => ({ device, code, failures: 1 })));
  });

  test('a device whose entry has a fingerprint has to show that very certificate, whoever signed it', async () => {
    const columns = '(ae_title, host, state, tls_fingerprint)';
    const values = [await certificates.fingerprint('stranger')];
    await sql(`INSERT INTO site.device ${columns} VALUES ('PINNED', '127.0.0.1', 'approved', $1)`, values);
    expect(await call('PINNED', { own: await certificates.own('stranger') })).toBe(0);
    expect(await call('PINNED', { own: await certificates.own('ct1') })).toEqual(unknownCaller);
  });
});

/** The API, as administrator, whatever certificate it has. */
async function ask(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const request = https.request(`${archive.web}api${path}`, {
    method,
    rejectUnauthorized: false,
    agent: false,
    headers: { authorization: archive.authorization, ...(body && { 'content-type': 'application/json' }) },
  });
  request.end(body && JSON.stringify(body));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return (await json(response)) as Record<string, unknown>;
}

const entry = { host: '127.0.0.1', state: 'approved', defaultIssuer: '', onOtherBytes: 'keep-first' };
let registered = 0;
/** Registers a device that listens there. */
async function register(port: number, more: object): Promise<{ id: unknown; aeTitle: string }> {
  const aeTitle = `STATION${++registered}`;
  const { id } = await ask('POST', '/devices', { ...entry, aeTitle, port, ...more });
  return { id, aeTitle };
}
async function tested(port: number, more: object): Promise<unknown> {
  const { id } = await register(port, more);
  return (await ask('POST', `/devices/${id}/test`))['outcome'];
}

test.skipIf(withoutPeers)('the registry says on which ports a device reaches us, with TLS and without', async () => {
  expect(await ask('GET', '/devices')).toMatchObject({
    here: { aeTitle: 'LIGHTBOX', port: archive.port, tlsPort },
  });
});

describe.skipIf(withoutPeers)('a device that listens with TLS', () => {
  test('gets images by C-MOVE, and knows us by our certificate', async () => {
    await run('storescu', [...secured('ct1'), ...to('ANY'), await dicomFile()]);
    await using peer = await startStorescp(secured('ct1'));
    const { aeTitle } = await register(peer.port, { tls: true });
    const keys = identifier('STUDY', { study: '7.1' });
    const moved = await retrieve(archive.port, { model: models.study.move, keys, destination: aeTitle });
    expect(moved.status).toBe(0);
    expect(await peer.files()).toHaveLength(1);
  });

  test('is tested, and what is wrong with its certificate is said', async () => {
    await using vouched = await startStorescp(secured('ct1'));
    await using own = await startStorescp([...secured('stranger'), '+cf', at('stranger.pem')]);
    expect(await tested(vouched.port, { tls: true })).toBe('answered');
    expect(await tested(vouched.port, { tls: true, tlsSubject: 'ct1.bv.local' })).toBe('answered');
    expect(await tested(vouched.port, { tls: true, tlsSubject: 'other.bv.local' })).toBe('certificateOfAnother');
    expect(await tested(own.port, { tls: true })).toBe('certificateNotTrusted');
    expect(await tested(own.port, { tls: true, tlsFingerprint: await certificates.fingerprint('stranger') })).toBe(
      'answered',
    );
    expect(await tested(own.port, { tls: true, tlsFingerprint: await certificates.fingerprint('ct1') })).toBe(
      'certificateOfAnother',
    );
    expect(await tested(vouched.port, { tls: false })).toBe('hungUp');
  });

  test('is told from one without TLS, and from one that does not take our certificate', async () => {
    await using plain = await startStorescp([]);
    expect(await tested(plain.port, { tls: true })).toBe('noTls');
    // It believes nobody but itself.
    await using strict = await startStorescp(certificates.dcmtk('stranger', 'stranger'));
    const pinned = { tls: true, tlsFingerprint: await certificates.fingerprint('stranger') };
    expect(await tested(strict.port, pinned)).toBe('tlsRefused');
  });
});

describe.skipIf(withoutPeers)('a new certificate', () => {
  /** Whose certificate a new connection is shown. */
  const shown = () =>
    new Promise<string | undefined>((resolve, reject) => {
      const socket = connectTls({ port: tlsPort, host: '127.0.0.1', rejectUnauthorized: false }, () => {
        resolve(shownCertificate(socket).commonName);
        socket.destroy();
      }).on('error', reject);
    });
  const alerts = async () => (await ask('GET', '/status'))['alerts'];

  test('holds for new associations without a restart, and an open one goes on', async () => {
    const open = await connectExchange({
      ...archiveAt(tlsPort),
      tls: requestorConnection({ authorities: await readFile(at('authority.pem'), 'utf8') }),
      contexts: [{ abstractSyntax: uid('1.2.840.10008.1.1'), transferSyntaxes: [explicitLE] }],
    });
    expect(await shown()).toBe('lightbox');
    await certificates.certify('renewed', 'lightbox renewed', 'authority');
    await copyFile(at('renewed.pem'), at('server.pem'));
    await copyFile(at('renewed.key'), at('server.key'));
    await expect.poll(shown).toBe('lightbox renewed');
    expect(await echo(open)).toBe(0);
    await open.release();
    expect(await call('ANY', { own: await certificates.own('ct1') })).toBe(0);
  });

  test('that does not fit changes nothing, and the status page says so until it does', async () => {
    const before = await shown();
    await copyFile(at('other.pem'), at('server.pem')); // without its key
    await expect.poll(alerts).toContain('certificateRefused');
    expect(await shown()).toBe(before);
    expect(await call('ANY', {})).toBe(0);
    await copyFile(at('other.key'), at('server.key'));
    await expect.poll(shown).toBe('other.bv.local');
    expect(await alerts()).not.toContain('certificateRefused');
    const said = archive.lines.filter(({ msg }) => String(msg).startsWith('the new certificates cannot be used'));
    expect(said).toHaveLength(1);
  });
});
