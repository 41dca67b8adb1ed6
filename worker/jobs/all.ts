/**
 * The jobs, in the order people meet their results.
 */
import type { Job } from '../job.ts';
import { seriesMetadata } from './series-metadata.ts';
import { thumbnail } from './thumbnail.ts';

export const jobs: readonly Job[] = [seriesMetadata, thumbnail];
