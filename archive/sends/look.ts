/** Looks at the database again and again, for what no event tells: at once when woken, later while it is away. */
export interface Look extends AsyncDisposable {
  /** Looks now, or once more after the look that is under way. */
  wake(): void;
}

export interface LookOptions {
  readonly everyMs: number;
  readonly afterFailureMs: number;
  readonly log: { warn(fields: object, message: string): void };
  /** What cannot be done while the database is away, for the log. */
  readonly failed: string;
}

/** @param look  resolves true when there is more to be seen at once */
export function lookEvery({ everyMs, afterFailureMs, log, failed }: LookOptions, look: () => Promise<boolean>): Look {
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let isWoken = false;
  let isFailing = false;
  let isClosed = false;

  async function lookNow(): Promise<void> {
    isWoken = false;
    let pauseMs = everyMs;
    try {
      if (await look()) isWoken = true;
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.warn({ err: error }, failed);
      isFailing = true;
      isWoken = false;
      pauseMs = afterFailureMs;
    }
    looking = undefined;
    if (!isClosed) timer = setTimeout(begin, isWoken ? 0 : pauseMs).unref();
  }

  function begin(): void {
    looking = lookNow();
  }

  timer = setTimeout(begin, everyMs).unref();
  return {
    wake() {
      isWoken = true;
      if (looking || isClosed || isFailing) return;
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
