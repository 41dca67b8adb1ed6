/** The query of a QIDO-RS address (PS3.18 Sections 8.3.4 and 10.6): attributes to match, paging, fuzzy matching. */
import { tagOf } from '#dicom/data/dictionary.ts';

export interface QueryParameters {
  /** (tag, value) in the order they stand. */
  readonly matches: readonly { readonly tag: number; readonly name: string; readonly value: string }[];
  readonly limit: number | undefined;
  readonly offset: number;
}

/** A parameter that cannot be read; the message names it. */
export class BadParameter extends Error {
  override name = 'BadParameter';
}

const hexadecimal = /^[0-9A-Fa-f]{8}$/;

/** @param count how many parameters are looked at, at most @throws BadParameter */
export function parseQueryParameters(query: URLSearchParams, count: number): QueryParameters {
  const matches: { tag: number; name: string; value: string }[] = [];
  let limit: number | undefined;
  let offset = 0;
  if (query.size > count) throw new BadParameter(`more than ${count} parameters`);
  for (const [name, value] of query) {
    if (name === 'limit') limit = wholeNumber(name, value);
    else if (name === 'offset') offset = wholeNumber(name, value);
    else if (name === 'fuzzymatching') {
      if (value !== 'true' && value !== 'false') throw new BadParameter('fuzzymatching is true or false');
    } else if (name !== 'includefield') {
      matches.push({ tag: attributeTag(name), name, value });
    }
  }
  return { matches, limit, offset };
}

function wholeNumber(name: string, value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new BadParameter(`${name} is a whole number`);
  return Number(value);
}

/** A keyword, or a tag of eight hexadecimal digits; a path into a sequence is known by its last attribute. */
function attributeTag(name: string): number {
  const last = name.split('.').at(-1) ?? '';
  const tag = hexadecimal.test(last) ? Number.parseInt(last, 16) : tagOf(last);
  if (tag === undefined) throw new BadParameter(`${JSON.stringify(name.slice(0, 40))} is not an attribute`);
  return tag;
}
