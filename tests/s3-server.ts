/**
 * An S3 server for tests: the one that TEST_S3_URL names, or radosgw, the object gateway of Ceph, with everything in memory.
 * A monitor, one storage daemon and the gateway on free ports of this machine; one directory holds all that they write.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { accepts } from './accepts.ts';
import { freePort } from './free-port.ts';
import { isInstalled } from './installed.ts';

const given = process.env['TEST_S3_URL'];
const programs = ['monmaptool', 'ceph', 'ceph-mon', 'ceph-osd', 'radosgw', 'radosgw-admin'];
const missing = given ? [] : programs.filter((program) => !isInstalled(program));

/** Why there is no S3 server to test with; empty when there is one. */
export const withoutS3 = missing.length > 0 ? `TEST_S3_URL is not set and ${missing.join(', ')} is not installed` : '';

/** What a start takes on a busy machine, with much to spare. */
export const s3StartMs = 180_000;

export interface S3Server extends AsyncDisposable {
  /** `s3://KEY:SECRET@host:port/bucket?…`, as STORAGE_URL has it. The bucket is not there yet. */
  readonly url: string;
}

/** Its address with a bucket of its own: the server may be one that others use too. */
export function ownBucket({ url }: S3Server): string {
  return url.replace(/\/?(\?|$)/, `-${randomBytes(6).toString('hex')}$1`);
}

export async function startS3Server(): Promise<S3Server> {
  if (given) return { url: given, async [Symbol.asyncDispose]() {} };
  const server = new ObjectGateway(await mkdtemp(join(tmpdir(), 'lightbox-s3-')));
  try {
    await server.start();
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return server;
}

class ObjectGateway implements S3Server {
  url = '';
  readonly #directory: string;
  readonly #daemons: ChildProcess[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  async start(): Promise<void> {
    const [monitor, gateway] = [await freePort(), await freePort()];
    const id = randomUUID();
    const at = (name: string) => join(this.#directory, name);
    await mkdir(at('osd'));
    await writeFile(at('ceph.conf'), configuration(this.#directory, { id, monitor, gateway }));

    await this.#run('monmaptool', '--create', '--addv', 'a', `[v1:127.0.0.1:${monitor}]`, '--fsid', id, at('monmap'));
    await this.#run('ceph-mon', '--mkfs', '-i', 'a', '--monmap', at('monmap'));
    this.#keepRunning('ceph-mon', '-i', 'a');
    const osd = (await this.#run('ceph', 'osd', 'create')).trim();
    await this.#run('ceph-osd', '-i', osd, '--mkfs');
    this.#keepRunning('ceph-osd', '-i', osd);
    await this.#run('ceph', 'osd', 'crush', 'add', `osd.${osd}`, '1', 'root=default', 'host=localhost');
    this.#keepRunning('radosgw', '-n', 'client.rgw');
    await this.#answersOn(gateway);
    const user = ['--uid=lightbox', '--display-name=lightbox', '--access-key=lightbox', '--secret=not/a+secret'];
    await this.#run('radosgw-admin', 'user', 'create', ...user);
    this.url = `s3://lightbox:not/a+secret@127.0.0.1:${gateway}/images?tls=0`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing of it is kept, so nothing is waited for.
    for (const daemon of this.#daemons.filter(isRunning)) {
      daemon.kill('SIGKILL');
      await once(daemon, 'exit');
    }
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** @returns what it printed */
  async #run(program: string, ...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(program, [...this.#configured(), ...args], { timeout: s3StartMs });
    return stdout;
  }

  #keepRunning(program: string, ...args: string[]): void {
    const options = [...this.#configured(), '--foreground', '--log-file', this.#logOf(program)];
    this.#daemons.push(spawn(program, [...options, ...args], { stdio: 'ignore' }));
  }

  #configured(): string[] {
    return ['-c', join(this.#directory, 'ceph.conf')];
  }

  /** No daemon tells when it listens. @throws Error with the end of its log when one ends instead */
  async #answersOn(port: number): Promise<void> {
    while (!(await accepts(port))) {
      const ended = this.#daemons.find((daemon) => !isRunning(daemon));
      if (ended) {
        const log = await readFile(this.#logOf(ended.spawnfile), 'utf8').catch(() => '');
        const how = ended.signalCode ?? `status ${ended.exitCode}`;
        throw new Error(`${ended.spawnfile} ended (${how}): ${log.slice(-4_000)}`);
      }
      await delay(100);
    }
  }

  #logOf(program: string): string {
    return join(this.#directory, `${program}.log`);
  }
}

/**
 * Small, without redundancy, and without login between its parts: all of them are on this machine. The storage daemon tells
 * the monitor nothing of itself at its start: now and then it does so before it knows which cluster it is in, and ends.
 */
function configuration(directory: string, { id, monitor, gateway }: { id: string; monitor: number; gateway: number }) {
  return `[global]
fsid = ${id}
mon host = [v1:127.0.0.1:${monitor}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
ms bind msgr2 = false
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd crush update on start = false
osd class update on start = false
mon allow pool size one = true
mon max pg per osd = 500
osd objectstore = memstore
memstore device bytes = ${4 * 1024 ** 3}
osd memory target = 939524096
run dir = ${directory}
admin socket = ${directory}/$name.$pid.asok
pid file = ${directory}/$name.pid
log file = ${directory}/tools.log
mon data = ${directory}/mon
osd data = ${directory}/osd
rgw data = ${directory}/rgw
rgw frontends = beast endpoint=127.0.0.1:${gateway}
`;
}

function isRunning(daemon: ChildProcess): boolean {
  return daemon.exitCode === null && daemon.signalCode === null;
}
