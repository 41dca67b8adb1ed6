/** Samples for an archive that has nothing to show yet. */
import { z } from 'zod';
import type { Resource } from '../http/resource.ts';
import type { SampleLoader } from '../load-samples.ts';

const count = z.int().min(0);
const state = z.object({
  /** There is nothing but samples, and not yet all of them. */
  offered: z.boolean(),
  loading: z.boolean(),
  /** A problem's code, when the last loading ended early. */
  failed: z.string().nullable(),
  kept: count,
  total: count,
});

export function sampleResources({ samples }: { samples: SampleLoader }): Resource[] {
  return [
    {
      method: 'get',
      path: '/samples',
      right: 'store',
      description: { summary: 'Whether the archive is empty enough for samples, and how many it has', answer: state },
      async handle(_request, response) {
        response.set('Cache-Control', 'no-store').json(await samples.state());
      },
    },
    {
      method: 'post',
      path: '/samples',
      right: 'store',
      description: { summary: 'Begin to load samples; refused where there is any other study', answer: state },
      async handle(request, response) {
        await samples.load(request.caller);
        response.status(202).json(await samples.state());
      },
    },
  ];
}
