/** Turns a query into SQL and gives its rows: studies, series or instances with everything that stands above them. */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import type { Database } from '#index/database.ts';
import { indexedAttributes } from '#index/attributes.ts';
import type { IndexedAttribute, Level } from '#index/attributes.ts';
import { condition } from '#index/matching.ts';

export interface Match {
  readonly attribute: IndexedAttribute;
  readonly value: string;
}

/** What C-FIND and QIDO-RS ask alike. */
export interface Query {
  readonly level: Level;
  readonly matches: readonly Match[];
  readonly limit: number;
  readonly offset: number;
}

/** A search as a person types it: words of the name, a Patient ID or an accession number, in one field. */
export interface TypedSearch extends Query {
  readonly text?: string;
}

/** Columns by name, those of the study with `study_` collisions kept apart by the level's prefix. */
export type FoundRow = Readonly<Record<string, unknown>>;

/** Study Instance UIDs a caller is limited to, or null for all. */
export type ScopeUids = readonly string[] | null;

const levels: readonly Level[] = ['study', 'series', 'instance'];

/** The levels that an answer at `level` is made of. */
export function levelsDownTo(level: Level): readonly Level[] {
  return levels.slice(0, levels.indexOf(level) + 1);
}

/** The name of an attribute's column in a row of the answer. */
export function resultColumn({ level, column }: IndexedAttribute): string {
  return `${level}_${column}`;
}

export async function searchIndex(database: Database, query: TypedSearch, scope: ScopeUids): Promise<FoundRow[]> {
  const depth = levelsDownTo(query.level);
  const conditions: RawBuilder<unknown>[] = [];
  for (const { attribute, value } of query.matches) {
    if (!depth.includes(attribute.level)) continue;
    const made = condition(attribute, (name) => sql.ref(`${attribute.level}.${name}`), value);
    if (made) conditions.push(made);
  }
  if (query.text) conditions.push(typed(query.text));
  const where = conditions.length ? sql`WHERE ${sql.join(conditions, sql` AND `)}` : sql``;
  const { rows } = await sql<FoundRow>`
    SELECT ${sql.join(columns(depth))} FROM ${source(query.level, scope)} ${where}
    ORDER BY ${order(query.level)} LIMIT ${query.limit} OFFSET ${query.offset}`.execute(database.kysely);
  return rows;
}

const patientName = indexedAttributes.find(({ keyword }) => keyword === 'PatientName') as IndexedAttribute;

function typed(text: string): RawBuilder<unknown> {
  const study = (name: string): RawBuilder<unknown> => sql.ref(`study.${name}`);
  const key = text.trim();
  const name = condition(
    patientName,
    study,
    key
      .split(/\s+/)
      .map((word) => (/[*?^=]/.test(word) ? word : `${word}*`))
      .join(' '),
  );
  return sql`(${name ?? sql`true`} OR ${study('patient_id')} = ${key} OR ${study('accession_number')} = ${key})`;
}

function columns(depth: readonly Level[]): RawBuilder<unknown>[] {
  const selected = indexedAttributes
    .filter(({ level }) => depth.includes(level))
    .map((attribute) => {
      const column = sql.ref(`${attribute.level}.${attribute.column}`);
      const value =
        attribute.column === 'sop_class' ? sql`(SELECT uid FROM index.known_uid WHERE id = ${column})` : column;
      return sql`${value} AS ${sql.ref(resultColumn(attribute))}`;
    });
  selected.push(sql`study.flags AS study_flags`, sql`study.changed_at AS study_changed_at`);
  if (depth.includes('instance')) {
    selected.push(
      sql`(SELECT uid FROM index.known_uid WHERE id = instance.transfer_syntax) AS instance_transfer_syntax`,
    );
  }
  return selected;
}

function source(level: Level, scope: ScopeUids): RawBuilder<unknown> {
  if (level === 'study') return sql`index.readable_studies(${scope}::text[]) AS study`;
  const study = sql`JOIN index.study AS study ON study.id = series.study`;
  if (level === 'series') return sql`index.readable_series(${scope}::text[]) AS series ${study}`;
  return sql`index.readable_instances(${scope}::text[]) AS instance JOIN index.series AS series ON series.id = instance.series ${study}`;
}

/** Newest study first, then as the reader scrolls. Ends in a key, so that pages neither repeat nor leave out. */
function order(level: Level): RawBuilder<unknown> {
  const newest = sql`study.study_date DESC, study.study_time DESC, study.id DESC`;
  if (level === 'study') return newest;
  const series = sql`${newest}, series.series_number NULLS LAST, series.id`;
  return level === 'series' ? series : sql`${series}, instance.instance_number NULLS LAST, instance.id`;
}
