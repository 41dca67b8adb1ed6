/**
 * `lightbox start`: PostgreSQL, archive and worker as one thing that starts, stays up, and ends without a trace.
 *
 * Order of the start: lock of DATA_DIR, PostgreSQL, migrations, programs. The end is the reverse and takes at most 10 s.
 * When the launcher itself is killed, the programs notice that their channel closed, and PostgreSQL's guard stops it.
 */
import { once } from 'node:events';

import { EmbeddedPostgres, type EmbeddedState } from '#index/embedded.ts';
import { migrate } from '#index/migrate.ts';
import { refuseUnfinishedRebuild } from '#index/rebuild.ts';
import { limits } from '#settings/limits.ts';
import { misspelt } from '#settings/misspelt.ts';
import type { Addresses, ProcessState } from '#settings/process-channel.ts';
import type { Settings } from '#settings/settings.ts';
import type { Role } from '#settings/variables.ts';
import { pino } from 'pino';

import { AccessRecord } from './access-record.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { LogFile, logsOf } from './log-file.ts';
import { Program } from './program.ts';
import { readEntry } from './program-line.ts';
import { readRunFile, removeRunFile, writeRunFile } from './run-file.ts';
import { openAnswering } from './with-database.ts';

export interface LauncherOptions {
  readonly settings: Settings;
  /** Handed on to the programs, which read their settings from it as we did. */
  readonly environment: NodeJS.ProcessEnv;
  /** Paths of the programs' main files. */
  readonly scripts: Readonly<Record<Role, string>>;
  /** One line for the person who started us. */
  readonly print: (line: string) => void;
  /** The wish to stop, also while the start is under way. */
  readonly signal: AbortSignal;
}

/** After a killed run: how long its programs may still hold a port. */
const busyPortPatienceMs = 8_000;
const heapMiB = { archive: 512, worker: 512 } as const satisfies Record<Role, number>;
/** From here on a line is shown, not only kept. */
const warningLevel = pino.levels.values['warn']!;

/** Runs everything until the signal comes, then stops everything. @throws an error with one line to show, when it cannot start */
export async function launch(options: LauncherOptions): Promise<void> {
  await using _lock = await lockDataDir(options.settings.dataDir);
  await using launcher = new Launcher(options);
  await launcher.start();
  if (!options.signal.aborted) await once(options.signal, 'abort');
  options.print('Stopping…');
}

class Launcher implements AsyncDisposable {
  readonly #options: LauncherOptions;
  readonly #programs = new Map<Role, Program>();
  readonly #logs = new Map<string, LogFile>();
  #record: AccessRecord | undefined;
  #recordLostSince: Date | null = null;
  #postgres: EmbeddedPostgres | undefined;
  #postgresState: EmbeddedState = { state: 'starting', pid: null };
  #password: string | undefined;
  #ready = false;

  constructor(options: LauncherOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { settings, print, signal, environment } = this.#options;
    const { dataDir } = settings;
    // Before anything runs that has something to say.
    for (const name of [...(settings.databaseUrl === undefined ? ['postgres'] : []), ...settings.roles])
      this.#log(name);
    this.#record = await AccessRecord.open({ settings, print, onLost: (since) => this.#tellOfRecord(since) });
    for (const { name, likely } of misspelt(environment)) print(`${name} is no setting. Is ${likely} meant?`);
    const killedBefore = (await readRunFile(dataDir)) !== undefined;
    if (killedBefore) print('The last run was killed; nothing acknowledged is lost.');
    const databaseUrl = settings.databaseUrl ?? (await this.#startPostgres());
    await writeRunFile(dataDir, { pid: process.pid, databaseUrl });
    await this.#migrate(databaseUrl);
    signal.throwIfAborted();

    print(`Starting ${[...settings.roles].join(' and ')}…`);
    const busyPortUntil = killedBefore ? performance.now() + busyPortPatienceMs : 0;
    for (const role of settings.roles) this.#programs.set(role, this.#program(role, databaseUrl, busyPortUntil));
    const stopStarting = () => void this.#stopPrograms();
    signal.addEventListener('abort', stopStarting, { once: true });
    const found = await Promise.all([...this.#programs.values()].map((program) => program.start()));
    signal.removeEventListener('abort', stopStarting);
    this.#ready = true;
    const addresses = Object.assign({}, ...found) as Addresses;
    await writeRunFile(dataDir, { pid: process.pid, databaseUrl, http: addresses.http });
    this.#greet(addresses);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stopPrograms();
    await this.#postgres?.stop();
    await removeRunFile(this.#options.settings.dataDir);
    for (const log of this.#logs.values()) log.close();
    this.#record?.[Symbol.dispose]();
    // A program's last line may be read after its end.
    this.#record = undefined;
  }

  async #startPostgres(): Promise<string> {
    const { settings, print, signal } = this.#options;
    print('Starting PostgreSQL… (the first time takes a little longer)');
    this.#postgres = await EmbeddedPostgres.start({
      dataDir: settings.dataDir,
      signal,
      onLog: (line) => this.#log('postgres').write(line),
      onState: (state) => {
        this.#postgresState = state;
        if (this.#ready && state.state === 'restarting' && state.pid === null)
          print(`PostgreSQL ended by itself${state.reason ? ` (${state.reason})` : ''}; it is started again.`);
        this.#tellProcesses();
      },
    });
    return this.#postgres.url;
  }

  async #migrate(databaseUrl: string): Promise<void> {
    const { settings, print, signal } = this.#options;
    await using database = await openAnswering(databaseUrl, settings, { applicationName: 'lightbox start' });
    await refuseUnfinishedRebuild(database);
    const { rows } = await database.pool.query<{ isNew: boolean }>(`SELECT to_regnamespace('site') IS NULL AS "isNew"`);
    const onMigration = (name: string) => {
      if (!rows[0]?.isNew) print(`Changing the database for this version: ${name}…`);
    };
    await migrate(database, undefined, { signal, onMigration });
  }

  #program(role: Role, databaseUrl: string, busyPortUntil: number): Program {
    const { settings, environment, scripts } = this.#options;
    return new Program({
      name: role,
      script: scripts[role],
      environment: programEnvironment(environment, settings, databaseUrl),
      heapMiB: heapMiB[role],
      busyPortUntil,
      onLine: (line) => this.#keep(role, line),
      onState: () => this.#tellProcesses(),
      onAdminPassword: (password) => {
        this.#password = password;
        if (this.#ready) this.#printPassword();
      },
    });
  }

  async #stopPrograms(): Promise<void> {
    await Promise.all([...this.#programs.values()].map((program) => program.stop(limits.stop.programsMs)));
  }

  /**
   * A program's line goes into its log, but for the access record, which is asked for after longer than that is kept; a warning is shown
   * too, and so is a line that is no log entry at all.
   */
  #keep(role: Role, line: string): void {
    const entry = readEntry(line);
    if (entry?.action === undefined) this.#log(role).write(line);
    else this.#record?.write(line, { isRefusal: entry.action === 'refused' });
    if (entry === undefined) this.#options.print(`${role}: ${line}`);
    else if (entry.level >= warningLevel) this.#options.print(`${role}: ${entry.message}`);
  }

  #log(name: string): LogFile {
    const log = this.#logs.get(name) ?? new LogFile(logsOf(this.#options.settings.dataDir), name);
    this.#logs.set(name, log);
    return log;
  }

  #tellOfRecord(lostSince: Date | null): void {
    this.#recordLostSince = lostSince;
    this.#tellProcesses();
  }

  #tellProcesses(): void {
    const processes: ProcessState[] = [
      { name: 'launcher', pid: process.pid, state: 'running' },
      ...(this.#options.settings.databaseUrl === undefined
        ? [{ name: 'postgres', state: this.#postgresState.state, pid: this.#postgresState.pid }]
        : []),
      ...[...this.#programs.values()].map(({ state }) => state),
    ];
    const recordLostSince = this.#recordLostSince?.toISOString() ?? null;
    this.#programs.get('archive')?.tell({ type: 'processes', processes, recordLostSince });
  }

  #greet({ http, dimse, dimseTls }: Addresses): void {
    const { print, settings } = this.#options;
    print('Lightbox is ready.');
    if (http !== undefined) print(`  Address:  ${settings.publicUrl === undefined ? http : `${settings.publicUrl}/`}`);
    if (dimse !== undefined) print(`  DICOM:    ${dimse}`);
    if (dimseTls !== undefined) print(`  With TLS: ${dimseTls}`);
    if (this.#password !== undefined) this.#printPassword();
    print(`  Data:     ${settings.dataDir}`);
    print('Ctrl-C stops it.');
  }

  #printPassword(): void {
    this.#options.print('  Account:  admin');
    this.#options.print(`  Password: ${this.#password} (shown this once)`);
    this.#password = undefined;
  }
}

/** The settings as they are, the database that we opened, and what Node and libc need to know before they start. */
function programEnvironment(
  environment: NodeJS.ProcessEnv,
  settings: Settings,
  databaseUrl: string,
): NodeJS.ProcessEnv {
  const { DATABASE_URL_FILE: _, ...others } = environment;
  return {
    ...others,
    DATA_DIR: settings.dataDir,
    DATABASE_URL: databaseUrl,
    // fdatasync blocks a thread of the pool; with libuv's four, four associations would wait for each other.
    UV_THREADPOOL_SIZE: '16',
    // glibc otherwise keeps a heap for each of these threads.
    MALLOC_ARENA_MAX: '2',
    // And the first large piece that is given back would have it take all later ones from its heap, between small ones that live on.
    MALLOC_MMAP_THRESHOLD_: String(256 * 1024),
    MALLOC_TRIM_THRESHOLD_: String(1024 * 1024),
  };
}
