/**
 * Who we measure ourselves against, as BENCH_DIR/peers starts them: Orthanc with an empty index in SQLite, and DCMTK's dcmqrscp,
 * which speaks DIMSE only.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { accepts } from '#tests/accepts.ts';

import { BenchFailed } from './bench-failed.ts';

const run = promisify(execFile);

export interface Peer {
  /** Holds bench.mjs, limit.mjs and peers/orthanc.sh. */
  readonly tools: string;
  /** Where Orthanc is installed and keeps its data. */
  readonly directory: string;
}

export interface RunningPeer extends AsyncDisposable {
  /** As the tables call it. */
  readonly name: string;
  /** Whether what we promise ourselves (wanted.ts) is measured by this one. */
  readonly isMeasure: boolean;
  readonly dicom: string;
  readonly dicomweb?: string;
  readonly pid: number;
}

const dcmqrscpPort = 14104;

/** As orthanc.sh names them. The second is for when the first is in somebody's use. */
const kinds = [
  { kind: 'sqlite', aeTitle: 'ORTHANC', dicomPort: 14242, httpPort: 18042 },
  { kind: 'sqlite2', aeTitle: 'ORTHANC2', dicomPort: 14244, httpPort: 18044 },
] as const;

/** The tools of BENCH_DIR and what their peers/install.sh has put into PEERS_DIR; undefined where either is missing. */
export function findPeer(): Peer | undefined {
  const tools = process.env['BENCH_DIR'] ?? fileURLToPath(new URL('../../shared/bench', import.meta.url));
  const directory = process.env['PEERS_DIR'] ?? join(tmpdir(), 'pacs-peers');
  const program = join(directory, `chroot-${process.env['SUITE'] ?? 'sid'}`, 'usr/sbin/Orthanc');
  return existsSync(join(tools, 'bench.mjs')) && existsSync(program) ? { tools, directory } : undefined;
}

/** @throws BenchFailed when both run already */
export async function startOrthanc({ tools, directory }: Peer): Promise<RunningPeer> {
  const taken = await Promise.all(kinds.map(({ dicomPort }) => accepts(dicomPort)));
  const free = kinds.find((_, index) => !taken[index]);
  if (!free) throw new BenchFailed(`Ports ${kinds.map(({ dicomPort }) => dicomPort).join(' and ')} are taken.`);
  const { kind, aeTitle, dicomPort, httpPort } = free;
  const orthanc = (command: 'reset' | 'start' | 'pid') =>
    run(join(tools, 'peers/orthanc.sh'), [command, kind], { env: { ...process.env, PEERS_DIR: directory } });
  await orthanc('reset');
  await orthanc('start');
  const { stdout } = await orthanc('pid');
  return {
    name: 'Orthanc',
    isMeasure: true,
    dicom: `${aeTitle}@127.0.0.1:${dicomPort}`,
    dicomweb: `http://127.0.0.1:${httpPort}/dicom-web`,
    pid: Number(stdout),
    async [Symbol.asyncDispose]() {
      await orthanc('reset');
    },
  };
}

/** Whether DCMTK's archive is on this machine. */
export function hasDcmqrscp(): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'dcmqrscp')));
}

/** @throws BenchFailed when one runs already */
export async function startDcmqrscp({ tools, directory }: Peer): Promise<RunningPeer> {
  if (await accepts(dcmqrscpPort)) throw new BenchFailed(`Port ${dcmqrscpPort} is taken.`);
  const dcmqrscp = (command: 'reset' | 'start' | 'pid') =>
    run(join(tools, 'peers/dcmqrscp.sh'), [command], { env: { ...process.env, PEERS_DIR: directory } });
  await dcmqrscp('reset');
  await dcmqrscp('start');
  const { stdout } = await dcmqrscp('pid');
  return {
    name: 'dcmqrscp',
    isMeasure: false,
    dicom: `DCMQR@127.0.0.1:${dcmqrscpPort}`,
    pid: Number(stdout),
    async [Symbol.asyncDispose]() {
      await dcmqrscp('reset');
    },
  };
}
