/**
 * The log of one program, in DATA_DIR/logs or where a setting says: appended to, and set aside when it has grown. So much is kept of it, so
 * that what one Lightbox writes never fills the disk.
 *
 * It writes on its own thread: where the disk hangs, so does its caller.
 */
import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { BadSetting } from '#settings/settings.ts';

const largestBytes = 10 * 1024 * 1024;
const usuallyKeptBytes = 60 * 1024 * 1024;

/** The directory `within` the one that a setting names. */
export interface LogPlace {
  readonly setting: 'DATA_DIR' | 'ACCESS_LOG_DIR';
  readonly value: string;
  readonly within: string;
}

export const logsOf = (dataDir: string): LogPlace => ({ setting: 'DATA_DIR', value: dataDir, within: 'logs' });

export class LogFile implements Disposable {
  readonly path: string;
  /** How many are kept beside the one that is written: `archive.log.20261130151802`, by when they were set aside. */
  readonly #setAside: number;
  #file: number;
  #bytes: number;
  /** Ends a line of which a full disk took the beginning only. */
  #before = '';
  #isClosed = false;

  /** @throws BadSetting where it cannot be written to */
  constructor({ setting, value, within }: LogPlace, name: string, keptBytes = usuallyKeptBytes) {
    this.#setAside = Math.floor(keptBytes / largestBytes) - 1;
    const directory = join(value, within);
    this.path = join(directory, `${name}.log`);
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      this.#file = openSync(this.path, 'a', 0o600);
    } catch (cause) {
      const reason = (cause as Error).message;
      throw new BadSetting(setting, value, `a directory with logs of the user who starts Lightbox (${reason})`, {
        cause,
      });
    }
    this.#bytes = fstatSync(this.#file).size;
  }

  /** Never throws: a full disk stops the log, not the archive. @returns why the line is not in it, where it is not */
  write(line: string): string | undefined {
    // The number of its file may be another one's by now.
    if (this.#isClosed) return 'it is closed';
    try {
      if (this.#bytes > largestBytes) this.#begin();
      const bytes = Buffer.from(`${this.#before}${line}\n`);
      const written = writeSync(this.#file, bytes);
      this.#bytes += written;
      if (written > 0) this.#before = written < bytes.length ? '\n' : '';
      return written < bytes.length ? 'no space left for the whole line' : undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  close(): void {
    this.#isClosed = true;
    closeSync(this.#file);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** What cannot be set aside now goes on growing, and is tried again when it has grown as much once more. */
  #begin(): void {
    this.#bytes = 0;
    let next: number | undefined;
    try {
      const older = this.#older();
      // First of all, where it is in nobody's way: without a file to go on with none is set aside.
      next = openSync(`${this.path}.next`, 'a', 0o600);
      renameIfThere(this.path, this.#named(Math.max(secondsAsDigits(), (older.at(-1) ?? 0) + 1)));
      renameSync(`${this.path}.next`, this.path);
      // After that: the number of a file that is closed may be another one's next.
      closeSync(this.#file);
      this.#file = next;
      // Not at the start: a setting that was given a wrong number must not cost the record.
      const tooMany = Math.max(0, older.length + 1 - this.#setAside);
      for (const number of older.slice(0, tooMany)) unlinkSync(this.#named(number));
    } catch {
      if (next !== undefined && next !== this.#file) closeSync(next);
    }
  }

  /** The numbers of what was set aside, the oldest first. */
  #older(): number[] {
    const ours = `${basename(this.path)}.`;
    const ends = readdirSync(dirname(this.path)).map((name) => (name.startsWith(ours) ? name.slice(ours.length) : ''));
    const numbers = ends.filter((end) => /^\d+$/.test(end)).map(Number);
    return numbers.toSorted((one, other) => age(one) - age(other));
  }

  #named(number: number): string {
    return `${this.path}.${number}`;
  }
}

/** Before they had a time, the newest one was `.1` and the one before it `.2`: all of them are older. */
function age(number: number): number {
  return number < 1_000_000 ? -number : number;
}

/** A number that rises, and that a person reads: the time in UTC, to the second. */
function secondsAsDigits(): number {
  return Number(new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14));
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
