/**
 * Room for bytes of requests that are collected until they are there whole. They come as slowly as their senders like, on hundreds of associations, and
 * nobody may wait for room with a part of them in hand: so there is room for the longest that one may be before more than a little of it is read.
 */
import { limits } from '#settings/limits.ts';
import { callerNow, Waiting } from '#settings/on-behalf.ts';
import { Problem } from '../problems.ts';

const { collectedBytes, collectedBytesPerCaller, uncountedBytes, heldMs, roomWaitMs } = limits.dataset;

let all = 0;
const byCaller = new Map<string, number>();
const waiting = new Waiting<WaitsForRoom>();

interface WaitsForRoom {
  readonly caller: string;
  readonly mostBytes: number;
  readonly begin: () => void;
}

/** Of one request. */
export class CountedBytes {
  readonly #caller = callerNow();
  readonly #mostBytes: number;
  #bytes = 0;
  #counted = 0;
  /** It has taken its time: from here on it counts as what has come, and others have the rest. */
  #isSlow = false;
  #late: NodeJS.Timeout | undefined;

  /** @param mostBytes  that it may have */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Call it before they are kept. @throws Problem outOfResources when there is no room in time */
  async add(bytes: number): Promise<void> {
    this.#bytes += bytes;
    if (this.#bytes <= uncountedBytes || this.#bytes > this.#mostBytes) return;
    if (this.#isSlow) {
      if (!isRoom(this.#caller, bytes)) throw noRoom();
      this.#count(bytes);
    } else if (this.#counted === 0) {
      await this.#room();
      this.#late = setTimeout(() => this.#slow(), heldMs).unref();
    }
  }

  letGo(): void {
    clearTimeout(this.#late);
    this.#count(-this.#counted);
  }

  #slow(): void {
    this.#isSlow = true;
    this.#count(this.#bytes - this.#counted);
  }

  #room(): Promise<void> {
    return new Promise((resolve, reject) => {
      const one = {
        caller: this.#caller,
        mostBytes: this.#mostBytes,
        begin: () => {
          clearTimeout(tooLate);
          this.#count(this.#mostBytes);
          resolve();
        },
      };
      const tooLate = setTimeout(() => {
        waiting.delete(one);
        reject(noRoom());
      }, roomWaitMs);
      waiting.add(one);
      admit();
    });
  }

  #count(more: number): void {
    this.#counted += more;
    all += more;
    const own = (byCaller.get(this.#caller) ?? 0) + more;
    if (own > 0) byCaller.set(this.#caller, own);
    else byCaller.delete(this.#caller);
    if (more < 0) admit();
  }
}

/** In their order, of each caller: whoever needs much has his turn, however many come meanwhile that need little. */
function admit(): void {
  let isFull = false;
  const mayBegin = ({ caller, mostBytes }: WaitsForRoom): boolean => {
    if (isFull || (byCaller.get(caller) ?? 0) + mostBytes > collectedBytesPerCaller) return false;
    isFull = all + mostBytes > collectedBytes;
    return !isFull;
  };
  for (let next = waiting.next(mayBegin); next; next = waiting.next(mayBegin)) next.begin();
}

function isRoom(caller: string, more: number): boolean {
  return all + more <= collectedBytes && (byCaller.get(caller) ?? 0) + more <= collectedBytesPerCaller;
}

function noRoom(): Problem {
  return new Problem('outOfResources', 'too much is being received at once');
}
