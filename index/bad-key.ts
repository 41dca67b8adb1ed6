/** What the parts of `matching.ts` throw. */
import { limits } from '#settings/limits.ts';
import type { IndexedAttribute } from './attributes.ts';

/** A key that cannot be read as its attribute's values are written; the message never repeats it. */
export class BadKey extends Error {
  override name = 'BadKey';
  readonly attribute: IndexedAttribute;

  constructor(attribute: IndexedAttribute, what: string) {
    super(`${attribute.keyword} ${what}`);
    this.attribute = attribute;
  }
}

/** Each pattern is a condition, and is looked for in every row: few are. @throws BadKey */
export function fewPatterns(attribute: IndexedAttribute, patterns: readonly string[]): readonly string[] {
  const most = limits.search.patterns;
  if (patterns.length > most) throw new BadKey(attribute, `has at most ${most} words or wildcard patterns`);
  return patterns;
}
