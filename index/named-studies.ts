/**
 * Studies and patients by name: asked of a study's row, where rows are read in any case, or looked for among the names
 * that there are (migrations/0014-index-person-name.sql and 0016). Both find the same.
 */
import { sql } from 'kysely';
import { indexedAttribute } from './attributes.ts';
import type { Fragment } from './composed.ts';
import { cleanKey, condition } from './matching.ts';
import { waysOfName } from './name-matching.ts';

export const patientName = indexedAttribute('PatientName');

/** Which rows of a table a key names. @throws BadKey */
export type ByName = (key: string, table?: 'study' | 'patient') => Fragment | undefined;

/** Asked of a study's row. */
export const inRow: ByName = (key) => condition(patientName, (name) => sql.ref(`study.${name}`), key);

/**
 * Looked for among the names that there are: they are fewer than the studies, and have the indexes.
 * @param isAlone  nothing else is asked. Else, what has but one word of a name may be found by what else is asked, and its
 *   names looked at one after the other: as text, because their lists of words would have to be made for that
 */
export const amongNames =
  (isAlone: boolean): ByName =>
  (key, table = 'study') => {
    const lexemes = isAlone || hasTwoWords(key) ? sql`index.name_lexemes(person_name.patient_name_words)` : undefined;
    const ways = waysOfName(patientName, (name) => sql.ref(`person_name.${name}`), cleanKey(key), lexemes);
    if (ways.length === 0) return undefined;
    // Each by itself, so that each is read from its own index alone.
    const found = ways.map((named) => sql`SELECT person_name.id FROM index.person_name WHERE ${named}`);
    return sql`${sql.ref(`${table}.name`)} IN (${sql.join(found, sql` UNION ALL `)})`;
  };

export function hasTwoWords(name: string): boolean {
  return name.split(/[\s^=,]+/).filter((word) => /[^*?]/.test(word)).length > 1;
}

/** What is typed into one field names a patient by the beginnings of words, or is a number as it stands. */
export function typed(key: string): Fragment {
  return sql`(${inRow(typedName(key)) ?? sql`true`} OR ${typedNumber(key)})`;
}

export function typedName(key: string): string {
  const words = key.split(/\s+/).map((word) => (/[*?^=]/.test(word) ? word : `${word}*`));
  return words.join(' ');
}

/**
 * The patient's number is any that a study of his came with; studies from before somebody wrote it are found too. As an array,
 * made before the search, because a subquery beside an OR would be asked of every study.
 */
export function typedNumber(key: string): Fragment {
  const patients = sql`ARRAY(SELECT other.patient FROM index.other_patient_ids
    JOIN index.study AS other ON other.id = other_patient_ids.study WHERE other_patient_id = ${key})`;
  return sql`(study.patient_id = ${key} OR study.accession_number = ${key} OR study.patient = ANY (${patients}))`;
}
