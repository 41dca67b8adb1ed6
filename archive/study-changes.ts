/**
 * Tells open pages and programs what changed: studies, what modalities perform, what is sent and what is scheduled. While anybody listens, each archive asks the index once a second; so it hears of
 * what other archives receive too, and the transaction that stores an instance has nothing to do for it.
 */
import type { Caller } from '#access/caller.ts';
import { recentChanges } from '#index/changes.ts';
import type { ChangedStudy } from '#index/changes.ts';
import type { Database } from '#index/database.ts';
import { type Look, lookEvery } from '#index/look-every.ts';
import { routesAsOf } from '#index/routes.ts';
import { recentSends } from '#index/sends.ts';
import { limits } from '#settings/limits.ts';
import type { Log } from '#settings/log.ts';
import { recentlyPerformed } from '#workflow/performed-steps.ts';
import type { ChangedStep } from '#workflow/performed-steps.ts';
import { recentlyScheduled } from '#workflow/scheduled-steps.ts';

/** Study Instance UIDs, or 'many' where they are too many to name. */
export type Changed = readonly string[] | 'many';

/** Who listens. */
export interface Listening {
  studies(changed: Changed): void;
  /** Performed steps (MPPS) that were created or changed; 'many' where they are too many to name. */
  steps(changed: readonly ChangedStep[] | 'many'): void;
  /** Something that is sent to devices, or a rule by which it is; for who may manage. */
  sends(): void;
  /** Entries of the worklist; for who may see every study. */
  worklist(): void;
}

export interface StudyChanges {
  /**
   * Calls `heard` with what changes from now on, of what the caller may see. When it resolves, nothing that is committed
   * later is missed. What changed just before may be told too, where a look for others was under way: once too often costs one search.
   * @returns what stops it
   */
  listen(caller: Caller, heard: Listening): Promise<() => void>;
}

interface Listener {
  readonly caller: Caller;
  readonly heard: Listening;
}

export function openStudyChanges({ database, log }: { database: Database; log: Log }): StudyChanges {
  const { lookMs, overlapSeconds, studies: most } = limits.events;
  const listeners = new Set<Listener>();
  const freshStudies = onlyFresh(({ StudyInstanceUID }: ChangedStudy) => StudyInstanceUID);
  const freshSteps = onlyFresh(({ SOPInstanceUID }: ChangedStep) => SOPInstanceUID);
  const freshSends = onlyFresh(({ id }: { id: number; changedAt: string }) => id);
  const freshEntries = onlyFresh(({ id }: { id: number; changedAt: string }) => id);
  /** While anybody listens: the looks, which begin when the first one is over. */
  let looking: Promise<Look> | undefined;
  let stopped: PromiseLike<void> | undefined;
  let rulesBefore = '';

  /** Looks once; the first look after a pause only learns what is known already. */
  async function look(isFirst: boolean): Promise<void> {
    const [studies, steps, sends, entries, rules] = await Promise.all([
      recentChanges(database, overlapSeconds, most + 1),
      recentlyPerformed(database, overlapSeconds, most + 1),
      recentSends(database.pool, overlapSeconds, most),
      recentlyScheduled(database, overlapSeconds, most),
      routesAsOf(database.pool),
    ]);
    const [newStudies, newSteps] = [freshStudies(studies), freshSteps(steps)];
    const [newSends, newEntries] = [freshSends(sends), freshEntries(entries)];
    const isSendingNews = newSends.length > 0 || rules !== rulesBefore;
    rulesBefore = rules;
    if (isFirst) return;
    for (const listener of listeners) {
      if (newSteps.length > 0) tellSteps(listener, steps.length > most ? 'many' : newSteps);
      if (newStudies.length > 0)
        tell(listener, studies.length > most ? 'many' : newStudies.map(({ StudyInstanceUID }) => StudyInstanceUID));
      const { caller, heard } = listener;
      if (caller.scope.studies !== 'all') continue;
      if (isSendingNews && caller.rights.has('manage')) heard.sends();
      if (newEntries.length > 0) heard.worklist();
    }
  }

  async function begin(): Promise<Look> {
    await stopped;
    await look(true);
    return lookEvery({ what: 'what open study lists are told', everyMs: lookMs, log }, async () => {
      await look(false);
      return false;
    });
  }

  function leave(listener: Listener): void {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    stopped = looking?.then((looks) => looks[Symbol.asyncDispose]());
    looking = undefined;
  }

  return {
    async listen(caller, heard) {
      const listener = { caller, heard };
      listeners.add(listener);
      // Those who come together share the first look: a second one would take for known what nobody is told.
      looking ??= begin().catch((error: unknown) => {
        looking = undefined;
        throw error;
      });
      try {
        await looking;
      } catch (error) {
        leave(listener);
        throw error;
      }
      return () => leave(listener);
    },
  };
}

/**
 * Of what was asked, what was not there when it was asked last, or has changed since: a transaction that took long shows up with a
 * past time.
 */
function onlyFresh<T extends { readonly changedAt: string }>(
  keyOf: (one: T) => string | number,
): (all: readonly T[]) => T[] {
  let told = new Map<string | number, string>();
  return (all) => {
    const fresh = all.filter((one) => told.get(keyOf(one)) !== one.changedAt);
    told = new Map(all.map((one) => [keyOf(one), one.changedAt]));
    return fresh;
  };
}

function tell({ caller: { scope }, heard }: Listener, changed: Changed): void {
  if (changed === 'many' || scope.studies === 'all') return heard.studies(changed);
  const own = new Set<string>(scope.studies);
  const visible = changed.filter((uid) => own.has(uid));
  if (visible.length > 0) heard.studies(visible);
}

function tellSteps({ caller: { scope }, heard }: Listener, changed: readonly ChangedStep[] | 'many'): void {
  if (changed === 'many' || scope.studies === 'all') return heard.steps(changed);
  const own = new Set<string>(scope.studies);
  const visible = changed.filter(({ studies }) => studies.some((uid) => own.has(uid)));
  if (visible.length > 0) heard.steps(visible);
}
