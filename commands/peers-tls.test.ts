/** The commands that talk to other DICOM applications, over TLS: with DCMTK on the other side. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';
import { CertificateDirectory, hasOpenssl } from '#tests/certificates.ts';
import { hasDcmqrscp, startDcmqrscp } from '#tests/dcmqrscp.ts';
import { hasStorescp, startStorescp } from '#tests/storescp.ts';
import { startTlsFront } from '#tests/tls-front.ts';
import { startWholeArchive } from '#tests/whole-archive.ts';

import { type Ran, runCommand } from './test-command-line.ts';

describe.skipIf(!hasOpenssl || !hasStorescp || !hasDcmqrscp)('with --tls', () => {
  let directory: string;
  let images: string;
  let study: string;
  let month: string;
  let certificates: CertificateDirectory;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lightbox-peers-tls-'));
    images = join(directory, 'images');
    await mkdir(images);
    for (const [at, { attributes }] of [...ctSeries({ seed: 'peers over TLS', number: 1, slices: 3 })].entries()) {
      await writeFile(join(images, `${at}.dcm`), dicomFile(attributes));
      study = String(attributes['StudyInstanceUID']);
      month = String(attributes['StudyDate']).slice(0, 6);
    }
    certificates = new CertificateDirectory(directory);
    await certificates.certify('authority', 'Hospital CA');
    await certificates.certify('ours', 'lightbox', 'authority');
    await certificates.certify('theirs', 'theirs', 'authority');
    await certificates.certify('stranger', 'stranger');
    await certificates.certify('elsewhere', 'elsewhere.bv.local');
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const lightbox = (...args: string[]): Promise<Ran> => runCommand({}, ...args);
  const at = (port: number) => `PEER@127.0.0.1:${port}`;
  const believing = (authority: string) => ['--tls', '--ca', certificates.at(`${authority}.pem`)];
  const showing = (name: string) => ['--cert', certificates.at(`${name}.pem`), '--key', certificates.at(`${name}.key`)];

  test('echo and send talk to storescp, which wants a certificate of ours', async () => {
    await using peer = await startStorescp(certificates.dcmtk('theirs', 'authority'));
    const echoed = await lightbox('echo', at(peer.port), ...believing('authority'), ...showing('ours'));
    expect(echoed).toMatchObject({ status: 0, err: '', out: expect.stringMatching(/^PEER answered after \d+ ms/) });
    const sent = await lightbox('send', at(peer.port), ...believing('authority'), ...showing('ours'), images);
    expect([sent.status, sent.err]).toEqual([0, '']);
    expect(await peer.files()).toHaveLength(3);
  });

  test('files that the archive has for the same need not be named', async () => {
    await using peer = await startStorescp(certificates.dcmtk('theirs', 'authority'));
    const settings = {
      TLS_CERT: certificates.at('ours.pem'),
      TLS_KEY: certificates.at('ours.key'),
      DIMSE_TLS_CA: certificates.at('authority.pem'),
    };
    expect(await runCommand(settings, 'echo', at(peer.port), '--tls')).toMatchObject({ status: 0, err: '' });
  });

  test('find, move and pull talk to dcmqrscp behind a TLS proxy', async () => {
    await using archive = await startWholeArchive();
    await using dcmqrscp = await startDcmqrscp({ LIGHTBOX: archive.dimsePort });
    const authority = await certificates.pem('authority');
    await using front = await startTlsFront(await certificates.own('theirs'), authority, dcmqrscp.port);
    const named = `DCMQR@127.0.0.1:${front.port}`;
    const secured = [...believing('authority'), ...showing('ours')];
    expect((await lightbox('send', named, ...secured, images)).status).toBe(0);
    const found = await lightbox('find', named, ...secured, `StudyInstanceUID=${study}`);
    expect([found.status, found.err]).toEqual([0, '1 match\n']);
    const moved = await lightbox('move', named, ...secured, '--to', 'LIGHTBOX', `StudyInstanceUID=${study}`);
    expect(moved).toEqual({ status: 0, err: '', out: '3 images moved\n' });
    const database = { DATABASE_URL: archive.postgres.url, DATA_DIR: join(directory, 'pull') };
    const pulled = await runCommand(database, 'pull', named, ...secured, '--from', month, '--until', month);
    expect(pulled.out).toContain('3 images are here');
    expect(pulled.status).toBe(0);
  });

  test('a certificate that nobody vouches for is believed by its fingerprint, and no other one', async () => {
    await using peer = await startStorescp(certificates.dcmtk('elsewhere', 'authority'));
    const pinned = await certificates.fingerprint('elsewhere');
    const withColons = pinned.toUpperCase().match(/../g)!.join(':');
    for (const fingerprint of [pinned, withColons]) {
      const echoed = await lightbox('echo', at(peer.port), '--tls', '--fingerprint', fingerprint, ...showing('ours'));
      expect(echoed).toMatchObject({ status: 0, err: '' });
    }
    const sent = await lightbox('send', at(peer.port), '--tls', '--fingerprint', pinned, ...showing('ours'), images);
    expect([sent.status, sent.err]).toEqual([0, '']);
    const another = await certificates.fingerprint('theirs');
    const refused = await lightbox('echo', at(peer.port), '--tls', '--fingerprint', another, ...showing('ours'));
    expect(refused).toMatchObject({ status: 1, err: expect.stringContaining('not the one of --fingerprint') });
  });

  test('what is wrong with a certificate is said, with what to do', async () => {
    await using peer = await startStorescp(certificates.dcmtk('theirs', 'authority'));
    await using selfSigned = await startStorescp(certificates.dcmtk('elsewhere', 'authority'));
    await using plain = await startStorescp([]);
    const echo = async (port: number, ...options: string[]) => {
      const { status, err } = await lightbox('echo', at(port), ...options);
      expect(status).toBe(1);
      return err;
    };
    const ours = showing('ours');
    expect(await echo(peer.port, ...believing('stranger'), ...ours)).toContain('Nobody whom we believe vouches');
    expect(await echo(selfSigned.port, ...believing('elsewhere'), ...ours)).toContain('is of another host');
    expect(await echo(plain.port, ...believing('authority'), ...ours)).toContain('takes no TLS handshake');
    expect(await echo(peer.port, ...believing('authority'), ...showing('stranger'))).toContain('do not agree on TLS');
    expect(await echo(peer.port, ...believing('authority'))).toContain('--cert, --key');
    expect(await echo(peer.port)).toContain('want TLS');
  });

  test('a file that cannot be used is named, and so are options that do not go together', async () => {
    const nobody = 'PEER@127.0.0.1:1';
    const missing = await lightbox('echo', nobody, '--tls', '--ca', join(directory, 'none.pem'));
    expect(missing.err).toMatch(/none\.pem cannot be used\. --ca \(or DIMSE_TLS_CA\) takes a readable PEM file\./);
    const others = [...showing('ours').slice(0, 2), ...showing('theirs').slice(2)];
    expect((await lightbox('echo', nobody, '--tls', ...others)).err).toContain('that belongs to its key');
    expect((await lightbox('echo', nobody, '--tls', ...showing('ours').slice(0, 2))).err).toContain(
      '--cert and --key go together',
    );
    expect((await lightbox('echo', nobody, ...showing('ours'))).err).toContain('go with --tls');
    const pinned = ['--fingerprint', await certificates.fingerprint('theirs')];
    expect((await lightbox('echo', nobody, ...pinned)).err).toContain('go with --tls');
    expect((await lightbox('echo', nobody, ...believing('authority'), ...pinned)).err).toContain(
      'takes the place of --ca',
    );
    const short = await lightbox('echo', nobody, '--tls', '--fingerprint', 'ab:cd');
    expect(short.err).toContain('64 hexadecimal digits');
  });
});
