/**
 * Pictures of studies and series for lists: WebP, made by the worker, kept in storage, found by `index.derived`. While there is none the
 * answer is 204: a list of studies that have just come is no list of errors.
 */
import type { Response } from 'express';
import type { Pool } from 'pg';
import { recordAccess } from '#access/record.ts';
import { isUid } from '#dicom/data/uid.ts';
import { isUnreadable } from '#storage/storage.ts';
import type { Storage } from '#storage/storage.ts';
import type { CallerRequest, Resource } from '../http/resource.ts';
import type { Log } from '#settings/log.ts';
import { Problem } from '../problems.ts';
import { scopeUids } from '../search.ts';

interface Thumbnail {
  readonly key: string;
  readonly length: number;
  readonly media_type: string;
  readonly digest: Buffer;
}

const none = { key: null };

export function thumbnailResources({
  database,
  storage,
  log,
}: {
  database: Pool;
  storage: Storage;
  log: Log;
}): Resource[] {
  const answer: Resource['handle'] = async (request, response) => {
    const found = await find(database, request);
    if (!found) throw new Problem('notFound', 'there is no such study or series');
    if (found.key === null) return sayNone(response);
    // Strong, by content; asked for anew each time, because another image may come to stand for the series.
    response.set({ ETag: `"${found.digest.toString('base64url')}"`, 'Cache-Control': 'private, no-cache' });
    if (request.fresh) {
      response.status(304).end();
      return;
    }
    const { StudyInstanceUID, SeriesInstanceUID } = request.params as Record<string, string>;
    recordAccess(log, {
      caller: request.caller,
      action: 'retrieve',
      door: 'thumbnail',
      ...(StudyInstanceUID !== undefined && { StudyInstanceUID }),
      ...(SeriesInstanceUID !== undefined && { SeriesInstanceUID }),
    });
    const bytes = await storage.readRange(found.key, 0, found.length).catch((error: unknown) => {
      // A newer one has just taken its place; or somebody has emptied d/, as they may; or its disk lost it, but no image.
      if (isUnreadable(error)) return undefined;
      throw error;
    });
    if (bytes) response.set('Content-Type', found.media_type).send(bytes);
    else sayNone(response);
  };
  return [
    {
      method: 'get',
      path: '/studies/:StudyInstanceUID/thumbnail',
      right: 'read',
      description: {
        summary: 'A picture of the first series that has one; 204 while none has',
        answerType: 'image/webp',
      },
      handle: answer,
    },
    {
      method: 'get',
      path: '/studies/:StudyInstanceUID/series/:SeriesInstanceUID/thumbnail',
      right: 'read',
      description: { summary: 'A picture of the series; 204 while there is none', answerType: 'image/webp' },
      handle: answer,
    },
  ];
}

/** There may be one a moment later. */
function sayNone(response: Response): void {
  response.removeHeader('ETag');
  response.set('Cache-Control', 'no-store').status(204).end();
}

/** @returns undefined where the caller may see no such study or series */
async function find(database: Pool, { params, caller }: CallerRequest): Promise<Thumbnail | typeof none | undefined> {
  const study = uidOf(params['StudyInstanceUID']);
  const series = params['SeriesInstanceUID'] === undefined ? null : uidOf(params['SeriesInstanceUID']);
  const { rows } = await database.query<Thumbnail | typeof none>({
    name: 'api thumbnail',
    text: `SELECT d.key, d.length, d.media_type, d.digest
           FROM index.readable_studies($1) s
           JOIN index.readable_series($1) e ON e.study = s.id
           LEFT JOIN index.derived d ON d.series = e.id AND d.kind = 'thumbnail' AND d.generation >= e.least_generation
           WHERE s.study_instance_uid = $2 AND ($3::text IS NULL OR e.series_instance_uid = $3)
           ORDER BY d.key IS NULL, e.series_number NULLS LAST, e.id LIMIT 1`,
    values: [scopeUids(caller), study, series],
  });
  return rows[0];
}

/** Express gives a repeated parameter as a list; ours are single. */
function uidOf(value: string | string[] | undefined): string {
  if (typeof value !== 'string' || !isUid(value))
    throw new Problem('badRequest', 'the address holds something that is no UID');
  return value;
}
