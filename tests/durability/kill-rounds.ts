/**
 * Rounds of sending, killing with -9 at a random instant, coming up again and holding the archive to what it has
 * acknowledged: the kill test and the soak run are this function. What is sent, who is killed and when follow from the
 * seed; how far everything has come by then does not.
 */
import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '#index/database.ts';
import { randomOf, uidOf } from '#samples/seed.ts';
import { freePort } from '../free-port.ts';
import { inTime } from '../in-time.ts';
import { killAll, type RunningLightbox, runLightbox, startLightbox, until } from '../running-lightbox.ts';
import { Ledger } from './ledger.ts';
import { startSenders } from './senders.ts';
import { adminPassword } from './store-client.ts';
import { type Verifiable, verify } from './verify.ts';
import {
  killAtOnce,
  type Kind,
  kinds,
  livingProcesses,
  readyProcesses,
  strangers,
  survivorsOf,
  victimsOf,
} from './victims.ts';

export interface KillRoundsOptions {
  readonly seed: string;
  readonly rounds: number;
  readonly dataDir: string;
  /** Where its objects and its queue are, when they are not its own. */
  readonly apart?: Apart;
  readonly onRound?: (round: Round) => void;
}

/** Servers that a Lightbox does not start itself. */
export interface Apart {
  readonly settings: Readonly<Record<string, string>>;
  readonly objects: Verifiable['objects'];
  /** What may befall them, as the processes are killed, by name; resolves when they are well again. */
  readonly mishaps: Readonly<Record<string, (random: () => number) => Promise<void>>>;
}

export interface Round {
  readonly number: number;
  /** A process, or a mishap. */
  readonly killed: string;
  /** Since the first round: data sets, not answers. */
  readonly acknowledged: number;
  readonly faults: readonly string[];
  readonly durationMs: number;
}

export interface KillSummary {
  readonly rounds: number;
  readonly killed: Readonly<Record<string, number>>;
  readonly sent: number;
  readonly acknowledged: number;
  /** Found intact after the last round, all of them looked at once more. */
  readonly intact: number;
  /** The same with an index made anew from the objects. */
  readonly rebuilt: number;
  readonly faults: readonly string[];
}

/** A study that grows over so many rounds, so that kills meet old rows as well as new ones. */
const roundsOfOneStudy = 8;
const recoveryMs = 45_000;

export async function killRounds({ seed, rounds, dataDir, apart, onRound }: KillRoundsOptions): Promise<KillSummary> {
  const random = randomOf(seed);
  const ledger = new Ledger();
  const dealt = [...kinds, ...Object.keys(apart?.mishaps ?? {})];
  const killed: Record<string, number> = Object.fromEntries(dealt.map((kind) => [kind, 0]));
  const allFaults: string[] = [];
  const site = await openSite(dataDir, apart);
  try {
    await site.start();
    for (let number = 1, deck: string[] = []; number <= rounds; number++) {
      const began = performance.now();
      if (deck.length === 0) deck = shuffled(dealt, random);
      const kind = deck.pop() as string;
      const faults: string[] = [];
      await site.killWhileSending(kind, { seed: `${seed} round ${number}`, number, random, ledger, faults });
      faults.push(...(await site.verify(ledger, ledger.takeTouched())).faults);
      killed[kind] = (killed[kind] ?? 0) + 1;
      allFaults.push(...faults.map((fault) => `round ${number} (${kind}): ${fault}`));
      onRound?.({
        number,
        killed: kind,
        acknowledged: ledger.acknowledged,
        faults,
        durationMs: performance.now() - began,
      });
    }
    const look = async (when: string): Promise<number> => {
      await site.start();
      const { intact, faults } = await site.verify(ledger, ledger.studies.keys());
      allFaults.push(...faults.map((fault) => `${when}: ${fault}`));
      await site.stopCleanly(allFaults);
      return intact;
    };
    await site.stopCleanly(allFaults);
    const intact = await look('at the end');
    await site.rebuild(allFaults);
    const rebuilt = await look('after a rebuild');
    const done = Object.values(killed).reduce((sum, count) => sum + count, 0);
    return {
      rounds: done,
      killed,
      sent: ledger.items.length,
      acknowledged: ledger.acknowledged,
      intact,
      rebuilt,
      faults: allFaults,
    };
  } finally {
    await killAll(dataDir);
  }
}

interface Attack {
  readonly seed: string;
  readonly number: number;
  readonly random: () => number;
  readonly ledger: Ledger;
  readonly faults: string[];
}

/** One DATA_DIR with its ports, and the Lightbox that runs on it now. */
async function openSite(dataDir: string, apart: Apart | undefined) {
  const home = await realpath(dataDir);
  const httpPort = await freePort();
  const settings = {
    HTTP_PORT: String(httpPort),
    DIMSE_PORT: String(await freePort()),
    ADMIN_PASSWORD: adminPassword,
    ...apart?.settings,
  };
  const address = `http://127.0.0.1:${httpPort}/`;
  let lightbox: RunningLightbox | undefined;
  const start = async (): Promise<void> => {
    lightbox = await startLightbox({ dataDir: home, settings });
  };

  async function killWhileSending(kind: string, { seed, number, random, ledger, faults }: Attack): Promise<void> {
    const old = lightbox as RunningLightbox;
    const named = await ready(() => true);
    const before = await livingProcesses(home);
    const longLived = `long ${seed.replace(/ round.*/, '')} ${Math.ceil(number / roundsOfOneStudy)}`;
    const studies = [`${seed} a`, `${seed} b`, longLived].map(uidOf);
    const senders = startSenders({
      seed,
      ledger,
      studies,
      address,
      dicom: old.dicom,
      associations: 3,
      onFault: (fault) => faults.push(fault),
    });
    // The very instant is what the test is about; there is no event to wait for.
    await delay(50 + random() * 900);
    const mishap = apart?.mishaps[kind];
    if (mishap) {
      await mishap(random);
      await inTime(senders.stop(), recoveryMs, 'senders are answered or cut off');
      await ready(() => true);
      return;
    }
    const victims = victimsOf(
      kind as Kind,
      named,
      kind === 'everything' ? await livingProcesses(home) : before,
      random() < 0.5,
    );
    killAtOnce(victims);
    await inTime(senders.stop(), recoveryMs, 'senders are answered or cut off');

    if (kind === 'launcher' || kind === 'everything') {
      await old.ended;
      if (random() < 0.3) await killWhileStarting(random);
      await start();
    } else {
      await ready((processes) => processes.get(kind) !== named.get(kind));
    }
    const gone = before.filter(({ pid }) => kind === 'launcher' || victims.includes(pid));
    await until(async () => (await survivorsOf(gone)).length === 0);
    await until(async () => strangers(await livingProcesses(home), (lightbox as RunningLightbox).pid).length === 0);
  }

  /** Killed again before it is ready, as somebody does who sees that it takes long. */
  async function killWhileStarting(random: () => number): Promise<void> {
    const starting = startLightbox({ dataDir: home, settings }).then(
      () => undefined,
      () => undefined,
    );
    await delay(100 + random() * 900);
    await killAll(home);
    await starting;
  }

  async function ready(condition: (processes: ReadonlyMap<string, number>) => boolean): Promise<Map<string, number>> {
    let found: Map<string, number> | undefined;
    await until(async () => {
      found = await readyProcesses(address);
      return found !== undefined && condition(found);
    }, recoveryMs);
    return found as Map<string, number>;
  }

  return {
    start,
    killWhileSending,
    async verify(ledger: Ledger, studies: Iterable<string>) {
      const run = JSON.parse(await readFile(join(home, 'run.json'), 'utf8')) as { databaseUrl: string };
      await using database = openDatabase(run.databaseUrl, { max: 1, applicationName: 'test' });
      return await verify({ address, database, objects: apart?.objects ?? join(home, 'objects') }, ledger, studies);
    },
    async rebuild(faults: string[]): Promise<void> {
      const entry = [fileURLToPath(new URL('../../lightbox.ts', import.meta.url)), 'rebuild'];
      const { output } = await runLightbox({ dataDir: home, settings, entry });
      // Its status also tells of objects that a kill left unfinished: there are some, and they are no fault.
      if (!output.includes('The index was rebuilt')) faults.push(`the rebuild ended: ${output.slice(-500)}`);
    },
    async stopCleanly(faults: string[]): Promise<void> {
      const ended = await (lightbox as RunningLightbox).stop();
      if (ended.status !== 0) faults.push(`the stop ended with status ${ended.status}: ${ended.output.slice(-500)}`);
      const left = await livingProcesses(home);
      if (left.length > 0) faults.push(`${left.length} processes are left after the stop`);
    },
  };
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
