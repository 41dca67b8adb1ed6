/**
 * Fuzzing in a process of its own with little memory, so that a crash, a hang or a heap without bound is seen from
 * outside, with the number of the file that did it. This file is both sides: `fuzz` starts itself.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { fuzzFiles, fuzzOnce, type Outcome } from './fuzz.ts';

export interface FuzzOptions {
  readonly seed: string;
  readonly rounds: number;
  readonly onProgress: (done: number) => void;
}

export interface FuzzSummary {
  readonly done: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** The most memory that the process ever had, in MiB. */
  readonly peakMiB: number;
  readonly faults: readonly string[];
}

interface Told {
  /** Begun, or with `outcome` done. */
  readonly number: number;
  readonly outcome?: Outcome;
  readonly fault?: string;
  readonly peakMiB: number;
}

const heapMiB = 192;
const peakLimitMiB = 640;
/** One file takes milliseconds; the rest is for a busy machine. */
const hangMs = 60_000;
const progressEvery = 1_000;

/** Goes on behind a file that crashed or hung, in a new process. */
export async function fuzz({ seed, rounds, onProgress }: FuzzOptions): Promise<FuzzSummary> {
  const outcomes = { read: 0, refused: 0 };
  const faults: string[] = [];
  let number = 0;
  let peakMiB = 0;
  while (number < rounds) {
    const first = number + 1;
    const child = fork(fileURLToPath(import.meta.url), [seed, String(first), String(rounds)], {
      execArgv: [`--max-old-space-size=${heapMiB}`],
    });
    const hang = () => child.kill('SIGKILL');
    let watchdog = setTimeout(hang, hangMs);
    child.on('message', (message) => {
      const told = message as Told;
      clearTimeout(watchdog);
      watchdog = setTimeout(hang, hangMs);
      number = told.number;
      peakMiB = Math.max(peakMiB, told.peakMiB);
      if (told.outcome) outcomes[told.outcome]++;
      if (told.fault) faults.push(`number ${number}: ${told.fault}`);
      if ((told.outcome ?? told.fault) && number % progressEvery === 0) onProgress(number);
    });
    const [status, signal] = (await once(child, 'exit')) as [number | null, string | null];
    clearTimeout(watchdog);
    number = Math.max(number, first);
    if (status !== 0)
      faults.push(
        `number ${number}: ${signal === 'SIGKILL' ? 'hung, or was killed' : 'crashed'} (${signal ?? status})`,
      );
  }
  if (peakMiB > peakLimitMiB) faults.push(`took ${peakMiB} MiB of memory, where ${peakLimitMiB} is the most`);
  return { done: number, outcomes, peakMiB, faults };
}

async function run(seed: string, from: number, to: number, tell: (told: Told) => Promise<void>): Promise<void> {
  const files = fuzzFiles();
  const peak = () => Math.round(process.resourceUsage().maxRSS / 1024);
  for (let number = from; number <= to; number++) {
    await tell({ number, peakMiB: peak() });
    try {
      const outcome = await fuzzOnce(seed, number, files);
      await tell({ number, outcome, peakMiB: peak() });
    } catch (error) {
      await tell({
        number,
        fault: error instanceof Error ? (error.stack ?? error.message) : String(error),
        peakMiB: peak(),
      });
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [seed = '', from, to] = process.argv.slice(2);
  await run(seed, Number(from), Number(to), (told) => new Promise((resolve) => process.send!(told, () => resolve())));
  process.disconnect();
}
