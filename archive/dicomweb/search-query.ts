/** The address of a search as a query (PS3.18 Sections 8.3.4 and 10.6): what is matched, what is given back, what is not. */
import { parseQueryParameters } from '#dicom/web/query-parameters.ts';
import type { AttributePath, QueryParameters } from '#dicom/web/query-parameters.ts';
import { attributeAt, indexedAttribute, indexedAttributes } from '#index/attributes.ts';
import type { IndexedAttribute, Level } from '#index/attributes.ts';
import { isEmptyKey, isMatched } from '#index/matching.ts';
import { isOf, levelsDownTo } from '#index/query.ts';
import type { Match, Query } from '#index/query.ts';
import { limits } from '#settings/limits.ts';
import type { CallerRequest } from '../http/resource.ts';
import { readParameters } from '../read-parameters.ts';

/** One of the resources of Table 10.6.1-2. */
export interface SearchPlace {
  readonly path: string;
  readonly level: Exclude<Level, 'patient'>;
  /** Levels whose attributes every result has: its own, and those above it that the address does not name. */
  readonly given: readonly Level[];
}

export interface SearchRequest {
  /** `limit` is what the caller gets at most. */
  readonly query: Query & {
    readonly level: SearchPlace['level'];
    readonly limit: number;
    readonly offset: number;
  };
  /** Attributes that are read from the stored objects. */
  readonly fromObjects: readonly AttributePath[] | 'all';
  /** Texts of Warning headers. */
  readonly warnings: readonly string[];
}

/** Names of what the index has no column for, or that was asked of a lower level. */
const harmless = (name: string): string => name.replace(/[^\w.]/g, '').slice(0, 80);

/** @throws Problem badRequest */
export function readSearch(request: CallerRequest, place: SearchPlace): SearchRequest {
  const parameters = parametersOf(request);
  const matches: Match[] = Object.entries(request.params).map(([keyword, value]) => ({
    attribute: indexedAttribute(keyword),
    value: String(value),
  }));
  const returned = new Set(givenAttributes(place, parameters.includeAll));
  const empty: IndexedAttribute[] = [];
  const notMatched: string[] = [];
  for (const { path, name, value } of parameters.matches) {
    const known = attributeAt(path);
    const attribute = known && isOf(known, place.level) ? known : undefined;
    if (attribute) returned.add(attribute);
    if (attribute && isMatched(attribute)) {
      if (parameters.emptyValueMatching && isEmptyKey(value)) empty.push(attribute);
      else matches.push({ attribute, value });
    } else if (value !== '') notMatched.push(harmless(name));
  }
  const { fields, notIncluded } = includedFields(parameters, place, returned);
  const fromObjects = parameters.includeAll && place.level === 'instance' ? 'all' : fields;
  const most = fromObjects === 'all' || fromObjects.length > 0 ? limits.search.heads : limits.http.queryResults;
  return {
    query: {
      level: place.level,
      matches,
      empty,
      returned: [...returned],
      combinedDateTime: true,
      fuzzyNames: parameters.fuzzyMatching,
      everyValue: parameters.multipleValueMatching,
      limit: Math.min(parameters.limit ?? most, most),
      offset: parameters.offset,
    },
    fromObjects,
    warnings: [
      ...(notMatched.length ? [`not matched: ${notMatched.join(', ')}`] : []),
      ...(notIncluded.length ? [`not included: ${notIncluded.join(', ')}`] : []),
    ],
  };
}

function parametersOf(request: CallerRequest): QueryParameters {
  const at = request.originalUrl.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : request.originalUrl.slice(at));
  const { queryParameters } = limits.http;
  const isUidList = (path: AttributePath) => /^uids?$/.test(attributeAt(path)?.matching ?? '');
  return readParameters(() => parseQueryParameters(query, queryParameters, isUidList));
}

/** Without `all`, how much there is of the patient is not counted for every result, nor his other numbers looked for. */
function givenAttributes({ level, given }: SearchPlace, all: boolean): IndexedAttribute[] {
  if (all) return indexedAttributes.filter((attribute) => isOf(attribute, level));
  return indexedAttributes.filter(
    ({ level: of, received, within, isDear }) =>
      given.includes(of) && !isDear && (of !== 'patient' || (received && within === undefined)),
  );
}

/** What `includefield` names: from the index where it is there, else from objects; attributes of a lower level not at all. */
function includedFields(
  { includeFields }: QueryParameters,
  { level }: SearchPlace,
  returned: Set<IndexedAttribute>,
): { fields: AttributePath[]; notIncluded: string[] } {
  const fields: AttributePath[] = [];
  const notIncluded: string[] = [];
  for (const { path, name } of includeFields) {
    const attribute = attributeAt(path);
    const knownLevel = (attribute ?? indexedAttributes.find(({ within }) => within === path[0]))?.level;
    if ((knownLevel && !levelsDownTo(level).includes(knownLevel)) || (attribute && !isOf(attribute, level)))
      notIncluded.push(harmless(name));
    else if (attribute) returned.add(attribute);
    else if (!alwaysThere.has(path[0] as number)) fields.push(path, ...indexedBeside(path));
  }
  return { fields, notIncluded };
}

/** Of a sequence that the index knows in part, that part too: the object's items take the place of the index's. */
function indexedBeside([sequence, ...rest]: AttributePath): AttributePath[] {
  if (rest.length === 0) return [];
  return indexedAttributes.flatMap(({ within, tag }) => (within === sequence ? [[sequence as number, tag]] : []));
}

/** Specific Character Set, Instance Availability and Retrieve URL are ours to say. */
const alwaysThere = new Set([0x00080005, 0x00080056, 0x00081190]);
