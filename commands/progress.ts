/**
 * How far a long command has come: one line that is written over on a terminal, a line now and then elsewhere. It goes to
 * standard error, so that what a command finds stands alone on standard output.
 */

/** What is counted together with its bytes. */
export interface Amount {
  readonly count: number;
  readonly bytes: number;
}

export interface ProgressOptions {
  /** What is counted: `objects`, `files`. */
  readonly unit: string;
  /** Where progress is shown. */
  readonly show?: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>;
  /** Where findings are written. */
  readonly print?: Pick<NodeJS.WriteStream, 'write'>;
}

const terminalMs = 500;
const linesMs = 10_000;
const clearLine = '\r\u001b[K';

export class Progress implements Disposable {
  readonly #unit: string;
  readonly #show: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>;
  readonly #print: Pick<NodeJS.WriteStream, 'write'>;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #count = 0;
  #bytes = 0;
  #expected: Amount | undefined;
  #ended = false;

  constructor({ unit, show = process.stderr, print = process.stdout }: ProgressOptions) {
    this.#unit = unit;
    this.#show = show;
    this.#print = print;
    this.#timer = setInterval(() => this.#draw(), show.isTTY ? terminalMs : linesMs);
    this.#timer.unref();
  }

  /** What has been done so far. */
  get done(): Amount {
    return { count: this.#count, bytes: this.#bytes };
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** How much there is, once it is known: from then on the remaining time is shown. */
  expect(amount: Amount): void {
    this.#expected = amount;
  }

  /** Finds out beside the work how much there is. @param lengths of each thing, in bytes */
  async expectAll(lengths: AsyncIterable<number>): Promise<void> {
    const total = { count: 0, bytes: 0 };
    try {
      for await (const length of lengths) {
        if (this.#ended) return;
        total.count++;
        total.bytes += length;
      }
      this.#expected = total;
    } catch {
      // Whatever went wrong meets the work itself too; without a total there is no remaining time.
    }
  }

  add(bytes: number): void {
    this.#count++;
    this.#bytes += bytes;
  }

  /** Writes a line of its own above the progress. */
  line(text: string): void {
    if (this.#show.isTTY) this.#show.write(clearLine);
    this.#print.write(`${text}\n`);
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    clearInterval(this.#timer);
    if (this.#show.isTTY) this.#show.write(clearLine);
  }

  #draw(): void {
    const text = describeProgress(this.#unit, this.done, this.#expected, this.elapsedMs);
    this.#show.write(this.#show.isTTY ? `${clearLine}${text}` : `${text}\n`);
  }
}

/** `1,200 of 4,000 objects (30 %), 1.2 GB, 40 objects/s, 41 MB/s, about 1 min 10 s left` */
export function describeProgress(unit: string, done: Amount, expected: Amount | undefined, elapsedMs: number): string {
  const perSecond = (value: number) => value / Math.max(elapsedMs / 1000, 0.001);
  const parts = [
    `${number(done.count)}${expected ? ` of ${number(expected.count)}` : ''} ${unit}${percent(done, expected)}`,
    size(done.bytes),
    `${number(Math.round(perSecond(done.count)))} ${unit}/s`,
    `${size(perSecond(done.bytes))}/s`,
  ];
  const part = expected ? share(done, expected) : 0;
  if (part > 0 && part < 1) parts.push(`about ${duration((elapsedMs * (1 - part)) / part)} left`);
  return parts.join(', ');
}

/** Many small things take their time by number, few large ones by bytes: the mean of both shares. */
function share(done: Amount, expected: Amount): number {
  const byCount = expected.count > 0 ? done.count / expected.count : 1;
  const byBytes = expected.bytes > 0 ? done.bytes / expected.bytes : byCount;
  return Math.min(1, (byCount + byBytes) / 2);
}

function percent(done: Amount, expected: Amount | undefined): string {
  return expected ? ` (${Math.floor(share(done, expected) * 100)} %)` : '';
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

/** In decimal units, as disks are sold. */
export function size(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days ${hours % 24} h`;
}

/** `1 object`, `2 objects`. @param singular its plural is made with -s, or is `plural` */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${number(count)} ${count === 1 ? singular : plural}`;
}
