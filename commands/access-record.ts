/**
 * The access record on a disk: `access.log`, and `refused.log` of who was refused. Anybody may be refused, as often as he likes: in a ring
 * of their own those lines push out none that says who saw what.
 */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '#settings/settings.ts';

import { LogFile, type LogPlace, logsOf } from './log-file.ts';

type RecordSettings = Pick<Settings, 'dataDir' | 'accessLogDir' | 'accessLogBytes'>;

export class AccessRecord implements Disposable {
  readonly #done: LogFile;
  readonly #refused: LogFile;

  /** @throws BadSetting where it cannot be written to */
  static async open(settings: RecordSettings): Promise<AccessRecord> {
    return new AccessRecord(await placeOf(settings), settings.accessLogBytes);
  }

  private constructor(place: LogPlace, keptBytes: number) {
    this.#done = new LogFile(place, 'access', keptBytes);
    this.#refused = new LogFile(place, 'refused');
  }

  /** One line of JSON. Never throws. */
  write(line: string, { isRefusal }: { isRefusal: boolean }): void {
    const file = isRefusal ? this.#refused : this.#done;
    file.write(line);
  }

  [Symbol.dispose](): void {
    this.#done.close();
    this.#refused.close();
  }
}

/**
 * Machines that share the directory have one each, of their name. Of two Lightboxes on one machine, or of two machines with one name, each
 * still has its own: by a number that it keeps in its DATA_DIR.
 */
async function placeOf({ dataDir, accessLogDir: value }: RecordSettings): Promise<LogPlace> {
  if (value === undefined) return logsOf(dataDir);
  return {
    setting: 'ACCESS_LOG_DIR',
    value,
    within: `${hostname()}-${await ownNumber(join(dataDir, 'record-number'))}`,
  };
}

async function ownNumber(path: string): Promise<string> {
  const kept = await readFile(path, 'utf8').catch(() => '');
  if (/^[0-9a-f]{8}$/.test(kept)) return kept;
  const number = randomBytes(4).toString('hex');
  await writeFile(path, number, { mode: 0o600 });
  return number;
}
