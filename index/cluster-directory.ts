import { join } from 'node:path';

/** Where the embedded PostgreSQL has its files in a data directory, when there is one. */
export const clusterDirectory = (dataDir: string): string => join(dataDir, 'postgres');
