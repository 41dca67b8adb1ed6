/** QIDO-RS (PS3.18 Section 10.6): studies, series and instances as DICOM JSON. */
import type { CallerRequest, Resource } from '#archive/http/resource.ts';
import { Problem } from '#archive/problems.ts';
import { search } from '#archive/search.ts';
import type { SearchParts } from '#archive/search.ts';
import { hexTag } from '#dicom/data/dictionary.ts';
import { parsePersonName } from '#dicom/data/person-name.ts';
import type { DicomJson, JsonAttribute, JsonValue } from '#dicom/web/dicom-json.ts';
import { covers, parseAccept } from '#dicom/web/media-types.ts';
import { BadParameter, parseQueryParameters } from '#dicom/web/query-parameters.ts';
import { indexedAttributes } from '#index/attributes.ts';
import type { IndexedAttribute, Level } from '#index/attributes.ts';
import { isMatched } from '#index/matching.ts';
import { levelsDownTo, resultColumn } from '#index/search.ts';
import type { FoundRow, Match } from '#index/search.ts';
import { limits } from '#settings/limits.ts';

interface Place {
  readonly path: string;
  readonly level: Level;
}

/** The resources of Table 10.6.1-1. */
const places: readonly Place[] = [
  { path: '/studies', level: 'study' },
  { path: '/studies/:StudyInstanceUID/series', level: 'series' },
  { path: '/series', level: 'series' },
  { path: '/studies/:StudyInstanceUID/series/:SeriesInstanceUID/instances', level: 'instance' },
  { path: '/studies/:StudyInstanceUID/instances', level: 'instance' },
  { path: '/instances', level: 'instance' },
];

export function searchResources(parts: SearchParts & { readonly baseUrl: string }): Resource[] {
  return places.map(({ path, level }) => ({
    method: 'get' as const,
    path,
    right: 'read' as const,
    handle: async (request, response) => {
      if (
        !parseAccept(request.headers.accept).some(
          (range) => covers(range, 'application/dicom+json') || covers(range, 'application/json'),
        )
      ) {
        throw new Problem('notAcceptable', 'search results are application/dicom+json');
      }
      const { matches, ignored, limit, offset } = readQuery(request, level);
      const rows = await search({ level, matches, limit, offset }, request.caller, parts);
      if (ignored.length > 0) response.append('Warning', `299 lightbox "not matched: ${ignored.join(', ')}"`);
      response.set('Cache-Control', 'private, no-cache');
      response
        .type('application/dicom+json')
        .send(JSON.stringify(rows.map((row) => resultJson(row, level, parts.baseUrl))));
    },
  }));
}

function readQuery(
  request: CallerRequest,
  level: Level,
): { matches: Match[]; ignored: string[]; limit: number; offset: number } {
  const at = request.originalUrl.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : request.originalUrl.slice(at));
  try {
    const parameters = parseQueryParameters(query, limits.http.queryParameters);
    const depth = levelsDownTo(level);
    const matches: Match[] = [];
    const ignored: string[] = [];
    const inPath = Object.entries(request.params).map(([name, value]) => ({
      tag: byKeyword(name).tag,
      name,
      value: String(value),
    }));
    for (const { tag, name, value } of [...inPath, ...parameters.matches]) {
      const attribute = indexedAttributes.find(
        (each) => each.tag === tag && depth.includes(each.level) && isMatched(each),
      );
      if (attribute) matches.push({ attribute, value });
      else if (value !== '') ignored.push(name.replace(/[^\w.]/g, ''));
    }
    const most = limits.http.queryResults;
    return { matches, ignored, limit: Math.min(parameters.limit ?? most, most), offset: parameters.offset };
  } catch (error) {
    if (error instanceof BadParameter) throw new Problem('badRequest', error.message, { cause: error });
    throw error;
  }
}

function byKeyword(keyword: string): IndexedAttribute {
  return indexedAttributes.find((each) => each.keyword === keyword) as IndexedAttribute;
}

/** One match (Tables 10.6.3-3 to -5): what the index knows of its level and of those above. */
function resultJson(row: FoundRow, level: Level, baseUrl: string): DicomJson {
  const json: DicomJson = {
    '00080005': { vr: 'CS', Value: ['ISO_IR 192'] },
    '00080056': { vr: 'CS', Value: ['ONLINE'] },
  };
  const within: Record<string, DicomJson> = {};
  for (const attribute of indexedAttributes) {
    if (!levelsDownTo(level).includes(attribute.level)) continue;
    const made = attributeJson(attribute, row[resultColumn(attribute)]);
    if (attribute.within === undefined) json[hexTag(attribute.tag)] = made;
    else if (made.Value) (within[hexTag(attribute.within)] ??= {})[hexTag(attribute.tag)] = made;
  }
  for (const [tag, item] of Object.entries(within)) json[tag] = { vr: 'SQ', Value: [item] };
  const uids = [
    '/studies/',
    row['study_study_instance_uid'],
    '/series/',
    row['series_series_instance_uid'],
    '/instances/',
    row['instance_sop_instance_uid'],
  ];
  json['00081190'] = { vr: 'UR', Value: [baseUrl + uids.slice(0, 2 * levelsDownTo(level).length).join('')] };
  return Object.fromEntries(Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function attributeJson({ vr, matching }: IndexedAttribute, value: unknown): JsonAttribute {
  if (value === null || value === undefined || value === '') return { vr };
  if (Array.isArray(value)) return value.length ? { vr, Value: value as JsonValue[] } : { vr };
  if (typeof value === 'number') return { vr, Value: [value] };
  const text = String(value);
  if (vr === 'PN') return { vr, Value: [parsePersonName(text)] };
  return { vr, Value: matching === 'uid' ? [text] : text.split('\\') };
}
