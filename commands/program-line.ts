/** A line that a program writes: an entry of its log, of the access record, or what it said as it broke. */
import { pino } from 'pino';

export interface Entry {
  readonly level: number;
  readonly message: string;
  /** Of the access record: what was done; undefined of every other entry. */
  readonly action?: string;
}

/** A line of pino's JSON, whose level is a number or, where a program says so, its name; undefined of every other line. */
export function readEntry(line: string): Entry | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const { level, msg, err, errorComment, action } = JSON.parse(line) as Partial<
      Record<'level' | 'msg' | 'errorComment' | 'action', unknown>
    > & {
      err?: { message?: unknown };
    };
    const value = typeof level === 'string' ? pino.levels.values[level] : level;
    if (typeof value !== 'number') return undefined;
    // Whoever reads it wants to know why, without looking into the log.
    const cause = errorComment ?? err?.message;
    const message = cause ? `${String(msg)} (${String(cause).split('\n')[0]})` : String(msg);
    return { level: value, message, ...(msg === 'access' && { action: String(action) }) };
  } catch {
    return undefined;
  }
}
