/**
 * The PostgreSQL that comes along: starts it on DATA_DIR, starts it again when it crashes, stops it with us.
 * It runs in a session of its own, so that a Ctrl-C meant for us does not end it before the archive has drained.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { healthyAfterMs, restartDelayMs } from '#settings/backoff.ts';
import { limits } from '#settings/limits.ts';
import pg from 'pg';

import { asUser, type Cluster, databaseUser, openCluster } from './cluster.ts';
import { type Endpoint, postgresArguments } from './postgres-options.ts';
import { CannotRunPostgres } from './postgres-user.ts';
import { stopLeftover } from './postmaster.ts';

export interface EmbeddedOptions {
  readonly dataDir: string;
  /** One line of PostgreSQL's own log. */
  readonly onLog: (line: string) => void;
  readonly onState?: (state: EmbeddedState) => void;
  /** Gives up a start that is under way; a server that runs is stopped by `stop`. */
  readonly signal?: AbortSignal;
}

export interface EmbeddedState {
  readonly state: 'starting' | 'running' | 'restarting' | 'stopping' | 'stopped';
  readonly pid: number | null;
  /** What it said last before it ended by itself, where that tells why. */
  readonly reason?: string;
}

/** Lines of its log that tell why it ends: while it starts also those that end one process, but for connections that it does not take yet. */
const lastWords = { starting: /(?:PANIC|FATAL): {2}(?!the database system is)(.+)$/, running: /PANIC: {2}(.+)$/ };

/** Longest path of a socket that every system takes, the final zero included (macOS; Linux allows 108). */
const socketPathBytes = 104;

export class EmbeddedPostgres implements AsyncDisposable {
  /** The same as long as this object lives, also after a crash. */
  readonly url: string;

  readonly #cluster: Cluster;
  readonly #endpoint: Endpoint;
  readonly #options: EmbeddedOptions;
  #process: ChildProcess | undefined;
  #guard: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #failures = 0;
  #reason: string | undefined;
  #stopping: Promise<void> | undefined;

  private constructor(cluster: Cluster, endpoint: Endpoint, options: EmbeddedOptions) {
    this.#cluster = cluster;
    this.#endpoint = endpoint;
    this.#options = options;
    this.url = addressOf(cluster, endpoint, databaseName);
  }

  /** Resolves when statements can be sent to `url`. The caller holds the lock of `dataDir`. @throws CannotRunPostgres */
  static async start(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
    const cluster = await openCluster(options);
    const postgres = new EmbeddedPostgres(cluster, await chooseEndpoint(cluster.directory), options);
    const giveUp = () => void postgres.stop();
    options.signal?.throwIfAborted();
    options.signal?.addEventListener('abort', giveUp, { once: true });
    try {
      await postgres.#run('starting');
    } catch (error) {
      await postgres.stop();
      options.signal?.throwIfAborted();
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', giveUp);
    }
    return postgres;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** Ends within 4 seconds or little more. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #run(state: 'starting' | 'restarting'): Promise<void> {
    const startedAt = performance.now();
    const { directory, user, programs } = this.#cluster;
    const { command, args, options } = asUser(user, programs.postgres, postgresArguments(directory, this.#endpoint));
    const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = child;
    this.#reason = undefined;
    this.#tell(state);
    this.#guard = child.pid === undefined ? undefined : spawnGuard(child.pid);
    await this.#accepting(child);
    await prepareDatabase(this.#cluster, this.#endpoint);
    child.once('exit', () => this.#crashed(startedAt));
    if (child.exitCode !== null || child.signalCode !== null)
      throw new CannotRunPostgres('PostgreSQL ended while it started');
    this.#tell('running');
  }

  /** Waits for the line in which the server says that it serves; recovery after a crash may come before it. */
  #accepting(child: ChildProcess): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const last: string[] = [];
    let state: keyof typeof lastWords = 'starting';
    createInterface({ input: child.stderr! }).on('line', (line) => {
      this.#options.onLog(line);
      this.#reason = lastWords[state].exec(line)?.[1] ?? this.#reason;
      last.splice(0, last.length - 4);
      last.push(line);
      if (!line.endsWith('database system is ready to accept connections')) return;
      state = 'running';
      resolve();
    });
    child.once('error', (cause) =>
      reject(new CannotRunPostgres(`PostgreSQL cannot be started: ${cause.message}`, { cause })),
    );
    // "close", not "exit": its last words are read by then.
    child.once('close', () => reject(new CannotRunPostgres(`PostgreSQL does not start: ${last.join(' | ')}`)));
    return promise;
  }

  #crashed(startedAt: number): void {
    this.#endGuard();
    if (this.#stopping) return;
    this.#failures = performance.now() - startedAt > healthyAfterMs ? 1 : this.#failures + 1;
    this.#process = undefined;
    this.#tell('restarting', this.#reason);
    this.#restart = setTimeout(() => void this.#again(), restartDelayMs(this.#failures));
  }

  async #again(): Promise<void> {
    const startedAt = performance.now();
    try {
      // The crashed server's children may still be ending; two servers on one cluster would destroy it.
      await stopLeftover(this.#cluster.directory);
      if (!this.#stopping) await this.#run('restarting');
    } catch (error) {
      this.#options.onLog(error instanceof Error ? error.message : String(error));
      this.#process?.kill('SIGQUIT');
      this.#crashed(startedAt);
    }
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#restart);
    const child = this.#process;
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      this.#tell('stopping');
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      child.once('exit', resolve);
      child.kill('SIGINT');
      const { databaseCleanMs, databaseQuickMs } = limits.stop;
      const quick = setTimeout(() => child.kill('SIGQUIT'), databaseCleanMs);
      const killed = setTimeout(() => child.kill('SIGKILL'), databaseCleanMs + databaseQuickMs);
      await ended;
      clearTimeout(quick);
      clearTimeout(killed);
    }
    this.#endGuard();
    await stopLeftover(this.#cluster.directory);
    this.#process = undefined;
    this.#tell('stopped');
  }

  #tell(state: EmbeddedState['state'], reason?: string): void {
    this.#options.onState?.({ state, pid: this.pid, ...(reason !== undefined && { reason }) });
  }

  #endGuard(): void {
    this.#guard?.kill('SIGKILL');
    this.#guard = undefined;
  }
}

const databaseName = 'lightbox';

async function chooseEndpoint(directory: string): Promise<Endpoint> {
  const port = 5432;
  const socket = join(directory, `.s.PGSQL.${port}`);
  if (process.platform !== 'win32' && Buffer.byteLength(socket) < socketPathBytes)
    return { socketDir: directory, port };
  return { port: await freePort() };
}

/** A port that nobody has now. Whoever takes it meanwhile does not know our password, and we check whose server answers. */
async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' ? address!.port : 0));
  });
  return promise;
}

function addressOf({ password }: Cluster, endpoint: Endpoint, database: string): string {
  const login = `${databaseUser}:${encodeURIComponent(password)}`;
  return 'socketDir' in endpoint
    ? `postgres://${login}@localhost:${endpoint.port}/${database}?host=${encodeURIComponent(endpoint.socketDir)}`
    : `postgres://${login}@127.0.0.1:${endpoint.port}/${database}`;
}

/** Makes sure that it is our server that answers, before anything is said to it; then makes the database, once. */
async function prepareDatabase(cluster: Cluster, endpoint: Endpoint): Promise<void> {
  const client = new pg.Client({ connectionString: addressOf(cluster, endpoint, 'postgres') });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
    const served = rows[0]?.data_directory ?? '';
    if ((await realpath(served).catch(() => served)) !== cluster.directory) {
      throw new CannotRunPostgres(
        `another PostgreSQL answers in place of ours: it serves ${served}, not ${cluster.directory}`,
      );
    }
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [databaseName]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${databaseName}`);
  } finally {
    await client.end();
  }
}

/**
 * A shell that waits for us to end, however we end (its input closes, also after kill -9), and then stops the server.
 * It costs a megabyte; without it a killed launcher would leave a server behind.
 */
function spawnGuard(pid: number): ChildProcess | undefined {
  if (process.platform === 'win32') return undefined;
  const script = 'trap "" INT TERM HUP; read -r _; kill -INT "$1"';
  const guard = spawn('/bin/sh', ['-c', script, 'lightbox-postgres-guard', String(pid)], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.on('error', () => {});
  return guard;
}
