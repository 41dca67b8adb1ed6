/** What the worker failed to do, and trying that again. */
import { z } from 'zod';
import { recordAccess } from '#access/record.ts';
import type { Database } from '#index/database.ts';
import { jobFailureCodes } from '#index/job-cause.ts';
import { failedJobs, retryFailed } from '#index/jobs.ts';
import { limits } from '#settings/limits.ts';
import { readJson } from '../http/json.ts';
import type { Resource } from '../http/resource.ts';
import type { Log } from '#settings/log.ts';

const failed = z.object({
  failed: z.array(
    z.object({
      name: z.string(),
      key: z.int(),
      StudyInstanceUID: z.string(),
      SeriesInstanceUID: z.string(),
      cause: z.object({ code: z.enum(jobFailureCodes), reason: z.string() }),
      failedAt: z.iso.datetime(),
    }),
  ),
});
/** Without a key all of a name; without a name all. */
const which = z.strictObject({ name: z.string().max(100).optional(), key: z.int().min(1).optional() });
const retried = z.object({ retried: z.int() });

export function jobResources({ database, log }: { database: Database; log: Log }): Resource[] {
  return [
    {
      method: 'get',
      path: '/jobs/failed',
      right: 'manage',
      description: { summary: 'Jobs that failed, with the cause; the latest first', answer: failed },
      async handle(_request, response) {
        const found = await failedJobs(database, limits.status.failedJobs);
        response.set('Cache-Control', 'no-store').json({ failed: found });
      },
    },
    {
      method: 'post',
      path: '/jobs/retry',
      right: 'manage',
      description: { summary: 'Try failed jobs again now', body: which, answer: retried },
      async handle(request, response) {
        const { name, key } = await readJson(request, which);
        const count = await retryFailed(database, { name, key });
        const managed = `failed jobs retried: ${count}`;
        recordAccess(log, { caller: request.caller, action: 'manage', managed });
        response.json({ retried: count });
      },
    },
  ];
}
