/**
 * The log of a program (archive, worker): one JSON object a line on standard output. A line carries AE titles, UIDs, counts
 * and durations, never a patient's name, a query string or a body.
 */
import { pino, type Logger } from 'pino';

export type Log = Logger;

/** How long a line may wait for others. */
const flushMs = 500;

export function openLog(program: string): { log: Log; flush(): void } {
  // Written without waiting, and many lines at once: each write wakes whoever reads it, which costs more than the line.
  const destination = pino.destination({ fd: 1, sync: false, minLength: 8 * 1024 });
  const flushing = setInterval(() => destination.flush(), flushMs);
  flushing.unref();
  const log = pino(
    {
      base: { program, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: errorFields },
    },
    destination,
  );
  return {
    log,
    flush() {
      try {
        destination.flushSync();
      } catch {
        // Nobody reads any more: there is nobody left to tell.
      }
    },
  };
}

/** SQLSTATE classes of what PostgreSQL lacks: a connection, resources (a disk, memory), somebody who lets it go on, its files. */
const isWithoutValues = /^(08|53|57|58)/;

/**
 * What is said of an error. PostgreSQL repeats the values that it could not take, in its message and details: of its
 * errors only the state, the names in our own schema and the place in our own code are said, and the message of those that
 * have nothing to do with any value, such as a disk that is full.
 */
export function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, stack = '', cause } = error;
  const frames = stack.slice(stack.indexOf('\n    at '));
  const { code, severity, table, constraint } = error as {
    code?: string;
    severity?: string;
    table?: string;
    constraint?: string;
  };
  return {
    type: name,
    // Only what PostgreSQL itself reports has a severity.
    ...(severity === undefined ? { message: error.message, code } : { sqlState: code, table, constraint }),
    ...(severity !== undefined && isWithoutValues.test(code ?? '') && { message: error.message }),
    stack: frames,
    ...(cause !== undefined && { cause: errorFields(cause) }),
  };
}
