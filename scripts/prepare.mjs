/**
 * Before `npm start`, `npm test` and `npm run check`: installs what is missing and builds the viewer when it is out of date.
 * Plain JavaScript without packages, because it runs on whatever Node (from 20 on) is there, before anything is installed.
 * Says nothing when there is nothing to do. With --test it also looks for the peers that the tests talk to.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const at = (...path) => join(root, ...path);
const ourNode = at('node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** What the tests talk to: any one of these commands shows that it is there, or all of them; and the packages that bring it. */
const peers = [
  { what: 'DCMTK', any: ['storescu'], debian: 'dcmtk', homebrew: 'dcmtk' },
  {
    what: 'Chromium',
    any: ['chromium', 'chromium-browser', 'google-chrome'],
    debian: 'chromium chromium-headless-shell',
    homebrew: '--cask chromium',
  },
  { what: 'Firefox', any: ['firefox-esr', 'firefox'], debian: 'firefox-esr', homebrew: '--cask firefox' },
  { what: 'WebKit (the engine of Safari)', all: ['WebKitWebDriver', 'Xvfb'], debian: 'webkit2gtk-driver xvfb' },
  { what: 'WPE WebKit (in Debian 12 that of Safari 16)', all: ['WPEWebDriver', 'cog'], debian: 'wpewebkit-driver cog' },
  { what: 'Redis', any: ['redis-server'], debian: 'redis-server', homebrew: 'redis' },
  // The S3 server, unless TEST_S3_URL names another one.
  ...(process.env.TEST_S3_URL
    ? []
    : [
        {
          what: 'radosgw (an S3 server)',
          all: ['ceph', 'ceph-mon', 'ceph-osd', 'radosgw'],
          debian: 'ceph-common ceph-mon ceph-osd radosgw',
        },
      ]),
  { what: 'OpenSSL', any: ['openssl'], debian: 'openssl', homebrew: 'openssl' },
  { what: 'strace', any: ['strace'], debian: 'strace' },
  { what: 'haproxy', any: ['haproxy', '/usr/sbin/haproxy'], debian: 'haproxy', homebrew: 'haproxy' },
  { what: 'Docker Compose', any: ['docker-compose'], debian: 'docker-compose', homebrew: 'docker-compose' },
  { what: 'dicom3tools', any: ['dciodvfy'], debian: 'dicom3tools' },
  { what: 'Orthanc', any: ['Orthanc', '/usr/sbin/Orthanc'], debian: 'orthanc' },
  { what: 'Python', any: ['python3'], debian: 'python3', homebrew: 'python3' },
  { what: 'pydicom', any: ['pydicom'], debian: 'python3-pydicom' },
];

refuseName();
installPackages();
buildViewer();
if (process.argv.includes('--test')) findPeers();

/** Vite takes these for parts of an address, or for places in a pattern, and then does not find our files. */
function refuseName() {
  const found = /[#?$]/.exec(root)?.[0];
  if (found === undefined) return;
  fail(
    `The viewer cannot be built in ${root}: there is a "${found}" in the name. Move or rename the directory, then start again.\n` +
      `Không dựng được phần xem ảnh trong ${root}: tên thư mục có ký tự "${found}". Hãy chuyển hoặc đổi tên thư mục rồi chạy lại.`,
  );
}

function installPackages() {
  const installed = changedAt(at('node_modules', '.package-lock.json'));
  if (installed >= changedAt(at('package-lock.json')) && existsSync(ourNode)) return;
  say('Installing packages…');
  // --include=dev: Vite, which builds the viewer, is wanted also where NODE_ENV says "production".
  npm('ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error');
  if (existsSync(ourNode)) return;
  fail(
    'npm did not run the install script of package "node". Run `npm rebuild --ignore-scripts=false`, then try again.',
  );
}

function npm(...args) {
  // Under npm, the very npm that runs us; by hand, the one on PATH.
  const cli = process.env.npm_execpath;
  const byScript = cli?.endsWith('.js');
  const [command, ...all] = byScript ? [process.execPath, cli, ...args] : ['npm', ...args];
  const { status } = spawnSync(command, all, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    // On Windows npm is a script of cmd, which would cut the way to Node.js at its first blank ("C:\\Program Files").
    shell: process.platform === 'win32' && !byScript,
  });
  if (status !== 0) fail(`npm ${args[0]} failed (status ${status}). Is the npm registry reachable?`);
}

function buildViewer() {
  if (!existsSync(at('vite.config.ts'))) return;
  const stamp = at('dist', 'viewer.built');
  const sources = ['viewer', 'dicom', 'vite.config.ts', 'package-lock.json'].map((path) => newest(at(path)));
  if (existsSync(at('dist', 'viewer', 'index.html')) && changedAt(stamp) >= Math.max(...sources)) return;
  say('Building the viewer…');
  const startedAt = new Date();
  const vite = at('node_modules', 'vite', 'bin', 'vite.js');
  const { status } = spawnSync(ourNode, [vite, 'build', '--logLevel', 'error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) fail(`The viewer could not be built (status ${status}).`);
  mkdirSync(at('dist'), { recursive: true });
  writeFileSync(stamp, `${startedAt.toISOString()}\n`);
}

function findPeers() {
  const missing = peers.filter((peer) => !isThere(peer));
  if (missing.length === 0) return;
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    const packages = missing.flatMap(({ debian }) => debian.split(' '));
    say(`Installing ${packages.join(', ')}…`);
    apt('update', '-qq');
    apt('install', '-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...packages);
  }
  for (const peer of missing.filter((peer) => !isThere(peer))) {
    const { what, debian, homebrew } = peer;
    const how =
      process.platform === 'darwin' ? homebrew && `brew install ${homebrew}` : `sudo apt-get install ${debian}`;
    say(
      `Missing: ${what}. Its tests are skipped. ${how ? `Install it with: ${how}` : 'It does not exist for this system.'}`,
    );
  }
}

function isThere({ any, all }) {
  return any ? any.some(isOnPath) : all.every(isOnPath);
}

function apt(...args) {
  // What apt prints is of interest only when it fails.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, stdout, stderr } = spawnSync('apt-get', args, {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) say(`apt-get ${args[0]} failed: ${`${stdout}${stderr}`.trim().split('\n').slice(-5).join('\n')}`);
}

function isOnPath(command) {
  if (command.startsWith('/')) return existsSync(command);
  return (process.env.PATH ?? '').split(delimiter).some((directory) => existsSync(join(directory, command)));
}

function changedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** When the youngest file under `path` was changed; a removed one shows in its directory. */
function newest(path) {
  const self = changedAt(path);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return self;
  return Math.max(self, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

function fail(line) {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}
