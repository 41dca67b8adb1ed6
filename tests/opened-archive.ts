/** An archive with both doors, on a database and a directory of its own, in this process: what every harness of one begins with. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { openArchive } from '#archive/archive.ts';
import { readSettings } from '#settings/settings.ts';
import { startTestDatabase, type TestDatabase } from './test-database.ts';

const password = 'mật khẩu để thử';

export interface OpenedArchive extends AsyncDisposable {
  /** `http://127.0.0.1:…/`, the base of every HTTP address. */
  readonly web: string;
  readonly dimsePort: number;
  readonly postgres: TestDatabase;
  /** Of an account that may do everything. */
  readonly authorization: string;
  /** Lines of the log so far. */
  readonly lines: readonly Record<string, unknown>[];
  /** Its DATA_DIR. */
  readonly directory: string;
  /** Stops the archive, and leaves its database and its objects. */
  stop(): Promise<void>;
}

/** @param environment  settings beside those that every test has */
export async function openTestArchive(environment: Record<string, string> = {}): Promise<OpenedArchive> {
  const postgres = await startTestDatabase();
  const directory = await mkdtemp(join(tmpdir(), 'lightbox-archive-'));
  const settings = readSettings({
    DATA_DIR: directory,
    DATABASE_URL: postgres.url,
    HTTP_PORT: '0',
    DIMSE_PORT: '0',
    ADMIN_PASSWORD: password,
    ...environment,
  });
  const lines: Record<string, unknown>[] = [];
  const archive = await openArchive({
    settings: { ...settings, databaseUrl: postgres.url },
    log: pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) }),
    processes: () => [],
    onAdminPassword: () => {},
  });
  return {
    web: archive.addresses.http as string,
    dimsePort: Number(archive.addresses.dimse?.split(':').at(-1)),
    postgres,
    authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`,
    lines,
    directory,
    stop: async () => archive[Symbol.asyncDispose](),
    async [Symbol.asyncDispose]() {
      await archive[Symbol.asyncDispose]();
      await postgres[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
