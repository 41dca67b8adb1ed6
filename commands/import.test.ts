import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { fileHead } from '#dicom/file/file-meta.ts';
import { openDatabase } from '#index/database.ts';
import { secondaryCapture, smallInstance, type SmallInstance } from '#tests/dataset-bytes.ts';
import type { ProcessState } from '#settings/process-channel.ts';
import { giveCluster } from '#tests/cluster-template.ts';
import { isInstalled } from '#tests/installed.ts';
import { type RunningLightbox, startLightbox, until } from '#tests/running-lightbox.ts';

import { type Ran, runCommand } from './test-command-line.ts';

const withoutOpenssl = !isInstalled('openssl', 'version');

let dataDir: string;
let lightbox: RunningLightbox;
let directory: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'lightbox-import-'));
  // A port of its own choice: an archive that is started again must answer where it did.
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await giveCluster(dataDir);
  lightbox = await startLightbox({ dataDir, settings: { HTTP_PORT: String(port) } });
});
afterAll(async () => {
  await lightbox[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-files-'));
  return () => rm(directory, { recursive: true, force: true });
});

const importFiles = (settings: Record<string, string> = {}): Promise<Ran> =>
  runCommand({ DATA_DIR: dataDir, ...settings }, 'import', directory);

async function rows<T extends object>(text: string): Promise<T[]> {
  const { databaseUrl } = JSON.parse(await readFile(join(dataDir, 'run.json'), 'utf8')) as { databaseUrl: string };
  await using database = openDatabase(databaseUrl, { max: 1, applicationName: 'test' });
  return (await database.pool.query<T>(text)).rows;
}

function part10(of: SmallInstance = {}, SOPInstanceUID = of.instance ?? '1.2.3.4.5'): Buffer {
  const meta = {
    MediaStorageSOPClassUID: secondaryCapture,
    MediaStorageSOPInstanceUID: SOPInstanceUID,
    TransferSyntaxUID: '1.2.840.10008.1.2.1',
  };
  return Buffer.concat([fileHead(meta), smallInstance(of)]);
}

async function write(files: Readonly<Record<string, Buffer | string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(directory, name, '..'), { recursive: true });
    await writeFile(join(directory, name), content);
  }
}

test('every instance below the directory is stored, what is none is named, and a second run changes nothing', async () => {
  await write({
    'CT/1': part10({ instance: '1.1' }),
    'CT/2.dcm': part10({ instance: '1.2' }),
    'a name with “quotes” 片.dcm': part10({ instance: '1.3' }),
    'bare-data-set': smallInstance({ instance: '1.4' }),
    'README.txt': 'Wired Health Imaging\n',
    'begins-like-one.bin': Buffer.concat([Buffer.from([8, 0, 5, 0, 4, 0, 0, 0]), Buffer.alloc(3000, 0xe7)]),
    empty: '',
  });
  await symlink(join(directory, 'CT/1'), join(directory, 'link-to-a-file'));
  await symlink(directory, join(directory, 'CT/link-to-a-circle'));
  const first = await importFiles();
  expect(first.err).toBe('');
  expect(first.out.split('\n').slice(0, 3).sort()).toEqual([
    `passed over: ${join(directory, 'README.txt')}  not a DICOM file`,
    `passed over: ${join(directory, 'begins-like-one.bin')}  not a DICOM file`,
    `passed over: ${join(directory, 'empty')}  not a DICOM file`,
  ]);
  expect(first.out).toContain('  5 instances stored, or there already\n  3 files passed over: not DICOM\n');
  expect(first.status).toBe(0);
  const stored = () =>
    rows(`SELECT sop_instance_uid, key FROM index.instance WHERE sop_instance_uid LIKE '1._' ORDER BY 1`);
  const before = await stored();
  expect(before).toHaveLength(4);
  expect((await importFiles()).status).toBe(0);
  expect(await stored()).toEqual(before);
});

test('a file that is refused is named with the reason, costs no other file, and makes the status 1', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 120 }, (_, n) => [
      `${1000 + n}`,
      part10({ study: '2.1', series: '2.1.1', instance: `2.1.1.${n}` }),
    ]),
  );
  await write({
    ...files,
    '1050-no-study': part10({ study: '', instance: '2.2' }),
    '1051-cut-off': part10({ instance: '2.3' }).subarray(0, -10),
    '1052-other-uid-in-meta': part10({ study: '2.1', series: '2.1.1', instance: '2.4' }, '2.1.1.7'),
    '1053-cut-in-meta': part10().subarray(0, 200),
  });
  const { status, out } = await importFiles();
  expect(out.split('\n').slice(0, 3).sort()).toEqual([
    `failed: ${join(directory, '1050-no-study')}  A900: its Study, Series or SOP Instance UID is missing or wrong`,
    `failed: ${join(directory, '1051-cut-off')}  C000: its data set cannot be understood`,
    expect.stringMatching('1053-cut-in-meta  .*the file ends inside its meta information'),
  ]);
  expect(out).toContain('  121 instances stored, or there already\n  3 files failed, as listed above\n');
  expect(status).toBe(1);
  expect(await rows(`SELECT number_of_instances FROM index.study WHERE study_instance_uid = '2.1'`)).toEqual([
    { number_of_instances: 121 },
  ]);
});

test('names in whatever encoding are opened as they are, and what cannot be looked into costs nothing else', async () => {
  // "ảnh" in TCVN3, and what has no end of links.
  const named = Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0xb6, 0x6e, 0x68])]);
  await mkdir(named);
  await writeFile(Buffer.concat([named, Buffer.from('/'), Buffer.from([0xe9, 0xff])]), part10({ instance: '1.71' }));
  await write({ 'z.dcm': part10({ instance: '1.72' }) });
  await symlink('itself', join(directory, 'itself'));
  await symlink('/nowhere/at/all', join(directory, 'nowhere'));
  const { status, out } = await importFiles();
  expect(out).toContain('2 instances stored');
  expect(status).toBe(0);
});

test('the token it made is revoked at the end, also after Ctrl-C', async () => {
  await write({ '1': part10({ instance: '3.1' }) });
  expect((await importFiles()).status).toBe(0);
  const many = Object.fromEntries(
    Array.from({ length: 400 }, (_, n) => [`${n}`, part10({ study: '3', instance: `3.${n}` })]),
  );
  await write(many);
  const script = fileURLToPath(new URL('../lightbox.ts', import.meta.url));
  const child = spawn(process.execPath, [script, 'import', directory], { env: { ...process.env, DATA_DIR: dataDir } });
  let out = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  for (;;) {
    const [{ count } = { count: 0 }] = await rows<{ count: number }>(
      `SELECT count(*) AS count FROM site.token WHERE revoked_at IS NULL`,
    );
    if (count > 0) break;
  }
  child.kill('SIGINT');
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(out).toContain('Interrupted; import again to go on.');
  expect(await rows('SELECT name FROM site.token WHERE revoked_at IS NULL')).toEqual([]);
  expect(await rows(`SELECT DISTINCT rights FROM site.token WHERE name LIKE 'import %'`)).toEqual([
    { rights: ['store'] },
  ]);
});

test('an archive that is killed on the way is waited for, and nothing is left out', async () => {
  const names = Array.from({ length: 500 }, (_, n) => `4.1.1.${n}`);
  await write(Object.fromEntries(names.map((instance) => [instance, part10({ study: '4', series: '4.1', instance })])));
  const health = (await (await fetch(`${lightbox.address}health/ready`)).json()) as { processes: ProcessState[] };
  const archive = health.processes.find(({ name }) => name === 'archive')?.pid as number;
  const importing = importFiles();
  const stored = () =>
    rows<{ count: number }>(`SELECT count(*) AS count FROM index.instance WHERE sop_instance_uid LIKE '4.1.1.%'`);
  await until(async () => (await stored())[0]!.count > 0);
  process.kill(archive, 'SIGKILL');
  const { status, out } = await importing;
  expect([status, out]).toEqual([0, expect.stringContaining('  500 instances stored, or there already\n')]);
  expect(await stored()).toEqual([{ count: 500 }]);
});

test('a directory that is none, or none at all, is said in one line', async () => {
  const missing = await runCommand({ DATA_DIR: dataDir }, 'import', join(directory, 'missing'));
  expect(missing).toEqual({
    status: 1,
    out: '',
    err: `${join(directory, 'missing')} is not a directory that can be read.\n`,
  });
  expect((await runCommand({ DATA_DIR: dataDir }, 'import')).status).toBe(2);
});

test('without a running Lightbox it says so and what to do', async () => {
  const { status, err } = await importFiles({ DATA_DIR: join(directory, 'nothing') });
  expect(status).toBe(1);
  expect(err).toBe(
    `No Lightbox is running on DATA_DIR ${join(directory, 'nothing')}; start it ("npm start"), or give the DATA_DIR of the one that runs, and import again.\n`,
  );
});

test.skipIf(withoutOpenssl)('over TLS it trusts the certificate of the settings and no other', async () => {
  const certificate = (name: string) => {
    const [TLS_CERT, TLS_KEY] = [join(directory, `${name}.pem`), join(directory, `${name}.key`)];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-subj',
        `/CN=${name}`,
        '-days',
        '2',
        '-keyout',
        TLS_KEY,
        '-out',
        TLS_CERT,
      ],
      { stdio: 'ignore' },
    );
    return { TLS_CERT, TLS_KEY };
  };
  const ours = certificate('pacs.example');
  const secure = await mkdtemp(join(tmpdir(), 'lightbox-import-tls-'));
  try {
    await giveCluster(secure);
    await using _running = await startLightbox({ dataDir: secure, settings: ours });
    await write({ '1': part10() });
    const stored = await importFiles({ DATA_DIR: secure, ...ours });
    expect([stored.status, stored.out]).toEqual([0, expect.stringContaining('  1 instance stored')]);
    const trusting = await importFiles({ DATA_DIR: secure, ...certificate('another.example') });
    expect([trusting.status, trusting.err]).toEqual([1, expect.stringContaining('certificate')]);
    const without = await importFiles({ DATA_DIR: secure });
    expect([without.status, without.err]).toEqual([1, expect.stringContaining('set TLS_CERT and TLS_KEY')]);
  } finally {
    await rm(secure, { recursive: true, force: true });
  }
});
