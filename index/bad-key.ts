/** What the parts of `matching.ts` throw. */
import type { IndexedAttribute } from '#index/attributes.ts';

/** A key that cannot be read as its attribute's values are written; the message never repeats it. */
export class BadKey extends Error {
  override name = 'BadKey';
  readonly attribute: IndexedAttribute;

  constructor(attribute: IndexedAttribute, what: string) {
    super(`${attribute.keyword} ${what}`);
    this.attribute = attribute;
  }
}
