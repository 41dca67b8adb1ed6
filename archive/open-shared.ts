/** Opens what one archive has once: index, storage, access, and what takes instances in. */
import { ensureAdministrator } from '#access/account-registry.ts';
import { openAccounts } from '#access/accounts.ts';
import { openCertificates } from '#access/certificates.ts';
import { openCredentials } from '#access/credentials.ts';
import { openDeviceFigures } from '#access/device-figures.ts';
import { addDevices, openDevices } from '#access/devices.ts';
import { openSessions } from '#access/sessions.ts';
import { openTokens } from '#access/tokens.ts';
import { PixelPool } from '#derive/pixel-pool.ts';
import { clusterDirectory } from '#index/cluster-directory.ts';
import { openDatabase } from '#index/database.ts';
import { watchGrowth } from '#index/growth.ts';
import { storeNumber } from '#index/objects.ts';
import { watchPrograms } from '#index/programs.ts';
import { InstanceWriter } from '#index/write.ts';
import { limits } from '#settings/limits.ts';
import type { Log } from '#settings/log.ts';
import type { ProcessState } from '#settings/process-channel.ts';
import type { Settings } from '#settings/settings.ts';
import { storageName } from '#storage/storage-name.ts';
import { openStorage } from '#storage/storage.ts';
import { beginRun } from './after-stop.ts';
import { openHealth } from './health.ts';
import { openIngest } from './ingest.ts';
import { counted, createMetrics } from './metrics.ts';
import { RecentImages } from './recent-images.ts';
import { RecentInstances } from './recent-instances.ts';
import type { Shared } from './shared.ts';
import { TakeBacks } from './take-backs.ts';

export interface ArchiveParts {
  readonly settings: Settings & { readonly databaseUrl: string };
  readonly log: Log;
  /** All processes of this group, for /health. */
  readonly processes: () => readonly ProcessState[];
  /** Since when lines of the access record are lost, for /health and the status page; null while none is. */
  readonly recordLostSince?: () => Date | null;
  /** The first account was made, with a password that somebody must be told. */
  readonly onAdminPassword: (password: string) => void;
}

/** Connections for everything but the index writer, which has its own. */
const connections = 16;

/**
 * @param opening  closes all of it, in reverse
 * @throws BadSetting and whatever else is to be said to the person who started us
 */
export async function openShared(
  { settings, log, onAdminPassword, ...group }: ArchiveParts,
  opening: AsyncDisposableStack,
): Promise<Shared> {
  const database = opening.use(
    openDatabase(settings.databaseUrl, { max: connections, applicationName: 'lightbox archive' }),
  );
  const { dataDir, storageUrl, spoolDir } = settings;
  const storage = opening.use(await openStorage(storageUrl, { spoolDir, databaseDir: clusterDirectory(dataDir) }));
  const store = await storeNumber(database, storageName(settings.storageUrl));
  // Taken back before a door opens; the mark of this run goes when all that follows is closed.
  const endRun = await beginRun({ database, storage, store, dataDir: settings.dataDir, log });
  const takeBacks = new TakeBacks({ database, log });
  opening.defer(async () => {
    await takeBacks[Symbol.asyncDispose]();
    if (takeBacks.due === 0) await endRun();
  });
  const writer = opening.use(new InstanceWriter(settings.databaseUrl));
  const pixels = opening.use(new PixelPool(limits.pixels));
  const metrics = createMetrics();
  const recent = new RecentInstances({ database, log });

  const password = await ensureAdministrator({ database: database.pool, password: settings.adminPassword });
  if (password !== undefined) onAdminPassword(password);
  await addDevices({ database: database.pool, devices: settings.devices });

  const figures = opening.use(
    openDeviceFigures({
      database: database.pool,
      onError: (error) => log.warn({ err: error }, 'the figures of the devices wait'),
    }),
  );

  const certificates = opening.use(
    await openCertificates({ tls: settings.tls, caPath: settings.dimse.tlsCaPath }, { log }),
  );
  const accounts = openAccounts({ database: database.pool });
  const sessions = openSessions({ database: database.pool });
  const tokens = openTokens({ database: database.pool });
  const devices = openDevices({ database: database.pool, trustLoopback: settings.dimse.trustLoopback });
  const { lockedOut } = devices;
  return {
    settings,
    certificates,
    log,
    database,
    storage,
    store,
    pixels,
    metrics,
    recent,
    images: new RecentImages(),
    ingest: recent.watching(
      counted(
        openIngest({ storage, store, writer, database, pixels, takeBacks, log, datasetBytes: settings.datasetBytes }),
        metrics,
      ),
    ),
    figures,
    accounts,
    credentials: openCredentials({ accounts }),
    sessions,
    tokens,
    health: openHealth({ database: database.pool, storage, log, ...group }),
    growth: watchGrowth(database),
    programs: watchPrograms(database),
    devices,
    lockedOut: { lockedOut, generations: accounts.generations, ended: sessions.ended, revoked: tokens.revoked },
  };
}
