// How fast the line to the archive is, told from the images that come over it: on a slow one they are asked for compressed
// (viewport/load-frame.ts). Only the time in which bytes of an answer come counts: an archive that thinks is no slow line.

import { recallForGood, rememberForGood } from './browser-memory.ts';

/** Below it, a CT slice that comes uncompressed takes longer than making it smaller and larger again. 12 Mbit/s. */
const slowBytesPerMs = 1_500;
/** Less than this tells nothing. */
const enoughMs = 200;
/** What was long ago counts half, and half again. */
const longMs = 2_000;
const remembered = 'line';

export class LineSpeed {
  #answers = 0;
  #since = 0;
  #busyMs = 0;
  #bytes = 0;
  #slow: boolean;
  readonly #now: () => number;

  /** @param slow  until something is known */
  constructor(slow: boolean, now: () => number = () => performance.now()) {
    this.#slow = slow;
    this.#now = now;
  }

  get slow(): boolean {
    this.#look();
    return this.#slow;
  }

  /** The first bytes of an answer are here; what follows tells how fast they come. Answers at the same time share the line. */
  begin(): { more: (bytes: number) => void; end: () => void } {
    if (this.#answers++ === 0) this.#since = this.#now();
    return {
      more: (bytes) => void (this.#bytes += bytes),
      end: () => {
        this.#look();
        this.#answers--;
      },
    };
  }

  #look(): void {
    const now = this.#now();
    if (this.#answers > 0) this.#busyMs += now - this.#since;
    this.#since = now;
    if (this.#busyMs >= enoughMs) this.#slow = this.#bytes / this.#busyMs < slowBytesPerMs;
    while (this.#busyMs > longMs) {
      this.#busyMs /= 2;
      this.#bytes /= 2;
    }
  }
}

/** What was found last lasts from page to page: the first image of a study is slow, too, on a slow line. */
export function rememberLine({ slow }: LineSpeed): void {
  rememberForGood(remembered, slow ? 'slow' : 'fast');
}

export const recalledLine = (): LineSpeed => new LineSpeed(recallForGood(remembered) === 'slow');
