import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { maskAddress } from './mask.ts';
import { BadSetting, readSettings } from './settings.ts';
import { variables } from './variables.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-settings-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function refusal(environment: Record<string, string>): string {
  try {
    readSettings(environment);
  } catch (error) {
    if (error instanceof BadSetting) return error.message;
    throw error;
  }
  return 'accepted';
}

test('an empty environment gives the documented defaults', () => {
  const settings = readSettings({});
  expect(settings).toEqual({
    dataDir: resolve('data'),
    http: { host: '127.0.0.1', port: 8080 },
    publicUrl: undefined,
    trustProxy: undefined,
    corsOrigins: [],
    proxyProtocol: [],
    tls: undefined,
    dimse: {
      host: '127.0.0.1',
      port: 11112,
      tlsPort: undefined,
      aeTitle: 'LIGHTBOX',
      trustLoopback: true,
      tlsCaPath: undefined,
      associationsPerDevice: 200,
      limits: {
        associations: 400,
        announcedPduBytes: 256 * 1024,
        acceptedPduBytes: 1024 * 1024,
        operationsPerformed: 16,
        operationsInvoked: 8,
        idleAssociationMs: 600_000,
        artimMs: 30_000,
      },
      outgoing: { announcedPduBytes: 256 * 1024, acceptedPduBytes: 1024 * 1024 },
    },
    datasetBytes: 16 * 1024 ** 3,
    accessLogDir: undefined,
    accessLogBytes: 1000 * 1024 ** 2,
    databaseUrl: undefined,
    redisUrl: undefined,
    storageUrl: `file://${resolve('data')}/objects`,
    spoolDir: resolve('data/spool'),
    siteTimeZone: 'Asia/Ho_Chi_Minh',
    studyQuietSeconds: 120,
    adminPassword: undefined,
    devices: [],
    roles: new Set(['archive', 'worker']),
  });
});

/** Names and defaults: the first two columns of the table below a heading. */
async function documented(path: string, heading: string): Promise<[string, string][]> {
  const text = await readFile(join(import.meta.dirname, '..', path), 'utf8');
  const section = text.split(/^#+ (?=.*$)/m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return section.split('\n').flatMap((line) => {
    const [, first = '', second = ''] = line.split('|');
    const names = [...first.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name as string);
    const defaults = second.split(/, /).map((each) => each.trim());
    return names.map((name, at): [string, string] => [name, defaults[at] ?? second.trim()]);
  });
}

test('the README and docs/operations.md have every setting once, those that are a word or a number with their default', async () => {
  const inReadme = await documented('README.md', 'Settings');
  const inOperations = await documented('docs/operations.md', 'Limits');
  expect([...inReadme, ...inOperations].map(([name]) => name).toSorted()).toEqual(Object.keys(variables).toSorted());
  const { http, dimse, datasetBytes, siteTimeZone, studyQuietSeconds, accessLogBytes, roles } = readSettings({});
  expect(Object.fromEntries(inReadme)).toMatchObject({
    HTTP_HOST: `\`${http.host}\``,
    HTTP_PORT: `\`${http.port}\``,
    DIMSE_HOST: `\`${dimse.host}\``,
    DIMSE_PORT: `\`${dimse.port}\``,
    AE_TITLE: `\`${dimse.aeTitle}\``,
    SITE_TIME_ZONE: `\`${siteTimeZone}\``,
    STUDY_QUIET_SECONDS: `\`${studyQuietSeconds}\``,
    ACCESS_LOG_MIB: `\`${accessLogBytes / 1024 ** 2}\``,
    ROLES: `\`${[...roles].join(',')}\``,
  });
  expect(Object.fromEntries(inOperations)).toMatchObject({
    DIMSE_ASSOCIATIONS: String(dimse.limits.associations),
    DIMSE_DEVICE_ASSOCIATIONS: String(dimse.associationsPerDevice),
    DIMSE_PDU_KIB: String(dimse.limits.announcedPduBytes / 1024),
    DIMSE_OPERATIONS: String(dimse.limits.operationsPerformed),
    DIMSE_IDLE_SECONDS: String(dimse.limits.idleAssociationMs / 1000),
    DIMSE_ARTIM_SECONDS: String(dimse.limits.artimMs / 1000),
    DATASET_MIB: String(datasetBytes / 1024 ** 2),
  });
});

test('an empty value is the same as none', () => {
  expect(readSettings({ HTTP_PORT: '', DEVICES: '', ADMIN_PASSWORD: '' })).toEqual(readSettings({}));
});

test('everything that DATA_DIR decides by default lies in it', () => {
  const { dataDir, storageUrl, spoolDir } = readSettings({ DATA_DIR: '/srv/ảnh' });
  expect({ dataDir, storageUrl, spoolDir }).toEqual({
    dataDir: '/srv/ảnh',
    storageUrl: 'file:///srv/%E1%BA%A3nh/objects',
    spoolDir: '/srv/ảnh/spool',
  });
});

test('callers from this machine are trusted only while nobody else can reach the DICOM port, unless it is said', () => {
  expect(readSettings({ DIMSE_HOST: '127.0.0.5' }).dimse.trustLoopback).toBe(true);
  expect(readSettings({ DIMSE_HOST: '0.0.0.0' }).dimse.trustLoopback).toBe(false);
  expect(readSettings({ DIMSE_HOST: '0.0.0.0', DIMSE_TRUST_LOOPBACK: '1' }).dimse.trustLoopback).toBe(true);
  expect(readSettings({ DIMSE_TRUST_LOOPBACK: '0' }).dimse.trustLoopback).toBe(false);
});

test('devices are AE title, host and port', () => {
  expect(readSettings({ DEVICES: 'CT_1@10.0.0.7:104, MR ROOM@mr.example:11112,US@[fe80::1]:104,' }).devices).toEqual([
    { aeTitle: 'CT_1', host: '10.0.0.7', port: 104 },
    { aeTitle: 'MR ROOM', host: 'mr.example', port: 11112 },
    { aeTitle: 'US', host: 'fe80::1', port: 104 },
  ]);
});

test('proxies are a number or addresses', () => {
  expect(readSettings({ PROXY_PROTOCOL: 'fd00::/8, 10.0.0.5' }).proxyProtocol).toEqual(['fd00::/8', '10.0.0.5']);
  expect(readSettings({ CORS_ORIGINS: 'https://ohif.example, http://10.0.0.5:3000' }).corsOrigins).toEqual([
    'https://ohif.example',
    'http://10.0.0.5:3000',
  ]);
  for (const wrong of ['*', 'null', 'ohif.example', 'https://ohif.example/', 'https://*.example', 'https://a.example,'])
    expect(() => readSettings({ CORS_ORIGINS: wrong }), wrong).toThrow('CORS_ORIGINS');
  expect(readSettings({ TRUST_PROXY: '2' }).trustProxy).toBe(2);
  expect(readSettings({ TRUST_PROXY: 'loopback, 10.0.0.0/8' }).trustProxy).toEqual(['loopback', '10.0.0.0/8']);
});

test.each([
  [{ HTTP_PORT: '80a' }, 'HTTP_PORT is "80a"; expected a TCP port, 0 to 65535 (0: any free one).'],
  [{ DIMSE_PORT: '65536' }, 'DIMSE_PORT is "65536"; expected a TCP port, 0 to 65535 (0: any free one).'],
  [
    { AE_TITLE: 'SEVENTEEN LETTERS' },
    'AE_TITLE is "SEVENTEEN LETTERS"; expected 1 to 16 ASCII characters without backslash.',
  ],
  [{ SITE_TIME_ZONE: 'Hanoi' }, 'SITE_TIME_ZONE is "Hanoi"; expected a time zone such as Asia/Ho_Chi_Minh.'],
  [{ ROLES: 'archive,viewer' }, 'ROLES is "archive,viewer"; expected archive, worker, or archive,worker.'],
  [{ DEVICES: 'CT@10.0.0.7' }, 'DEVICES is "CT@10.0.0.7"; expected AET@host:port, several separated by commas.'],
  [{ DIMSE_TRUST_LOOPBACK: 'yes' }, 'DIMSE_TRUST_LOOPBACK is "yes"; expected 0 or 1.'],
  [
    { PROXY_PROTOCOL: '10.0.0.5, everybody' },
    'PROXY_PROTOCOL is "10.0.0.5, everybody"; expected IP addresses or networks of load balancers, separated by commas.',
  ],
  [
    { TRUST_PROXY: '10.0.0.0/99' },
    'TRUST_PROXY is "10.0.0.0/99"; expected the number of proxies, 1 to 10, or a list of IP addresses, networks or "loopback".',
  ],
  [
    { PUBLIC_URL: 'pacs.example' },
    'PUBLIC_URL is "pacs.example"; expected an http:// or https:// address without query, as browsers see it.',
  ],
  [
    { TLS_CERT: '/nowhere.pem' },
    'TLS_CERT is "/nowhere.pem"; expected a readable PEM file with the certificate chain.',
  ],
  [{ DIMSE_TLS_PORT: '2762' }, 'DIMSE_TLS_PORT is "2762"; expected TLS_CERT and TLS_KEY to be set too.'],
])('%j stops the start with one line', (environment, message) => {
  expect(refusal(environment)).toBe(message);
});

test.each([
  [{ ADMIN_PASSWORD: 'secret' }, 'ADMIN_PASSWORD is "****"; expected 8 to 128 characters.'],
  [
    { REDIS_URL: 'http://:secret@cache:6379' },
    'REDIS_URL is "http://:****@cache:6379"; expected redis:// or rediss://host:port.',
  ],
  [
    { STORAGE_URL: 's3://KEY:secret/with@signs@store:9000' },
    'STORAGE_URL is "s3://KEY:****@store:9000"; expected file:///path or s3://KEY:SECRET@host:port/bucket.',
  ],
  [
    { DATABASE_URL: 'mysql://root@db/x?password=secret' },
    'DATABASE_URL is "mysql://root@db/x?password=****"; expected postgres://user:password@host:port/database.',
  ],
])('a secret in %j is not shown', (environment, message) => {
  expect(refusal(environment)).toBe(message);
});

test('an address without a secret is shown as it is', () => {
  expect(maskAddress('s3://store:9000/bucket?region=x')).toBe('s3://store:9000/bucket?region=x');
});

test('a secret is read from the file that NAME_FILE names, without its final line break', async () => {
  const path = join(directory, 'password');
  await writeFile(path, 'từ một tệp\n');
  expect(readSettings({ ADMIN_PASSWORD_FILE: path }).adminPassword).toBe('từ một tệp');
  expect(refusal({ ADMIN_PASSWORD_FILE: path, ADMIN_PASSWORD: 'another one' })).toBe(
    `ADMIN_PASSWORD_FILE is ${JSON.stringify(path)}; expected only one of ADMIN_PASSWORD and ADMIN_PASSWORD_FILE.`,
  );
  expect(refusal({ DATABASE_URL_FILE: '/nowhere' })).toBe('DATABASE_URL_FILE is "/nowhere"; expected a readable file.');
});

test('limits are read in the units of their names', () => {
  const { dimse, datasetBytes, accessLogBytes } = readSettings({
    DIMSE_ASSOCIATIONS: '10',
    DIMSE_DEVICE_ASSOCIATIONS: '2',
    DIMSE_PDU_KIB: '16',
    DIMSE_OPERATIONS: '4',
    DIMSE_IDLE_SECONDS: '60',
    DIMSE_ARTIM_SECONDS: '5',
    DATASET_MIB: '512',
    ACCESS_LOG_MIB: '20',
  });
  expect(accessLogBytes).toBe(20 * 1024 * 1024);
  expect(dimse.associationsPerDevice).toBe(2);
  expect(dimse.limits).toEqual({
    associations: 10,
    announcedPduBytes: 16_384,
    acceptedPduBytes: 1024 * 1024,
    operationsPerformed: 4,
    operationsInvoked: 4,
    idleAssociationMs: 60_000,
    artimMs: 5_000,
  });
  expect(dimse.outgoing).toEqual({ announcedPduBytes: 16_384, acceptedPduBytes: 1024 * 1024, artimMs: 5_000 });
  expect(readSettings({}).dimse.outgoing).not.toHaveProperty('artimMs');
  expect(datasetBytes).toBe(512 * 1024 * 1024);
  expect(refusal({ DIMSE_ASSOCIATIONS: '0' })).toMatch(/^DIMSE_ASSOCIATIONS is "0"; expected a whole number, 1 to /);
});
