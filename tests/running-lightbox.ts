/**
 * A whole Lightbox as a process group of its own, as `npm start` runs it, for tests that start, kill and stop one.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface StartOptions {
  readonly dataDir: string;
  /** Settings beyond DATA_DIR; the ports are free ones unless named here. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What is run instead of `lightbox.ts start`. */
  readonly entry?: readonly string[];
  /** A program, with its arguments, that runs Node and the entry as its child. */
  readonly under?: readonly string[];
  /** Another user to run it as. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

export interface Ended {
  readonly status: number | null;
  readonly output: string;
}

export interface RunningLightbox extends AsyncDisposable {
  readonly pid: number;
  /** `http://127.0.0.1:8080/` */
  readonly address: string;
  /** `LIGHTBOX@127.0.0.1:11112` */
  readonly dicom: string;
  /** Printed at the first start only. */
  readonly password: string | undefined;
  /** All that it has printed up to now. */
  output(): string;
  /** Resolves when the launcher has ended, by itself or by a signal. */
  readonly ended: Promise<Ended>;
  /** SIGTERM to the launcher. */
  stop(): Promise<Ended>;
}

/** All that a Lightbox gets of our environment: nobody's settings. */
const passedOn = Object.fromEntries(
  ['PATH', 'TMPDIR', 'NODE_COMPILE_CACHE'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }),
);

const lightbox = fileURLToPath(new URL('../lightbox.ts', import.meta.url));

/** Resolves when it says that it is ready. @throws Error with what it printed, when it ends instead */
export async function startLightbox(options: StartOptions): Promise<RunningLightbox> {
  const { child, lines, ended } = spawnLightbox(options);
  const { promise: ready, resolve } = Promise.withResolvers<'ready'>();
  child.stdout!.on('data', () => lines.some((line) => line.startsWith('Ctrl-C')) && resolve('ready'));
  const first = await Promise.race([ready, ended]);
  if (first !== 'ready') throw new Error(`Lightbox ended with status ${first.status}:\n${first.output}`);
  const after = (label: string) =>
    lines
      .find((line) => line.trim().startsWith(label))
      ?.trim()
      .slice(label.length)
      .trim();
  const stop = () => {
    child.kill('SIGTERM');
    return ended;
  };
  return {
    pid: child.pid!,
    address: after('Address:') ?? '',
    dicom: after('DICOM:') ?? '',
    password: after('Password:')?.split(' ')[0],
    output: () => lines.join('\n'),
    ended,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await killAll(options.dataDir);
    },
  };
}

/** Whether all is well, and which process is its archive. */
export async function healthOf({ address }: RunningLightbox): Promise<{ status: string; pid: number }> {
  const answer = await fetch(new URL('/health/ready', address));
  const { status, processes } = (await answer.json()) as {
    status: string;
    processes: { name: string; pid: number }[];
  };
  return { status, pid: processes.find(({ name }) => name === 'archive')!.pid };
}

/** For a start that is expected to fail. */
export function runLightbox(options: StartOptions): Promise<Ended> {
  return spawnLightbox(options).ended;
}

function spawnLightbox({ dataDir, settings, entry = [lightbox, 'start'], under = [], user }: StartOptions) {
  const [program, ...args] = [...under, process.execPath, ...entry] as [string, ...string[]];
  const child: ChildProcess = spawn(program, args, {
    env: { ...passedOn, DATA_DIR: dataDir, HTTP_PORT: '0', DIMSE_PORT: '0', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  });
  const lines: string[] = [];
  for (const output of [child.stdout!, child.stderr!])
    createInterface({ input: output }).on('line', (line) => lines.push(line));
  const ended = once(child, 'close').then(([status]): Ended => ({
    status: status as number | null,
    output: lines.join('\n'),
  }));
  return { child, lines, ended };
}

/**
 * Ids of every process that works for this data directory: launcher, programs, PostgreSQL and its guard. Tests look again and again,
 * at hundreds of processes: at once that takes a third of what it takes promise by promise.
 */
export function processesOf(dataDir: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.filter((pid) => worksFor(dataDir, pid)).map(Number);
}

function worksFor(dataDir: string, pid: string): boolean {
  try {
    if (readlinkSync(`/proc/${pid}/cwd`).startsWith(dataDir)) return true;
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`DATA_DIR=${dataDir}`);
  } catch {
    return false; // it has ended
  }
}

/** kill -9 of everything at once, and of what was only about to be started then. */
export async function killAll(dataDir: string): Promise<void> {
  await until(async () => {
    const left = processesOf(dataDir);
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself meanwhile.
      }
    }
    return left.length === 0;
  });
}

/** Asks again and again, for what no event tells us: the end of processes that are not ours. */
export async function until(condition: () => Promise<boolean>, withinMs = 120_000): Promise<void> {
  for (const end = Date.now() + withinMs; !(await condition()); await delay(50)) {
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${condition}`);
  }
}
