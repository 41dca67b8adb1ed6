/** Reports of storage commitment that no try brought to their device: trying them again. The status says which there are. */
import { z } from 'zod';
import { recordAccess } from '#access/record.ts';
import type { Database } from '#index/database.ts';
import { limits } from '#settings/limits.ts';
import type { Log } from '#settings/log.ts';
import { retryUnreported } from '#workflow/unreported-commitments.ts';
import type { Resource } from '../http/resource.ts';

const retried = z.object({ retried: z.int() });

export function commitmentResource({ database, log }: { database: Database; log: Log }): Resource {
  return {
    method: 'post',
    path: '/commitments/retry',
    right: 'manage',
    description: { summary: 'Tell devices once more what storage commitment they were never told of', answer: retried },
    async handle({ caller }, response) {
      const count = await retryUnreported(database, limits.commitment.shownDays);
      recordAccess(log, { caller, action: 'manage', managed: `storage commitments reported again: ${count}` });
      response.json({ retried: count });
    },
  };
}
