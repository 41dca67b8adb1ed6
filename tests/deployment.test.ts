/**
 * What is delivered beside the program: the secrets, docker-compose.yml, haproxy in front of archives, the systemd unit. Each is
 * held to the real tool that reads it; containers are not started.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { encodeAssociateRequest } from '#dicom/network/associate-pdu.ts';
import { verificationRequest, WirePeer } from '#dicom/network/wire-peer.ts';
import { readSettings, type Settings } from '#settings/settings.ts';
import { type Role, variables } from '#settings/variables.ts';

import { adminPassword, authorization } from './durability/store-client.ts';
import { freePort } from './free-port.ts';
import { giveCluster } from './cluster-template.ts';
import { isInstalled } from './installed.ts';
import { killAll, type RunningLightbox, startLightbox, until } from './running-lightbox.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const packaged = (name: string) => join(root, 'packaging', name);
// Debian has it where only root looks.
const haproxy = ['haproxy', '/usr/sbin/haproxy'].find((program) => isInstalled(program, '-v'));
const lacks = (program: string) => (isInstalled(program) ? '' : `${program} is not installed`);
const [withoutCompose, withoutSystemd] = [lacks('docker-compose'), lacks('systemd-analyze')];
const withoutHaproxy = haproxy === undefined ? 'haproxy is not installed' : '';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-deployment-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** What a hospital may want other than it is. */
const chosen = {
  PUBLIC_URL: 'https://pacs.example.vn',
  AE_TITLE: 'HOSP',
  SITE_TIME_ZONE: 'Asia/Bangkok',
  STUDY_QUIET_SECONDS: '300',
  DEVICES: 'CT@10.0.0.9:104',
  DIMSE_ASSOCIATIONS: '50',
  DIMSE_DEVICE_ASSOCIATIONS: '20',
  DIMSE_PDU_KIB: '64',
  DIMSE_OPERATIONS: '4',
  DIMSE_IDLE_SECONDS: '120',
  DIMSE_ARTIM_SECONDS: '20',
  DATASET_MIB: '2048',
  ACCESS_LOG_MIB: '5000',
  CORS_ORIGINS: 'https://viewer.example',
};

/** Whether a program, in its own text, reads anything that a variable changes. */
function readsSetting(source: string, name: string, value: string): boolean {
  const flat = (settings: Settings) =>
    Object.entries(settings).flatMap(([key, part]: [string, unknown]) =>
      key === 'dimse'
        ? Object.entries(settings.dimse).map(([inner, one]: [string, unknown]) => [`dimse.${inner}`, one] as const)
        : [[key, part] as const],
    );
  const before = new Map<string, unknown>(flat(readSettings({})));
  const changed = flat(readSettings({ [name]: value })).filter(
    ([key, one]) => !isDeepStrictEqual(one, before.get(key)),
  );
  expect(changed, name).not.toEqual([]);
  const taken =
    /const \{([^}]*)\} = settings;/
      .exec(source)?.[1]
      ?.split(',')
      .map((one) => one.trim()) ?? [];
  return changed.some(([key]) =>
    key.startsWith('dimse.') ? source.includes(key) : taken.includes(key) || source.includes(`settings.${key}`),
  );
}

const makeSecrets = () => run(process.execPath, [join(root, 'lightbox.ts'), 'compose-secrets', directory]);

test('the secrets are made once, for their owner only; what is there stays', async () => {
  const path = join(directory, '.env');
  await writeFile(path, 'PUBLIC_URL=https://pacs.example.vn\nADMIN_PASSWORD=chosen by hand', { mode: 0o644 });
  await makeSecrets();
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const first = await readFile(path, 'utf8');
  expect(first).toMatch(
    /^PUBLIC_URL=https:\/\/pacs\.example\.vn\nADMIN_PASSWORD=chosen by hand\nDATABASE_PASSWORD=[0-9a-f]{48}\n/,
  );
  await makeSecrets();
  expect(await readFile(path, 'utf8')).toBe(first);
});

describe.skipIf(withoutCompose)(`docker-compose.yml${withoutCompose && ` (${withoutCompose})`}`, () => {
  const config = (file: string) =>
    run('docker-compose', ['--env-file', file, '--file', join(root, 'docker-compose.yml'), 'config'], {
      env: { PATH: process.env['PATH'] },
    });

  /** The environments of archives and workers, as Docker Compose makes them of a file of settings. */
  async function environments(file: string): Promise<Record<Role, Record<string, string>>> {
    const { stdout } = await config(file);
    const service = (name: Role) => new RegExp(`^  ${name}:\\n((?:    .*\\n)+)`, 'm').exec(stdout)?.[1] ?? '';
    const environment = (name: Role) => {
      const text = /^ {4}environment:\n((?: {6}.*\n)+)/m.exec(service(name))?.[1] ?? '';
      return Object.fromEntries(
        text.split('\n').flatMap((line) => {
          const [, key, value] = /^ {6}(\w+): ['"]?(.*?)['"]?$/.exec(line) ?? [];
          return key === undefined || value === undefined ? [] : [[key, value]];
        }),
      );
    };
    return { archive: environment('archive'), worker: environment('worker') };
  }

  test('is valid with the secrets, and gives archives and workers settings that they take', async () => {
    await makeSecrets();
    const made = await environments(join(directory, '.env'));
    for (const role of ['archive', 'worker'] as const) {
      const settings = readSettings(made[role]);
      expect(settings.roles).toEqual(new Set([role]));
      expect(settings.storageUrl).toMatch(/^s3:\/\/GK[0-9a-f]{32}:[0-9a-f]{64}@s3:3900\/images/);
      expect(settings.databaseUrl).toMatch(/^postgres:\/\/lightbox:[0-9a-f]{48}@postgres:5432\/lightbox$/);
      expect(settings.dimse.aeTitle).toBe('LIGHTBOX');
      if (role === 'archive') expect(settings.proxyProtocol).toEqual(['172.31.240.0/24']);
    }
  });

  test('the access record of an archive outlives its container, in a volume of the user that writes it', async () => {
    await makeSecrets();
    const { archive } = await environments(join(directory, '.env'));
    const { accessLogDir } = readSettings(archive);
    expect(accessLogDir).toBeDefined();
    const { stdout } = await config(join(directory, '.env'));
    const service = /^  archive:\n((?:    .*\n)+)/m.exec(stdout)?.[1];
    // docker-compose 1 and 2 write a volume in different ways.
    const mounted = new RegExp(
      `^ +- access-record:${accessLogDir}(:rw)?$|^ +source: access-record\n +target: ${accessLogDir}$`,
      'm',
    );
    expect(service).toMatch(mounted);
    expect(stdout).toMatch(/^volumes:\n(?: .*\n)*? {2}access-record:/m);
    // What is in the image there, and whose it is, is what a new volume begins with.
    const dockerfile = await readFile(join(root, 'Dockerfile'), 'utf8');
    expect(dockerfile).toMatch(new RegExp(`^RUN install --directory --owner=node .*${accessLogDir}\\b`, 'm'));
    expect(dockerfile).toMatch(/^USER node$/m);
  });

  test('what .env sets reaches each program that reads it', async () => {
    await makeSecrets();
    const file = join(directory, 'chosen.env');
    const lines = Object.entries(chosen).map(([name, value]) => `${name}=${value}\n`);
    await writeFile(file, `${await readFile(join(directory, '.env'), 'utf8')}\n${lines.join('')}`);
    const made = await environments(file);
    expect(made.archive).toMatchObject(chosen);

    const source = await readFile(join(root, 'worker/main.ts'), 'utf8');
    const read = Object.entries(chosen).filter(([name, value]) => readsSetting(source, name, value));
    expect(read.map(([name]) => name)).toEqual(expect.arrayContaining(['AE_TITLE', 'STUDY_QUIET_SECONDS']));
    expect(made.worker).toMatchObject(Object.fromEntries(read));
    // Each is there, but for what the image says, and files that would have to be mounted.
    const inImage = ['DATA_DIR', 'SPOOL_DIR', 'HTTP_HOST', 'HTTP_PORT', 'DIMSE_HOST', 'DIMSE_PORT'];
    const mounted = ['TLS_CERT', 'TLS_KEY', 'DIMSE_TLS_CA', 'DIMSE_TLS_PORT'];
    expect([...Object.keys(made.archive), ...inImage, ...mounted, 'DIMSE_TRUST_LOOPBACK'].toSorted()).toEqual(
      Object.keys(variables).toSorted(),
    );
  });

  test('without them it says how to make them', async () => {
    const empty = join(directory, 'empty.env');
    await appendFile(empty, '');
    await expect(config(empty)).rejects.toThrow(/lightbox compose-secrets/);
  });
});

test.skipIf(withoutSystemd)(`the systemd unit is one that systemd takes`, async () => {
  const unit = join(directory, 'lightbox.service');
  const text = await readFile(packaged('lightbox.service'), 'utf8');
  // Only the program is not where it will be.
  await writeFile(unit, text.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`));
  const { stdout, stderr } = await run('systemd-analyze', ['verify', unit]);
  expect(`${stdout}${stderr}`).toBe('');
});

test.skipIf(withoutSystemd)(
  'the systemd unit leaves the service little beyond the network and its own data',
  async () => {
    // Ends with another status than 0 where the exposure, in tenths of 0 to 10, is beyond it.
    await run('systemd-analyze', ['security', '--offline=true', '--threshold=25', packaged('lightbox.service')]);
  },
);

test.skipIf(process.getuid?.() !== 0)(
  'the command beside the service runs as its user, with its settings and on its data (as root)',
  async () => {
    const place = await mkdtemp(join(tmpdir(), 'lightbox-service-'));
    try {
      const [dataDir, settings, command] = ['data', 'lightbox.env', 'lightbox'].map((name) => join(place, name));
      await giveCluster(dataDir!);
      await run('chown', ['-R', 'nobody', place]);
      await writeFile(settings!, "DIMSE_PORT='a#b\\c'\n", { mode: 0o644 });
      const delivered = await readFile(packaged('lightbox'), 'utf8');
      const here = delivered
        .replaceAll('/opt/lightbox', root.replace(/\/$/, ''))
        .replaceAll('/var/lib/lightbox', dataDir!)
        .replaceAll('/etc/lightbox/lightbox.env', settings!)
        .replace('-u lightbox', '-u nobody');
      await writeFile(command!, here, { mode: 0o755 });
      await expect(run(command!, ['device', 'list'])).rejects.toThrow('DIMSE_PORT is "a#b\\\\c"; expected');
      await writeFile(settings!, 'DIMSE_PORT=104\n');
      expect((await run(command!, ['device', 'list'])).stdout).toMatch(/^AE title {2}Host and port/);
      const made = await stat(join(dataDir!, 'logs'));
      expect(made.uid).toBe((await stat(dataDir!)).uid);
      await writeFile(settings!, `DATA_DIR=${join(place, 'other')}\n`);
      await expect(run(command!, ['device', 'list'])).rejects.toThrow(
        `DATA_DIR is "${join(place, 'other')}"; expected`,
      );
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  },
);

describe.skipIf(withoutHaproxy)(`haproxy in front of an archive${withoutHaproxy && ` (${withoutHaproxy})`}`, () => {
  let lightbox: RunningLightbox;
  let balancer: ChildProcess;
  let web: string;
  let dicomPort: number;

  beforeAll(async () => {
    const dataDir = join(directory, 'data');
    const settings = { ADMIN_PASSWORD: adminPassword, ROLES: 'archive', DIMSE_TRUST_LOOPBACK: '0' };
    await giveCluster(dataDir);
    lightbox = await startLightbox({
      dataDir,
      settings: { ...settings, PROXY_PROTOCOL: '127.0.0.1', TRUST_PROXY: '1' },
    });
    const [http, dimse] = [new URL(lightbox.address).port, lightbox.dicom.split(':')[1] ?? ''];
    const webPort = await freePort();
    dicomPort = await freePort();
    const nobody = await freePort();
    // As it is delivered, but for names and ports, with an archive that has stopped and is still taken for a ready one. It calls from
    // 127.0.0.1; callers come from 127.0.0.2 below.
    const delivered = await readFile(packaged('haproxy.cfg'), 'utf8');
    const here = delivered
      .replace(/^resolvers containers\n(?: .*\n)+/m, '')
      .replace(/server-template archive 8 archive:(\d+)(.*) resolvers containers.*$/gm, (_, port, more: string) =>
        [
          `server stopped 127.0.0.1:${nobody} no-check`,
          port === '8080'
            ? `server archive 127.0.0.1:${http}`
            : `server archive 127.0.0.1:${dimse}${more.replace('8080', http)}`,
        ].join('\n  '),
      )
      .replace('bind :8080', `bind 127.0.0.1:${webPort}`)
      .replace('bind :11112', `bind 127.0.0.1:${dicomPort}`);
    await writeFile(join(directory, 'haproxy.cfg'), here);
    balancer = spawn(haproxy as string, ['-db', '-f', join(directory, 'haproxy.cfg')], { stdio: 'ignore' });
    web = `http://127.0.0.1:${webPort}/`;
    await until(async () => (await fetch(`${web}health/ready`).catch(() => undefined))?.status === 200);
  });
  afterAll(async () => {
    const ended = once(balancer, 'exit');
    balancer.kill();
    await ended;
    await lightbox.stop();
    await killAll(join(directory, 'data'));
  });

  interface Device {
    readonly aeTitle: string;
    readonly host: string;
    readonly id: number;
  }
  const devices = async () =>
    ((await (await fetch(`${web}api/devices`, { headers: { authorization } })).json()) as { devices: Device[] })
      .devices;

  const scanner = verificationRequest();
  /** Asks for an association from an address of this machine. @returns whether it was accepted */
  async function isAdmitted(localAddress: string): Promise<boolean> {
    const peer = new WirePeer(connect({ host: '127.0.0.1', port: dicomPort, localAddress }));
    peer.send(encodeAssociateRequest(scanner));
    const answer = await peer.next();
    peer.destroy();
    expect([2, 3]).toContain(answer?.type);
    return answer?.type === 2;
  }

  test('a scanner is known by its own address, and admitted by it', async () => {
    expect(await isAdmitted('127.0.0.2')).toBe(false);
    const waiting = (await devices()).find(({ aeTitle }) => aeTitle === scanner.callingAETitle.trim());
    expect(waiting?.host).toBe('127.0.0.2');
    const approve = { method: 'POST', headers: { authorization } };
    expect((await fetch(`${web}api/devices/${waiting?.id}/approve`, approve)).status).toBe(200);
    await until(() => isAdmitted('127.0.0.2'));
    expect(await isAdmitted('127.0.0.3')).toBe(false);
  });

  test('who is led to an archive that has just stopped is led to another one at once', async () => {
    for (let call = 0; call < 4; call++) {
      // An answer, whatever it is, comes from an archive.
      await isAdmitted('127.0.0.3');
      expect((await fetch(`${web}api/session`)).status).toBe(401);
    }
  });

  test('a browser logs in, and its pages may change things', async () => {
    const login = await fetch(`${web}api/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: new URL(web).origin },
      body: JSON.stringify({ name: 'admin', password: adminPassword }),
    });
    expect(login.status).toBe(200);
    const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect((await fetch(`${web}api/session`, { headers: { cookie } })).status).toBe(200);
  });
});
