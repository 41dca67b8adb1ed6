/**
 * The access record on a disk: `access.log`, and `refused.log` of who was refused. Anybody may be refused, as often as he likes: in a ring
 * of their own those lines push out none that says who saw what.
 */
import { hostname } from 'node:os';
import type { Settings } from '#settings/settings.ts';

import { LogFile, type LogPlace, logsOf } from './log-file.ts';

type RecordSettings = Pick<Settings, 'dataDir' | 'accessLogDir' | 'accessLogBytes'>;

export class AccessRecord implements Disposable {
  readonly #done: LogFile;
  readonly #refused: LogFile;

  /** @throws BadSetting where it cannot be written to */
  constructor(settings: RecordSettings) {
    const place = placeOf(settings);
    this.#done = new LogFile(place, 'access', settings.accessLogBytes);
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

function placeOf({ dataDir, accessLogDir: value }: RecordSettings): LogPlace {
  // Machines that share the directory have one each.
  return value === undefined ? logsOf(dataDir) : { setting: 'ACCESS_LOG_DIR', value, within: hostname() };
}
