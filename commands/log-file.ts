/**
 * The log of one program in DATA_DIR/logs: appended to, and set aside when it has grown, so that the disk never fills.
 */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const largestBytes = 10 * 1024 * 1024;
/** `archive.log.1` is the newest of them. */
const setAside = 5;

export class LogFile {
  readonly path: string;
  #file: number;
  #bytes: number;

  constructor(dataDir: string, name: string) {
    const directory = join(dataDir, 'logs');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.path = join(directory, `${name}.log`);
    this.#file = openSync(this.path, 'a', 0o600);
    this.#bytes = fstatSync(this.#file).size;
  }

  /** Never throws: a full disk stops the log, not the archive. */
  write(line: string): void {
    try {
      if (this.#bytes > largestBytes) this.#setAside();
      this.#bytes += writeSync(this.#file, `${line}\n`);
    } catch {
      // Nowhere is left to say it.
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #setAside(): void {
    for (let number = setAside - 1; number >= 0; number--) {
      try {
        renameSync(number === 0 ? this.path : `${this.path}.${number}`, `${this.path}.${number + 1}`);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
    closeSync(this.#file);
    this.#file = openSync(this.path, 'a', 0o600);
    this.#bytes = 0;
  }
}
