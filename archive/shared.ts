/** What one archive opens once and hands to its doors. */
import type { Accounts } from '#access/accounts.ts';
import type { Credentials } from '#access/credentials.ts';
import type { DeviceFigures } from '#access/device-figures.ts';
import type { Devices } from '#access/devices.ts';
import type { Sessions } from '#access/sessions.ts';
import type { Tokens } from '#access/tokens.ts';
import type { Database } from '#index/database.ts';
import type { Programs } from '#index/programs.ts';
import type { PixelPool } from '#derive/pixel-pool.ts';
import type { Settings } from '#settings/settings.ts';
import type { Storage } from '#storage/storage.ts';
import type { Certificates } from '#access/certificates.ts';
import type { Health } from './health.ts';
import type { Ingest } from './ingest.ts';
import type { LockedOutParts } from './locked-out.ts';
import type { Log } from '#settings/log.ts';
import type { Metrics } from './metrics.ts';
import type { RecentImages } from './recent-images.ts';
import type { RecentInstances } from './recent-instances.ts';

/** What both doors, and what works beside them, stand on. */
export interface Shared {
  readonly settings: Settings;
  readonly log: Log;
  readonly certificates: Certificates;
  readonly database: Database;
  readonly storage: Storage;
  /** What index rows call it. */
  readonly store: number;
  readonly pixels: PixelPool;
  readonly recent: RecentInstances;
  readonly images: RecentImages;
  readonly metrics: Metrics;
  readonly ingest: Ingest;
  readonly figures: DeviceFigures;
  readonly accounts: Accounts;
  /** Of both doors: a guess counts wherever it is made. */
  readonly credentials: Credentials;
  readonly sessions: Sessions;
  readonly tokens: Tokens;
  readonly devices: Devices;
  /** Who may not go on with what is open. */
  readonly lockedOut: LockedOutParts;
  readonly health: () => Promise<Health>;
  /** Bytes that come in on a day. */
  readonly growth: () => Promise<number | null>;
  readonly programs: () => Promise<Programs>;
}
