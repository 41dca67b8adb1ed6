/**
 * BullMQ's backend on PostgreSQL, which writes nothing while nothing is being run.
 */
import { createPostgresBackend } from 'bullmq';

/**
 * Its check for stalled runs writes down when it was made even where there is nothing to check, and each such commit is a sync
 * of the disk, day and night. So it is asked first whether anything is being run, which only reads. What stalls is being run
 * until the check finds it, so it is found no later.
 */
export const createCalmPostgresBackend: typeof createPostgresBackend = (...parameters) => {
  const backend = createPostgresBackend(...parameters);
  const check = backend.moveStalledJobsToWait.bind(backend);
  backend.moveStalledJobsToWait = async () => {
    const [active] = await backend.getRanges(['active'], 0, 0); // one list for each state that is asked for
    return active?.length ? check() : [];
  };
  return backend;
};
