/** Modalities of a study as bits (migrations/0014-index-person-name.sql): where they are asked for, and when. */
import { sql } from 'kysely';
import type { IndexedAttribute } from './attributes.ts';
import type { Fragment } from './composed.ts';
import { cleanKey, listed } from './matching.ts';
import { hasTwoWords } from './named-studies.ts';
import type { Match, Query } from './query.ts';
import { daysNamed } from './range-matching.ts';
import { hasWildcard } from './wildcards.ts';

/**
 * ModalitiesInStudy asked of an index that has the common modalities as bits. What PostgreSQL knows when it plans, it leaves out: of the
 * two ways one remains. It guesses that few rows are equal to something, and a third greater.
 */
export function modalitiesByBits(
  attribute: IndexedAttribute,
  value: string,
  otherwise: Fragment,
  every = false,
): Fragment {
  const keys = listed(attribute, cleanKey(value).replaceAll(',', '\\'));
  if (keys.some(hasWildcard)) return otherwise;
  const bits = sql`index.modality_bits(${keys}::text[])`;
  const isOne =
    every || keys.length === 1 ? sql`study.modality_bits & ${bits} = ${bits}` : sql`study.modality_bits & ${bits} > 0`;
  return sql`CASE WHEN ${keys}::text[] <@ index.common_modalities() THEN ${isOne} ELSE ${otherwise} END`;
}

/**
 * Whether what else is asked leaves few studies, or few that lack the modality: two words of a name, a few days, any name with
 * a modality that every hospital has. To look those through for it is quicker than to read the list of all studies that have it,
 * which PostgreSQL would do: it thinks too little of that and too much of a row in memory. So it gets an expression that no
 * such list has.
 */
export function isLookedThrough({ matches, text = '' }: Query): boolean {
  const of = (is: (attribute: IndexedAttribute) => boolean): Match[] =>
    matches.filter(({ attribute, value }) => is(attribute) && cleanKey(value) !== '');
  const names = [text, ...of(({ matching }) => matching === 'name').map(({ value }) => value)];
  const modalities = of(({ matching }) => matching === 'modalities').map(({ value }) => cleanKey(value));
  return (
    names.some(hasTwoWords) ||
    (names.some((name) => /[^\s^=*?,]/.test(name)) && modalities.every((key) => /^(CR|CT|DX|MR|US)$/.test(key))) ||
    of(({ keyword }) => keyword === 'StudyDate').some(
      ({ attribute, value }) => daysNamed(attribute, cleanKey(value)) <= fewDays,
    )
  );
}

/** In which the largest hospital has no more studies than are soon looked through. */
const fewDays = 100;
