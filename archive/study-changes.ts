/**
 * Tells open study lists what changed. While anybody listens, each archive asks the index once a second; so it hears of
 * what other archives receive too, and the transaction that stores an instance has nothing to do for it.
 */
import type { Caller } from '#access/caller.ts';
import { recentChanges } from '#index/changes.ts';
import type { Database } from '#index/database.ts';
import { limits } from '#settings/limits.ts';
import type { Log } from '#settings/log.ts';

/** Study Instance UIDs, or 'many' where they are too many to name. */
export type Changed = readonly string[] | 'many';

export interface StudyChanges {
  /**
   * Calls `heard` with what changes from now on, of what the caller may see. When it resolves, nothing that is committed
   * later is missed.
   * @returns what stops it
   */
  listen(caller: Caller, heard: (changed: Changed) => void): Promise<() => void>;
}

interface Listener {
  readonly caller: Caller;
  readonly heard: (changed: Changed) => void;
}

export function openStudyChanges({ database, log }: { database: Database; log: Log }): StudyChanges {
  const { lookMs, lookAfterFailureMs, overlapSeconds, studies: most } = limits.events;
  const listeners = new Set<Listener>();
  // What was told of lately: a study, and when it had changed. A transaction that took long shows up with a past time.
  let told = new Map<string, string>();
  let looking: Promise<void> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failed = false;

  /** Looks once; the first look after a pause only learns what is known already. */
  async function look(isFirst: boolean): Promise<void> {
    const changes = await recentChanges(database, overlapSeconds, most + 1);
    const fresh = changes.filter(({ StudyInstanceUID, changedAt }) => told.get(StudyInstanceUID) !== changedAt);
    told = new Map(changes.map(({ StudyInstanceUID, changedAt }) => [StudyInstanceUID, changedAt]));
    if (isFirst || fresh.length === 0) return;
    const uids = changes.length > most ? 'many' : fresh.map(({ StudyInstanceUID }) => StudyInstanceUID);
    for (const listener of listeners) tell(listener, uids);
  }

  function lookAgain(afterMs: number): void {
    timer = setTimeout(() => {
      looking = look(false).then(
        () => {
          failed = false;
          goOn(lookMs);
        },
        (error: unknown) => {
          if (!failed) log.warn({ err: error }, 'open study lists cannot be told what changes');
          failed = true;
          goOn(lookAfterFailureMs);
        },
      );
    }, afterMs);
    timer.unref();
  }

  function goOn(afterMs: number): void {
    timer = undefined;
    if (listeners.size > 0) lookAgain(afterMs);
  }

  return {
    async listen(caller, heard) {
      const listener = { caller, heard };
      await looking?.catch(() => {});
      if (listeners.size === 0 && timer === undefined) {
        looking = look(true);
        await looking;
      }
      listeners.add(listener);
      if (timer === undefined) lookAgain(lookMs);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearTimeout(timer);
        timer = undefined;
      };
    },
  };
}

function tell({ caller: { scope }, heard }: Listener, changed: Changed): void {
  if (changed === 'many' || scope.studies === 'all') return heard(changed);
  const own = new Set<string>(scope.studies);
  const visible = changed.filter((uid) => own.has(uid));
  if (visible.length > 0) heard(visible);
}
