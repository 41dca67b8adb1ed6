/** Looks at the database again and again, for what no event tells, for as long as it is open, whatever fails meanwhile. */
import { onNobodysBehalf } from '#settings/on-behalf.ts';

const lookEveryMs = 1_000;
/** After a look that failed (PostgreSQL is away), doubling from the one to the other, however seldom it is looked otherwise. */
const firstRetryMs = 1_000;
const slowestRetryMs = 5_000;

export interface Look extends AsyncDisposable {
  /** Looks now, or once more after the look that is under way; while looks fail, not before it is tried again. */
  wake(): void;
}

export interface LookOptions {
  /** What waits while looks fail, for the log. */
  readonly what: string;
  /** By default a second. */
  readonly everyMs?: number;
  readonly log: Readonly<Record<'info' | 'warn', (fields: object, message: string) => void>>;
}

/** @param look  the first one is begun at once; @returns whether there is more to do at once */
export function lookEvery({ what, everyMs = lookEveryMs, log }: LookOptions, look: () => Promise<boolean>): Look {
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let isWoken = false;
  let isClosed = false;
  /** While it fails. */
  let retryMs: number | undefined;

  async function lookNow(): Promise<void> {
    isWoken = false;
    try {
      if (await look()) isWoken = true;
      if (retryMs !== undefined) log.info({}, `${what}: goes on`);
      retryMs = undefined;
    } catch (err) {
      if (retryMs === undefined) log.warn({ err }, `${what}: waits`);
      retryMs = retryMs === undefined ? firstRetryMs : Math.min(retryMs * 2, slowestRetryMs);
    }
    looking = undefined;
    if (!isClosed) timer = setTimeout(begin, retryMs ?? (isWoken ? 0 : everyMs)).unref();
  }

  // Whoever wakes it would be followed by all later looks, and what they find is not for that one alone.
  function begin(): void {
    looking = onNobodysBehalf(lookNow);
  }

  begin();
  return {
    wake() {
      isWoken = true;
      if (looking || isClosed || retryMs !== undefined) return;
      clearTimeout(timer);
      begin();
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
