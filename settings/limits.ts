/**
 * Limits for everything that a stranger can send (contract, promise 6), each with its unit in its name.
 * A few are the defaults of settings (settings/variables.ts); no operator has a reason to change the others.
 */
import { accessLimits } from './limits/access.ts';
import { dicomLimits } from './limits/dicom.ts';
import { requestsLimits } from './limits/requests.ts';
import { workflowLimits } from './limits/workflow.ts';

export const limits = {
  /** How long each part of the end may take: all of it 10 s, after which Docker kills. */
  stop: {
    /** Of archive and worker, side by side; then they are killed. */
    programsMs: 5_000,
    /** Of the archive's doors, side by side: requests and operations that are running may go on for so long. */
    httpMs: 4_000,
    dimseMs: 4_000,
    /** Of the PostgreSQL that comes along, behind the programs: a clean stop first, then one that leaves the rest to the recovery at the next start. */
    databaseCleanMs: 3_000,
    databaseQuickMs: 1_000,
  },
  ...dicomLimits,
  ...requestsLimits,
  ...workflowLimits,
  ...accessLimits,
} as const;
