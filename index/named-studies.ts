/**
 * Studies by the name of their patient: asked of a study's row, where rows are read in any case, or looked for among the names
 * that there are (migrations/0014-index-person-name.sql). Both find the same.
 */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import { indexedAttributes } from '#index/attributes.ts';
import type { IndexedAttribute } from '#index/attributes.ts';
import { cleanKey, condition } from '#index/matching.ts';
import { personName } from '#index/name-matching.ts';

type Fragment = RawBuilder<unknown>;

export const patientName = indexedAttributes.find(({ keyword }) => keyword === 'PatientName') as IndexedAttribute;

/** Which studies a key names. @throws BadKey */
export type ByName = (key: string) => Fragment | undefined;

/** Asked of a study's row. */
export const inRow: ByName = (key) => condition(patientName, (name) => sql.ref(`study.${name}`), key);

/** Looked for among the names that there are: they are fewer than the studies, and have the indexes. */
export const amongNames: ByName = (key) => {
  // As migrations/0014-index-person-name.sql has it: PostgreSQL looks for the very same expression.
  const lexemes = sql`array_to_tsvector(string_to_array(btrim(person_name.patient_name_words), ' '))`;
  const named = personName(patientName, (name) => sql.ref(`person_name.${name}`), cleanKey(key), lexemes);
  return named && sql`study.name IN (SELECT person_name.id FROM index.person_name WHERE ${named})`;
};

/** What is typed into one field names a patient by the beginnings of words, or is a number as it stands. */
export function typed(key: string): Fragment {
  return sql`(${inRow(typedName(key)) ?? sql`true`} OR ${typedNumber(key)})`;
}

export function typedName(key: string): string {
  const words = key.split(/\s+/).map((word) => (/[*?^=]/.test(word) ? word : `${word}*`));
  return words.join(' ');
}

export function typedNumber(key: string): Fragment {
  return sql`(study.patient_id = ${key} OR study.accession_number = ${key})`;
}
