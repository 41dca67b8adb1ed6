/** Opens PostgreSQL: a pool of connections. */
import pg from 'pg';

export interface Database extends AsyncDisposable {
  readonly pool: pg.Pool;
  /** Waits for running statements, then closes every connection. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Connections at most. */
  readonly max: number;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  /** PostgreSQL itself refuses every statement that would change something. */
  readonly readOnly?: boolean;
  /** A statement without an answer for so long fails, and its connection is given up. Without it, one waits for ever. */
  readonly answerMs?: number;
}

const connectionTimeoutMs = 10_000;

const int8ArrayOid: number = 1016;

/** int8 and int8[] become numbers (counts and keys stay far below 2^53); date stays text, because it has no time zone. */
const types: pg.CustomTypesConfig = {
  getTypeParser(oid, format) {
    const standard = pg.types.getTypeParser(oid, format);
    if (format === 'binary') return standard;
    if (oid === pg.types.builtins.INT8) return Number;
    if (oid === pg.types.builtins.DATE) return String;
    if ((oid as number) === int8ArrayOid)
      return (text: string) => int8s(text) ?? (standard(text) as string[]).map(Number);
    return standard;
  },
};

/** Numbers in a row, as keys of what was found come, by the thousand: four times as quick as what reads any array. */
function int8s(text: string): number[] | undefined {
  return /^\{[-\d,]+\}$/.test(text) ? text.slice(1, -1).split(',').map(Number) : undefined;
}

/** Connects at the first statement, not here. Connections that break are replaced at the next statement. */
export function openDatabase(
  url: string,
  { max, applicationName, readOnly = false, answerMs }: DatabaseOptions,
): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    application_name: applicationName,
    connectionTimeoutMillis: connectionTimeoutMs,
    idleTimeoutMillis: 0,
    keepAlive: true,
    types,
    ...(answerMs !== undefined && { query_timeout: answerMs }),
    ...(readOnly && { onConnect: (client) => client.query('SET default_transaction_read_only = on') }),
  });
  // A connection lost while nobody waits on it has nobody to tell; the statement that is running gets the error itself.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= pool.end());
  return { pool, close, [Symbol.asyncDispose]: close };
}

/** The SQLSTATE of a failed statement (`23505`, `40P01`, …); absent when PostgreSQL did not answer at all. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** Nothing was heard of a statement for `answerMs`: it may run still, and what is sent behind it waits for its end. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}

/** PostgreSQL ended the connection, takes none, or could not be reached at all. */
export function isDatabaseGone(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return /^(08|57P|53300)/.test(state);
  const { code, message } = error as Partial<NodeJS.ErrnoException>;
  return ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT'].includes(code ?? '') &&
    'syscall' in (error as object)
    ? /connect|read|write/.test((error as NodeJS.ErrnoException).syscall ?? '')
    : /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered)/.test(message ?? '');
}
