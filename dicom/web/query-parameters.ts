/**
 * The query of a search (PS3.18 Section 8.3.4): attributes to match, attributes to include, kinds of matching, paging; beside
 * them what any request may say of its answer (Section 8.3.3).
 */
import { findTag } from '../data/dictionary.ts';

/** Tags from the data set inwards: one, or those of the sequences around it before it. */
export type AttributePath = readonly number[];

export interface QueryParameters {
  /** In the order they stand; the values of a repeated one are joined by commas. */
  readonly matches: readonly { readonly path: AttributePath; readonly name: string; readonly value: string }[];
  readonly includeFields: readonly { readonly path: AttributePath; readonly name: string }[];
  /** `includefield=all` */
  readonly includeAll: boolean;
  readonly fuzzyMatching: boolean;
  readonly emptyValueMatching: boolean;
  readonly multipleValueMatching: boolean;
  readonly limit: number | undefined;
  readonly offset: number;
}

/** A parameter that cannot be read; the message names it, and never its value. */
export class BadParameter extends Error {
  override name = 'BadParameter';
}

const hexadecimal = /^[0-9A-Fa-f]{8}$/;

/**
 * @param count    how many parameters are looked at, at most
 * @param isList   whether a repeated attribute means a list of values (UID lists); others may stand once
 * @throws BadParameter
 */
export function parseQueryParameters(
  query: URLSearchParams,
  count: number,
  isList: (path: AttributePath) => boolean,
): QueryParameters {
  const matches = new Map<string, { path: AttributePath; name: string; value: string }>();
  const includeFields: { path: AttributePath; name: string }[] = [];
  const parameters = {
    includeAll: false,
    fuzzyMatching: false,
    emptyValueMatching: false,
    multipleValueMatching: false,
    limit: undefined as number | undefined,
    offset: 0,
  };
  if (query.size > count) throw new BadParameter(`more than ${count} parameters`);
  for (const [name, value] of query) {
    if (name === 'limit' || name === 'offset') parameters[name] = wholeNumber(name, value);
    else if (isKind(name)) {
      if (value !== 'true' && value !== 'false') throw new BadParameter(`${name} is true or false`);
      parameters[kindsOfMatching[name]] = value === 'true';
    } else if (name === 'charset') requireUtf8(value);
    else if (name === 'accept')
      continue; // Section 8.7.8: with the header Accept
    else if (name === 'includefield') {
      for (const field of value.split(',').filter(Boolean)) {
        if (field === 'all') parameters.includeAll = true;
        else includeFields.push({ path: attributePath(field), name: field });
      }
      if (includeFields.length > count) throw new BadParameter(`more than ${count} included attributes`);
    } else {
      const path = attributePath(name);
      const before = matches.get(path.join());
      if (!before) matches.set(path.join(), { path, name, value });
      else if (isList(path)) before.value += `,${value}`;
      else if (before.value !== value) throw new BadParameter(`${name} is given twice`);
    }
  }
  return { matches: [...matches.values()], includeFields, ...parameters };
}

/** Sections 8.3.4.2, 8.3.4.5 and 8.3.4.6. */
const kindsOfMatching = {
  fuzzymatching: 'fuzzyMatching',
  emptyvaluematching: 'emptyValueMatching',
  multiplevaluematching: 'multipleValueMatching',
} as const;

function isKind(name: string): name is keyof typeof kindsOfMatching {
  return Object.hasOwn(kindsOfMatching, name);
}

/** Results are UTF-8 in every form; a list that has not that is refused (Section 8.3.3.2). */
function requireUtf8(charsets: string): void {
  const names = charsets.split(',').map((each) => each.split(';', 1)[0]!.replaceAll('"', '').trim().toLowerCase());
  if (!names.some((name) => name === 'utf-8' || name === 'iso_ir 192')) throw new BadParameter('charset is utf-8');
}

/** More than any archive holds is as good as no end; clients ask for the largest number that they know. */
const most = 2 ** 31 - 1;

function wholeNumber(name: string, value: string): number {
  if (!/^\d{1,20}$/.test(value)) throw new BadParameter(`${name} is a whole number of at most 20 digits`);
  return Math.min(Number(value), most);
}

/** Keywords, or tags of eight hexadecimal digits, joined by points. */
function attributePath(name: string): AttributePath {
  return name.split('.').map((part) => {
    const tag = hexadecimal.test(part) ? Number.parseInt(part, 16) : findTag(part);
    if (tag === undefined) throw new BadParameter(`${JSON.stringify(name.slice(0, 80))} is not an attribute`);
    return tag;
  });
}
