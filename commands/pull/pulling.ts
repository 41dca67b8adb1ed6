/** One run of a pull: month by month what the other archive has, what of it is here, and having the rest sent to us. */
import { setTimeout as delay } from 'node:timers/promises';
import { heldInstances } from '#index/held-studies.ts';
import type { Database } from '#index/database.ts';
import type { Settings } from '#settings/settings.ts';

import { type Peer, Unanswered } from '../peer.ts';
import { counted } from '../progress.ts';
import { fetchInParts, type Parts } from './in-parts.ts';
import { beginning, type Hours, isDayOf, isWithin, type Month, monthAfter, monthsBack, placeTime } from './months.ts';
import { EndlessAnswer, type Moving, type NotSent, OldArchive, type StudyThere } from './old-archive.ts';
import { isComplete, Report, type StudyCounts } from './report.ts';

/** How long the other archive is waited for when it does not answer: a night's maintenance. */
const patienceMs = 60 * 60_000;
const firstWaitMs = 2_000;
const longestWaitMs = 5 * 60_000;
/** After so many attempts at one study that got no answer, with the other archive there all the time, it is fetched in parts. */
const attemptsAtStudy = 2;
/** How often it is looked whether the hours have come. */
const lookMs = 30_000;
/** Studies that no month has: without a date, with one that is none, or of a time when there were no such archives. */
const undated = 'undated';
/** Why a study that is said to have nothing is not whole. */
const listsNone = 'no image of it is counted or listed there, and none has come';

export interface PullOptions {
  /** Who receives, by the AE title that the other archive knows. */
  readonly destination: string;
  /** First and last month, as `202601`. */
  readonly from: string;
  readonly until: string;
  /** Studies. */
  readonly atOnce: number;
  /** Of the day, in which something may be sent; undefined for all of them. */
  readonly hours: Hours | undefined;
  /** Studies that no month has are asked for too. */
  readonly undated: boolean;
  /** Nothing is fetched. */
  readonly compareOnly: boolean;
}

export class Pull {
  readonly #peer: Peer;
  readonly #old: OldArchive;
  readonly #options: PullOptions;
  readonly #database: Database;
  readonly #timeZone: string;
  readonly #report: Report;
  readonly #signal: AbortSignal;
  /** Months that were whole when they were over, of which the report is an earlier one's. */
  #asBefore = 0;
  /** It has been said that nothing is fetched until the hours begin. */
  #isWaiting = false;

  constructor(peer: Peer, options: PullOptions, database: Database, settings: Settings, signal: AbortSignal) {
    this.#peer = peer;
    this.#old = new OldArchive(peer, signal);
    this.#options = options;
    this.#database = database;
    this.#timeZone = settings.siteTimeZone;
    this.#report = new Report(settings.dataDir, peer.aeTitle);
    this.#signal = signal;
  }

  /** @returns exit status */
  async run(today: string): Promise<number> {
    const { from, until } = this.#options;
    let stopped: unknown;
    // What is wrong from the beginning is said at once; later on the other archive is waited for.
    await this.#old.reach();
    try {
      for (const month of monthsBack(from, until, today)) await this.#month(month);
      if (this.#options.undated) await this.#month({ name: undated, range: '', isOver: false });
    } catch (error) {
      stopped = error;
    }
    const { studies, instancesThere, instancesHere, differences } = await this.#report.totals();
    say(
      `${this.#peer.aeTitle} has ${counted(studies, 'study', 'studies')} with ${counted(instancesThere, 'image')}; of these`,
    );
    say(`  ${counted(instancesHere, 'image')} are here`);
    say(`  ${counted(differences, 'study', 'studies')} not whole, listed in ${this.#report.directory}`);
    if (this.#asBefore > 0)
      say(`  ${counted(this.#asBefore, 'month')} whole in an earlier run, not looked at again; --compare looks at all`);
    if (!this.#options.undated)
      say('  Studies without a date, or with one that is none or before 1990, were not asked for: see --undated');
    if (this.#signal.aborted) say('Interrupted; run it again to go on.');
    else if (stopped) throw stopped;
    return this.#signal.aborted || differences > 0 ? 1 : 0;
  }

  async #month(month: Month): Promise<void> {
    this.#signal.throwIfAborted();
    const known = await this.#report.read(month.name);
    // What was whole when the month was over stays as it is, unless somebody wants to compare.
    if (known && month.isOver && !this.#options.compareOnly && known.every(isComplete)) {
      this.#asBefore++;
      return;
    }
    const there = await this.#patiently(() => this.#studiesOf(month));
    if (there.length === 0 && !known) return;
    const results = await this.#compare(there);
    const missing = results.filter((study) => !isComplete(study));
    if (!this.#options.compareOnly) await this.#fetch(missing, results);
    await this.#report.write(month.name, results);
    const left = results.filter((study) => !isComplete(study)).length;
    const fetched = missing.length - left;
    say(
      `${month.name}: ${counted(there.length, 'study', 'studies')} there${fetched > 0 ? `, ${fetched} fetched` : ''}${left > 0 ? `, ${left} not whole` : ''}`,
    );
    this.#signal.throwIfAborted();
  }

  async #studiesOf({ name, range }: Month): Promise<StudyThere[]> {
    return name === undated
      ? await this.#old.studies(range, ({ StudyDate }) => !this.#isOfAMonth(StudyDate))
      : await this.#old.studies(range);
  }

  /** Whether there is a month that it would be asked for with, without `--from` and `--until`. */
  #isOfAMonth(StudyDate: string): boolean {
    return isDayOf(beginning, monthAfter(placeTime(this.#timeZone).day), StudyDate);
  }

  /** What is here of each study now; where the other archive does not count, its images are counted. */
  async #compare(studies: readonly StudyThere[]): Promise<StudyCounts[]> {
    const held = await heldInstances(
      this.#database,
      studies.map(({ StudyInstanceUID }) => StudyInstanceUID),
    );
    const results: StudyCounts[] = [];
    for (const { StudyInstanceUID, StudyDate, instances } of studies) {
      this.#signal.throwIfAborted();
      const told = instances ?? (await this.#ofOneStudy(() => this.#old.countInstances(StudyInstanceUID)));
      const result = { StudyInstanceUID, StudyDate, here: held.get(StudyInstanceUID) ?? 0 };
      // No archive has studies without images: one that lists none may have lost its lists, and has them sent all the same.
      const cause = told instanceof Unanswered ? told.message : told === 0 ? listsNone : undefined;
      results.push(cause === undefined ? { ...result, there: told as number } : { ...result, there: undefined, cause });
    }
    return results;
  }

  /** Fetches studies, some at once, and puts what became of each into `results`. */
  async #fetch(missing: readonly StudyCounts[], results: StudyCounts[]): Promise<void> {
    const queue = [...missing];
    const work = async (): Promise<void> => {
      for (let study = queue.shift(); study && !this.#signal.aborted; study = queue.shift()) {
        const { StudyInstanceUID } = study;
        const fetched = await this.#fetchOne(study);
        const { cause = study.cause } = fetched;
        const here = (await heldInstances(this.#database, [StudyInstanceUID])).get(StudyInstanceUID) ?? 0;
        // Where it sends all without counting any of it, what has come is all that there is.
        const isAllSent = fetched.cause === undefined && study.cause === listsNone && here > 0;
        const there = fetched.there ?? study.there ?? (isAllSent ? here : undefined);
        const result = { ...study, there, here };
        results[results.indexOf(study)] = isComplete(result)
          ? { ...result, cause: undefined }
          : {
              ...result,
              cause: cause ?? `sent, but not all has arrived; see the logs of ${this.#options.destination}`,
            };
      }
    };
    const workers = await Promise.allSettled(Array.from({ length: this.#options.atOnce }, work));
    for (const worker of workers) if (worker.status === 'rejected' && !this.#signal.aborted) throw worker.reason;
  }

  /** @returns why not all of it was sent, and how many images it has where they had to be listed for that */
  async #fetchOne({ StudyInstanceUID, there }: StudyCounts): Promise<Partial<Parts>> {
    const move = (what: Moving) => this.#move(what);
    const moved = await this.#ofOneStudy(() => move({ StudyInstanceUID }));
    if (!(moved instanceof Unanswered) && !moved?.gaveUp) return { cause: moved?.cause };
    const cause = moved instanceof Unanswered ? moved.message : moved.cause;
    const parts = await this.#ofOneStudy(() =>
      fetchInParts(
        { StudyInstanceUID, there, cause },
        { old: this.#old, database: this.#database, move, signal: this.#signal },
      ),
    );
    return parts instanceof Unanswered ? { cause: parts.message } : parts;
  }

  /** Has it sent to us, once the hours are there in which that may be. */
  async #move(what: Moving): Promise<NotSent | undefined> {
    await this.#untilHours();
    this.#signal.throwIfAborted();
    return await this.#old.move(what, this.#options.destination);
  }

  async #untilHours(): Promise<void> {
    const { hours } = this.#options;
    while (hours && !this.#signal.aborted && !isWithin(hours, placeTime(this.#timeZone).time)) {
      if (!this.#isWaiting) say(`Waiting for ${hours.from}.`);
      this.#isWaiting = true;
      await delay(lookMs, undefined, { signal: this.#signal }).catch(() => {});
    }
    this.#isWaiting = false;
  }

  /**
   * As `#patiently`, where what fails may be this one study, for which no waiting helps: the other archive breaks
   * off at it again and again, and is there.
   * @returns what became of it, then
   */
  async #ofOneStudy<T>(work: () => Promise<T>): Promise<T | Unanswered> {
    let attempts = 0;
    return await this.#patiently(async () => {
      try {
        return await work();
      } catch (error) {
        if (error instanceof EndlessAnswer) return error;
        const isTheStudy = error instanceof Unanswered && !this.#signal.aborted && (await this.#old.isReached());
        if (isTheStudy && ++attempts === attemptsAtStudy) return error;
        throw error;
      }
    });
  }

  /**
   * Tries again while the other archive is away. What the work itself takes, the hours it waits for too, is no waiting for it.
   * @throws its last error
   */
  async #patiently<T>(work: () => Promise<T>): Promise<T> {
    let waitedMs = 0;
    for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
      try {
        return await work();
      } catch (error) {
        const isInVain = error instanceof EndlessAnswer || waitedMs + waitMs > patienceMs;
        if (this.#signal.aborted || isInVain) throw error;
        process.stderr.write(`${(error as Error).message} Trying again in ${Math.round(waitMs / 1000)} s.\n`);
        await delay(waitMs, undefined, { signal: this.#signal });
        waitedMs += waitMs;
      }
    }
  }
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
