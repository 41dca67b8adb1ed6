/**
 * The log of one program, in DATA_DIR/logs or where a setting says: appended to, and set aside when it has grown, so that the disk never fills.
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

export class LogFile {
  readonly path: string;
  /** How many are kept beside the one that is written; `archive.log.1` is the newest of them. */
  readonly #setAside: number;
  #file: number;
  #bytes: number;
  /** Ends a line of which a full disk took the beginning only. */
  #before = '';

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

  /** Never throws: a full disk stops the log, not the archive. */
  write(line: string): void {
    try {
      if (this.#bytes > largestBytes) this.#begin();
      const bytes = Buffer.from(`${this.#before}${line}\n`);
      const written = writeSync(this.#file, bytes);
      this.#bytes += written;
      if (written > 0) this.#before = written < bytes.length ? '\n' : '';
    } catch {
      // Nowhere is left to say it.
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  /** What cannot be set aside now goes on growing, and is tried again when it has grown as much once more. */
  #begin(): void {
    this.#bytes = 0;
    let next: number | undefined;
    try {
      // First of all, where it is in nobody's way: renames without a file to go on with would push the older ones out, line by line.
      next = openSync(`${this.path}.next`, 'a', 0o600);
      for (let number = this.#setAside - 1; number >= 0; number--)
        renameIfThere(this.#named(number), this.#named(number + 1));
      renameSync(`${this.path}.next`, this.path);
      // After that: the number of a file that is closed may be another one's next.
      closeSync(this.#file);
      this.#file = next;
      this.#removeOlder();
    } catch {
      if (next !== undefined) closeSync(next);
    }
  }

  /** What was set aside when more was kept. Not at the start: one that was given a wrong number must not cost the record. */
  #removeOlder(): void {
    const ours = `${basename(this.path)}.`;
    try {
      for (const name of readdirSync(dirname(this.path))) {
        const number = name.startsWith(ours) ? name.slice(ours.length) : '';
        if (/^\d+$/.test(number) && Number(number) > this.#setAside) unlinkSync(join(dirname(this.path), name));
      }
    } catch {
      // It costs space, and is tried again next time.
    }
  }

  #named(number: number): string {
    return number === 0 ? this.path : `${this.path}.${number}`;
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
