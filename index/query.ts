/** What C-FIND and QIDO-RS ask alike, and what a row of the answer holds. */
import { indexedSequences } from './attributes.ts';
import type { IndexedAttribute, IndexedSequence, Level } from './attributes.ts';

export interface Match {
  readonly attribute: IndexedAttribute;
  readonly value: string;
}

export interface Query {
  readonly level: Level;
  /** Those of a level below are for what there is below: one thing there has to match all of them. */
  readonly matches: readonly Match[];
  /** Those of the level and above it that have no value (empty value matching, PS3.4 C.2.2.2.7). */
  readonly empty?: readonly IndexedAttribute[];
  /** Of several values of a key, an attribute that may have several has every one, not any (multiple value matching, C.2.2.2.8). */
  readonly everyValue?: boolean;
  /** What each row holds, by `resultColumn`; beside it every row has the UIDs down to its level, and `id`. */
  readonly returned: readonly IndexedAttribute[];
  /** Rows hold `study_flags` and `study_changed_at` too. */
  readonly withState?: boolean;
  /** As a person types it: words of the name, a Patient ID or an accession number, in one field. */
  readonly text?: string;
  /** A range of dates and a range of times are one range of moments (PS3.4 C.2.2.2.5.2). */
  readonly combinedDateTime?: boolean;
  /** Names by their words alone, in any order and in whatever component (fuzzy semantic matching). */
  readonly fuzzyNames?: boolean;
  /** Dates with their times, matched and given, are those of clocks elsewhere (timezone query adjustment). */
  readonly timezone?: {
    /** From UTC, as `+0700`. */
    readonly offset: string;
    /** The zone of what was stored without an offset, as `Asia/Ho_Chi_Minh`. */
    readonly site: string;
  };
  /** Only studies with a flag: those that wait for a person's decision. */
  readonly flagged?: boolean;
  /** Goes on behind the row with these values, as `keysOf` gave them. */
  readonly after?: readonly unknown[];
  /** Rows at most; all where it is absent. */
  readonly limit?: number;
  readonly offset?: number;
}

/** Columns by `resultColumn`; `id` is the row's own key in its table. */
export type FoundRow = Readonly<Record<string, unknown>>;

/** Study Instance UIDs a caller is limited to, or null for all. */
export type ScopeUids = readonly string[] | null;

const levels: readonly Level[] = ['patient', 'study', 'series', 'instance'];

/** The levels that an answer at `level` is made of. */
export function levelsDownTo(level: Level): readonly Level[] {
  return levels.slice(0, levels.indexOf(level) + 1);
}

/** Whether an answer at `level` may hold this attribute. What is dear would be put together for each row below anew. */
export function isOf({ level: own, isDear }: IndexedAttribute, level: Level): boolean {
  return isDear ? own === level : levelsDownTo(level).includes(own);
}

/** Those that it is made of no more. */
export function levelsBelow(level: Level): readonly Level[] {
  return levels.slice(levels.indexOf(level) + 1);
}

/** The name of an attribute's column in a row of the answer, or in an item of it. */
export function resultColumn({ level, column }: IndexedAttribute): string {
  return `${level}_${column}`;
}

/** The items of a sequence in a row of the answer: those that match the keys, each by `resultColumn`. */
export function itemsOf(row: FoundRow, sequence: number): readonly FoundRow[] {
  const found = indexedSequences.find(({ tag }) => tag === sequence);
  return (found && (row[sequenceColumn(found)] as readonly FoundRow[] | null | undefined)) ?? [];
}

/** The name of the column that holds the items of a sequence. */
export function sequenceColumn({ level, table }: IndexedSequence): string {
  return `${level}_${table}`;
}

/** The name of the column that holds the row's place in the order of its level: the first, second, … of its keys. */
export const keyName = (at: number): string => `key_${at}`;
