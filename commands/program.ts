/**
 * One program of the process group (archive, worker): a Node process of its own that the launcher starts, listens to,
 * starts again when it crashes, and stops.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

import { healthyAfterMs, restartDelayMs } from '#settings/backoff.ts';
import { type Addresses, type FromLauncher, fromProgram, type ProcessState } from '#settings/process-channel.ts';

/** A program that cannot start; the message is one line for the person who started us. */
class ProgramFailed extends Error {
  override name = 'ProgramFailed';
}

export interface ProgramOptions {
  readonly name: string;
  /** Path of its main file. */
  readonly script: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Of V8's old generation; buffers are beside it. */
  readonly heapMiB: number;
  /** A port that is taken is tried again until then (`performance.now()`): its owner was killed and is about to end. */
  readonly busyPortUntil: number;
  readonly onLine: (line: string) => void;
  readonly onState: () => void;
  readonly onAdminPassword: (password: string) => void;
}

/**
 * V8's young generation. Pieces read from sockets die young: a small one is collected often and cheaply, before they
 * are taken for old and the whole heap is marked on their account (measured: a third of the archive's CPU).
 */
const youngMiB = 1;
const busyPortRetryMs = 200;
/** How often a program may crash before it was ever ready. */
const startAttempts = 3;

type Outcome =
  | { readonly kind: 'ready'; readonly addresses: Addresses }
  | { readonly kind: 'failed'; readonly message: string; readonly busyPort: boolean }
  | { readonly kind: 'ended'; readonly how: string };

export class Program {
  readonly #options: ProgramOptions;
  #child: ChildProcess | undefined;
  #state: ProcessState['state'] = 'starting';
  #failures = 0;
  #restart: NodeJS.Timeout | undefined;
  #stopping = false;
  #lastLine = '';

  constructor(options: ProgramOptions) {
    this.#options = options;
  }

  get state(): ProcessState {
    return { name: this.#options.name, pid: this.#child?.pid ?? null, state: this.#state };
  }

  /** Resolves when the program is ready for the first time; from then on it is kept running. @throws ProgramFailed */
  async start(): Promise<Addresses> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#run('starting');
      if (outcome.kind === 'ready') return outcome.addresses;
      if (outcome.kind === 'failed' && outcome.busyPort && performance.now() < this.#options.busyPortUntil)
        await delay(busyPortRetryMs);
      else if (outcome.kind === 'failed') throw new ProgramFailed(outcome.message);
      if (this.#stopping) throw new ProgramFailed(`${this.#options.name} was stopped while it started.`);
      if (outcome.kind === 'ended' && attempt >= startAttempts) {
        throw new ProgramFailed(`${this.#options.name} ${outcome.how} while it started: ${this.#lastLine}`);
      }
    }
  }

  tell(message: FromLauncher): void {
    // A program that has just ended cannot be told; its end is handled where it is noticed.
    if (this.#child?.connected) this.#child.send(message, () => {});
  }

  /** Asks it to drain and end; after `withinMs` it is killed. */
  async stop(withinMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child) {
      this.#become('stopping');
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      child.once('exit', () => resolve());
      // It has just crashed: who it started may hold its output open, and it is not closed yet.
      if ((child.exitCode ?? child.signalCode) !== null) resolve();
      this.tell({ type: 'stop' });
      const kill = setTimeout(() => child.kill('SIGKILL'), withinMs);
      await ended;
      clearTimeout(kill);
    }
    this.#become('stopped');
  }

  /** Starts the process once. Resolves when it is ready, or has ended without having been. */
  #run(state: 'starting' | 'restarting'): Promise<Outcome> {
    const { script, environment, heapMiB, onLine, onAdminPassword } = this.#options;
    const startedAt = performance.now();
    // Detached: a Ctrl-C at the terminal reaches the launcher only, which then stops everything in order.
    const child = fork(script, [], {
      execArgv: [`--max-old-space-size=${heapMiB}`, `--max-semi-space-size=${youngMiB}`],
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    this.#become(state);
    for (const output of [child.stdout, child.stderr]) {
      readLines(output, (line) => {
        this.#lastLine = line;
        onLine(line);
      });
    }
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    let ready = false;
    let failed: Outcome | undefined;
    child.on('message', (message) => {
      const said = fromProgram.parse(message);
      if (said.type === 'admin-password') onAdminPassword(said.password);
      else if (said.type === 'failed') failed = { kind: 'failed', message: said.message, busyPort: said.busyPort };
      else {
        ready = true;
        this.#become('running');
        resolve({ kind: 'ready', addresses: said.addresses });
      }
    });
    const ended = (how: string) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      resolve(failed ?? { kind: 'ended', how });
      if (ready && !this.#stopping) this.#crashed(how, startedAt);
    };
    child.once('error', (error) => {
      if (child.pid === undefined) ended(`cannot be started (${error.message})`);
    });
    // "close", not "exit": its last words are read by then.
    child.once('close', (code, signal) => ended(signal ? endedBy(signal) : `ended with status ${code}`));
    return promise;
  }

  #crashed(how: string, startedAt: number): void {
    this.#failures = performance.now() - startedAt > healthyAfterMs ? 1 : this.#failures + 1;
    const delayMs = restartDelayMs(this.#failures);
    this.#options.onLine(`${how}; it is started again in ${delayMs / 1000} s`);
    this.#become('restarting');
    this.#restart = setTimeout(() => void this.#again(), delayMs);
  }

  async #again(): Promise<void> {
    const startedAt = performance.now();
    const outcome = await this.#run('restarting');
    if (outcome.kind !== 'ready' && !this.#stopping) {
      this.#crashed(outcome.kind === 'failed' ? `cannot start: ${outcome.message}` : outcome.how, startedAt);
    }
  }

  #become(state: ProcessState['state']): void {
    this.#state = state;
    this.#options.onState();
  }
}

/** We send SIGKILL only to what we stop. */
function endedBy(signal: NodeJS.Signals): string {
  const hint = signal === 'SIGKILL' ? ', as the system does where memory runs out (dmesg tells)' : '';
  return `was ended by ${signal}${hint}`;
}

function readLines(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream) createInterface({ input: stream }).on('line', onLine);
}
