/** Search for the viewer's study list: by POST, so that no name ever stands in a URL. */
import { z } from 'zod';
import type { Resource } from '#archive/http/resource.ts';
import { readJson } from '#archive/http/json.ts';
import { search } from '#archive/search.ts';
import type { SearchParts } from '#archive/search.ts';
import { indexedAttributes } from '#index/attributes.ts';
import type { IndexedAttribute } from '#index/attributes.ts';
import { resultColumn } from '#index/search.ts';
import type { FoundRow, Match } from '#index/search.ts';

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
  modality: z.string().max(16).optional(),
  limit: z.int().min(1).max(mostStudies).default(50),
  offset: z.int().min(0).max(1_000_000).default(0),
});

const shown = [
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
].map(studyAttribute);

const answer = z.object({
  studies: z.array(
    z.object(
      Object.fromEntries(shown.map(({ keyword }) => [keyword, z.union([z.string(), z.number(), z.array(z.string())])])),
    ),
  ),
  more: z.boolean(),
});

export function studyResources(parts: SearchParts): Resource[] {
  return [
    {
      method: 'post',
      path: '/studies/search',
      right: 'read',
      description: { summary: 'Studies, newest first', body, answer },
      async handle(request, response) {
        const asked = await readJson(request, body);
        const matches: Match[] = [];
        const match = (keyword: string, value: string | undefined): void => {
          if (value) matches.push({ attribute: studyAttribute(keyword), value });
        };
        match('PatientName', asked.patientName);
        match('PatientID', asked.patientID);
        match('AccessionNumber', asked.accessionNumber);
        match('ModalitiesInStudy', asked.modality);
        if (asked.dateFrom || asked.dateTo) match('StudyDate', `${asked.dateFrom ?? ''}-${asked.dateTo ?? ''}`);
        const query = {
          level: 'study' as const,
          matches,
          limit: asked.limit + 1,
          offset: asked.offset,
          ...(asked.text && { text: asked.text }),
        };
        const rows = await search(query, request.caller, parts);
        response
          .set('Cache-Control', 'no-store')
          .json({ studies: rows.slice(0, asked.limit).map(studyJson), more: rows.length > asked.limit });
      },
    },
  ];
}

function studyAttribute(keyword: string): IndexedAttribute {
  return indexedAttributes.find((each) => each.keyword === keyword) as IndexedAttribute;
}

function studyJson(row: FoundRow): Record<string, unknown> {
  return {
    ...Object.fromEntries(shown.map((attribute) => [attribute.keyword, row[resultColumn(attribute)]])),
    flags: row['study_flags'],
    changedAt: row['study_changed_at'],
  };
}
