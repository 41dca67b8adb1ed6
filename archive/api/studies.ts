/** Search for the viewer's study list: by POST, so that no name ever stands in a URL. */
import { z } from 'zod';
import { indexedAttribute } from '#index/attributes.ts';
import { resultColumn } from '#index/query.ts';
import { allRows, keysOf } from '#index/search.ts';
import type { FoundRow, Match, Query } from '#index/query.ts';
import { limits } from '#settings/limits.ts';
import type { Resource } from '../http/resource.ts';
import { readJson } from '../http/json.ts';
import { search, searchPage } from '../search.ts';
import type { SearchParts } from '../search.ts';
import { withShortTexts } from './short-texts.ts';
import { daysOf, periods } from './site-days.ts';

const mostStudies = 500;
const day = z.string().regex(/^\d{8}$/);
const text = z.string().max(200);

const body = z.strictObject({
  text: text.optional(),
  patientName: text.optional(),
  patientID: text.optional(),
  accessionNumber: text.optional(),
  dateFrom: day.optional(),
  dateTo: day.optional(),
  /** Days by the site's calendar, in place of `dateFrom` and `dateTo`. */
  period: z.enum(periods).optional(),
  modality: z.string().max(16).optional(),
  /** Only studies that wait for a person's decision. */
  flagged: z.boolean().optional(),
  /** Goes on behind the page whose `next` this was; better than `offset`, which counts anew each time. */
  after: z.tuple([z.string().max(8), z.string().max(16), z.int()]).optional(),
  limit: z.int().min(1).max(mostStudies).default(50),
  offset: z.int().min(0).max(1_000_000).default(0),
});

const shownAttributes = [
  'StudyInstanceUID',
  'PatientName',
  'PatientID',
  'PatientBirthDate',
  'PatientSex',
  'StudyDate',
  'StudyTime',
  'AccessionNumber',
  'StudyDescription',
  'InstitutionName',
  'ModalitiesInStudy',
  'NumberOfStudyRelatedSeries',
  'NumberOfStudyRelatedInstances',
].map(indexedAttribute);

const answer = z.object({
  studies: z.array(
    z.object(
      Object.fromEntries(
        shownAttributes.map(({ keyword }) => [keyword, z.union([z.string(), z.number(), z.array(z.string())])]),
      ),
    ),
  ),
  more: z.boolean(),
  /** For `after`; absent where there is no more. */
  next: z.tuple([z.string(), z.string(), z.int()]).optional(),
  /** How many there are in all; where `totalIsExact` is false, that many or more. Only without `after`. */
  total: z.number().optional(),
  totalIsExact: z.boolean().optional(),
});

export interface StudyListParts extends SearchParts {
  readonly settings: { readonly siteTimeZone: string };
}

export function studyResources(parts: StudyListParts): Resource[] {
  return [
    {
      method: 'post',
      path: '/studies/search',
      right: 'read',
      description: { summary: 'Studies, newest first', body, answer },
      async handle(request, response, signal) {
        const asked = await readJson(request, body);
        const matches: Match[] = [];
        const match = (keyword: string, value: string | undefined): void => {
          if (value) matches.push({ attribute: indexedAttribute(keyword), value });
        };
        match('PatientName', asked.patientName);
        match('PatientID', asked.patientID);
        match('AccessionNumber', asked.accessionNumber);
        match('ModalitiesInStudy', asked.modality);
        match('StudyDate', daysAsked(asked, parts.settings.siteTimeZone));
        const query: Query = {
          level: 'study',
          matches,
          returned: shownAttributes,
          withState: true,
          limit: asked.limit + 1,
          offset: asked.offset,
          ...(asked.flagged && { flagged: true }),
          ...(asked.after && { after: asked.after }),
          ...(asked.text && { text: asked.text }),
        };
        const asking = { caller: request.caller, door: 'API' as const, signal };
        const { rows, count: counted } = asked.after
          ? { rows: await allRows(search(query, asking, parts)), count: undefined }
          : await searchPage(query, asking, parts);
        const shown = rows.slice(0, asked.limit);
        const last = rows.length > asked.limit ? shown.at(-1) : undefined;
        response.set('Cache-Control', 'no-store').json({
          studies: shown.map(studyJson),
          more: last !== undefined,
          ...(last && { next: keysOf(last, 'study') }),
          ...(counted !== undefined && {
            total: Math.min(counted, limits.search.total),
            totalIsExact: counted <= limits.search.total,
          }),
        });
      },
    },
  ];
}

/** A range of study dates (PS3.4 C.2.2.2.5.1), or undefined for all of them. */
function daysAsked({ period, dateFrom = '', dateTo = '' }: z.infer<typeof body>, timeZone: string): string | undefined {
  if (period) return daysOf(period, timeZone, new Date());
  return dateFrom || dateTo ? `${dateFrom}-${dateTo}` : undefined;
}

function studyJson(row: FoundRow): Record<string, unknown> {
  const shown = shownAttributes.map((attribute) => [attribute.keyword, row[resultColumn(attribute)]]);
  return {
    ...withShortTexts(Object.fromEntries(shown) as Record<string, unknown>),
    flags: row['study_flags'],
    changedAt: row['study_changed_at'],
  };
}
