/**
 * The archive in one process: opens index, storage and access, then both doors; closes everything in reverse.
 */
import { ensureAdministrator } from '#access/account-registry.ts';
import { openAccounts } from '#access/accounts.ts';
import { openCredentials } from '#access/credentials.ts';
import { openDeviceFigures } from '#access/device-figures.ts';
import type { Caller } from '#access/caller.ts';
import type { EarlierCall, RegisteredDestination } from '#access/device-places.ts';
import { addDevices, openDevices } from '#access/devices.ts';
import { openSessions } from '#access/sessions.ts';
import { openTokens } from '#access/tokens.ts';
import { clusterDirectory } from '#index/cluster-directory.ts';
import { openDatabase } from '#index/database.ts';
import { watchGrowth } from '#index/growth.ts';
import { watchPrograms } from '#index/programs.ts';
import { PixelPool } from '#derive/pixel-pool.ts';
import { storeNumber } from '#index/objects.ts';
import { InstanceWriter } from '#index/write.ts';
import { limits } from '#settings/limits.ts';
import type { Addresses, ProcessState } from '#settings/process-channel.ts';
import type { Settings } from '#settings/settings.ts';
import { openStorage } from '#storage/storage.ts';
import { storageName } from '#storage/storage-name.ts';
import { beginRun } from './after-stop.ts';
import { openEventStreams } from './api/events.ts';
import { watchAlerts } from './api/status.ts';
import { openCertificates } from '#access/certificates.ts';
import { openCommitmentReports } from './commitment-reports.ts';
import type { DimseDoor } from './dimse-door.ts';
import { openHealth, untilReady } from './health.ts';
import type { HttpServer } from './http/server.ts';
import { openIngest } from './ingest.ts';
import { openSampleLoader } from './load-samples.ts';
import type { Log } from '#settings/log.ts';
import { reachable, type ReachableDevice } from '#access/peer-tls.ts';
import { counted, createMetrics } from './metrics.ts';
import { RecentImages } from './recent-images.ts';
import { RecentInstances } from './recent-instances.ts';
import { startRouting } from './sends/routing.ts';
import { startSender } from './sends/sender.ts';
import { openStudyChanges } from './study-changes.ts';
import { TakeBacks } from './take-backs.ts';
import { watcher } from './watcher.ts';
import { openDicomDoor } from './open-dicom-door.ts';
import { openHttpDoor } from './open-http-door.ts';
import type { Shared } from './shared.ts';

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

export interface Archive extends AsyncDisposable {
  readonly addresses: Addresses;
}

/** Connections for everything but the index writer, which has its own. */
const connections = 16;

/** @throws BusyPort, BadSetting and whatever else is to be said to the person who started us */
export async function openArchive({ settings, log, onAdminPassword, ...group }: ArchiveParts): Promise<Archive> {
  await using opening = new AsyncDisposableStack();
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
  const shared: Shared = {
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
  const watch = watcher(shared);
  const watching = setInterval(() => void watch(), limits.http.healthWatchedMs);
  opening.defer(() => clearInterval(watching));
  const { aeTitle, outgoing } = settings.dimse;
  const reached = (found: RegisteredDestination | undefined): ReachableDevice | undefined =>
    found && reachable(found, certificates, outgoing);
  const destination = async (aeTitle: string, device: number) => reached(await devices.destination(aeTitle, device));
  const moveDestination = async (aeTitle: string, asking: Caller) =>
    reached(await devices.moveDestination(aeTitle, asking));
  const callback = async (earlier: EarlierCall) => reached(await devices.callback(earlier));
  const commitments = opening.use(openCommitmentReports({ database, storage, store, aeTitle, callback, log }));
  const sender = opening.use(
    startSender({
      ...shared,
      aeTitle,
      timeZone: settings.siteTimeZone,
      destination,
      deviceFailed: (device, failure) => figures.failed(device, failure),
    }),
  );
  opening.use(await startRouting({ database, log }, () => sender.wake()));
  const samples = opening.use(openSampleLoader({ database, ingest: shared.ingest, log }));
  const doors: { close(): Promise<void> }[] = [];
  // Side by side: each lets what is running finish, and together they have no longer than one of them.
  doors.push(
    { close: async () => sender[Symbol.asyncDispose]() },
    { close: async () => commitments[Symbol.asyncDispose]() },
  );
  opening.defer(async () => void (await Promise.all(doors.map((door) => door.close()))));
  const events = openEventStreams({ changes: openStudyChanges({ database, log }), alerts: watchAlerts(shared) });
  doors.push(events);
  const here = { aeTitle, port: settings.dimse.port, tlsPort: settings.dimse.tlsPort, outgoing };
  const http = await openHttpDoor(shared, { events, samples, sender }, here);
  doors.push(http);
  const dimse = await openDicomDoor(shared, { moveDestination, commitments });
  doors.push({ close: () => dimse.drain() });
  here.port = dimse.port;
  here.tlsPort = dimse.tlsPort;

  const {
    database: databaseState,
    storage: storageState,
    status,
  } = await untilReady(shared.health, limits.http.healthAwaitedMs);
  if (status === 'not-ready')
    log.warn({ database: databaseState, storage: storageState }, 'not ready yet; /health/ready tells when');
  const opened = opening.move();
  return {
    addresses: addressesOf(settings, http, dimse),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Where the doors are, as a person on this machine writes it. */
function addressesOf({ http, dimse, tls }: Settings, httpServer: HttpServer, dimseDoor: DimseDoor): Addresses {
  const wild = (host: string) =>
    host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return {
    http: `${tls ? 'https' : 'http'}://${wild(http.host)}:${httpServer.port}/`,
    dimse: `${dimse.aeTitle}@${wild(dimse.host)}:${dimseDoor.port}`,
    ...(dimseDoor.tlsPort !== undefined && {
      dimseTls: `${dimse.aeTitle}@${wild(dimse.host)}:${dimseDoor.tlsPort}`,
    }),
  };
}
