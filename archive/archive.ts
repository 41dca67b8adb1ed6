/**
 * The archive in one process: opens index, storage and access, then both doors; closes everything in reverse.
 */
import type { Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { addressesWithin } from '#access/addresses.ts';
import { ensureAdministrator } from '#access/account-registry.ts';
import { type Accounts, openAccounts } from '#access/accounts.ts';
import { openCredentials, type Credentials } from '#access/credentials.ts';
import { openDeviceFigures, type DeviceFigures } from '#access/device-figures.ts';
import type { Caller } from '#access/caller.ts';
import {
  addDevices,
  openDevices,
  type Devices,
  type EarlierCall,
  type RegisteredDestination,
} from '#access/devices.ts';
import { openSessions } from '#access/sessions.ts';
import { openTokens } from '#access/tokens.ts';
import { clusterDirectory } from '#index/cluster-directory.ts';
import { openDatabase, type Database } from '#index/database.ts';
import { watchGrowth } from '#index/growth.ts';
import { PixelPool } from '#derive/pixel-pool.ts';
import { storeNumber } from '#index/objects.ts';
import { InstanceWriter } from '#index/write.ts';
import { limits } from '#settings/limits.ts';
import type { Addresses, ProcessState } from '#settings/process-channel.ts';
import type { Settings } from '#settings/settings.ts';
import { openStorage, type Storage } from '#storage/storage.ts';
import { storageName } from '#storage/storage-name.ts';
import { openAdmission } from './admit.ts';
import { beginRun } from './after-stop.ts';
import { commitmentResource } from './api/commitments.ts';
import { accessResources } from './api/access.ts';
import { type DeviceParts, deviceResources } from './api/devices.ts';
import { openEventStreams, type EventStreams } from './api/events.ts';
import { jobResources } from './api/jobs.ts';
import { openapiResource } from './api/openapi.ts';
import { rejectionResources } from './api/rejections.ts';
import { routeResources } from './api/routes.ts';
import { sampleResources } from './api/samples.ts';
import { sendResources } from './api/sends.ts';
import { loginResources } from './api/session.ts';
import { statusResource, watchAlerts } from './api/status.ts';
import { performedStepResources } from './api/performed-steps.ts';
import { studyResources } from './api/studies.ts';
import { thumbnailResources } from './api/thumbnails.ts';
import { worklistResources } from './api/worklist.ts';
import { openCertificates, type Certificates } from '#access/certificates.ts';
import { dicomwebResources } from './dicomweb/all.ts';
import { openCommitmentReports, type CommitmentReports } from './commitment-reports.ts';
import { openDimseDoor, type DimseDoor, type DimseDoorOptions } from './dimse-door.ts';
import { type Health, openHealth, untilReady } from './health.ts';
import { createHttp } from './http.ts';
import { listenHttp, type HttpServer } from './http/server.ts';
import { openIngest, type Ingest } from './ingest.ts';
import { whyNotListening } from './listening.ts';
import { openSampleLoader, type SampleLoader } from './load-samples.ts';
import type { Log } from '#settings/log.ts';
import { reachable, type ReachableDevice } from '#access/peer-tls.ts';
import { addStatusMetrics } from './status-metrics.ts';
import { counted, createMetrics, type Metrics } from './metrics.ts';
import { RecentImages } from './recent-images.ts';
import { RecentInstances } from './recent-instances.ts';
import { expectProxy } from './proxy/accept.ts';
import { startRouting } from './sends/routing.ts';
import { startSender, type Sender } from './sends/sender.ts';
import { openStudyChanges } from './study-changes.ts';
import { TakeBacks } from './take-backs.ts';
import { wadoUriResources } from './wado-uri.ts';

export interface ArchiveParts {
  readonly settings: Settings & { readonly databaseUrl: string };
  readonly log: Log;
  /** All processes of this group, for /health. */
  readonly processes: () => readonly ProcessState[];
  /** The first account was made, with a password that somebody must be told. */
  readonly onAdminPassword: (password: string) => void;
}

export interface Archive extends AsyncDisposable {
  readonly addresses: Addresses;
}

/** Connections for everything but the index writer, which has its own. */
const connections = 16;
const viewerDirectory = fileURLToPath(new URL('../dist/viewer', import.meta.url));

/** @throws BusyPort, BadSetting and whatever else is to be said to the person who started us */
export async function openArchive({ settings, log, processes, onAdminPassword }: ArchiveParts): Promise<Archive> {
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
    health: openHealth({ database: database.pool, storage, processes }),
    growth: watchGrowth(database),
    devices: openDevices({ database: database.pool, trustLoopback: settings.dimse.trustLoopback }),
  };
  const { devices } = shared;
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

interface Shared {
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
  readonly devices: Devices;
  readonly health: () => Promise<Health>;
  /** Bytes that come in on a day. */
  readonly growth: () => Promise<number | null>;
}

async function openHttpDoor(
  shared: Shared,
  {
    events,
    samples,
    sender,
  }: { readonly events: EventStreams; readonly samples: SampleLoader; readonly sender: Sender },
  dimse: DeviceParts['dimse'],
): Promise<HttpServer> {
  const { settings, log, certificates, database, storage, metrics, health } = shared;
  const { pool } = database;
  const authenticators = {
    credentials: shared.credentials,
    sessions: openSessions({ database: pool }),
    tokens: openTokens({ database: pool }),
  };
  const login = loginResources(authenticators, { log });
  const { accounts } = shared;
  addStatusMetrics(metrics.registry, shared);
  const api = [
    ...accessResources({ ...authenticators, accounts, database: pool, log }),
    ...studyResources(shared),
    ...thumbnailResources({ database: pool, storage, log }),
    events.resource,
    ...sampleResources({ samples }),
    ...deviceResources({ database, log, dimse, certificates }),
    ...performedStepResources({ database, log }),
    ...worklistResources({ database, log, timeZone: settings.siteTimeZone }),
    ...routeResources({ database, log }),
    ...sendResources({ database, log, due: () => sender.wake() }),
    ...jobResources({ database, log }),
    commitmentResource({ database, log }),
    ...rejectionResources(shared),
    statusResource(shared),
  ];
  const application = createHttp({
    settings,
    authenticators,
    dicomweb: dicomwebResources({ ...shared, baseUrl: `${settings.publicUrl ?? ''}/dicom-web` }),
    wadoUri: wadoUriResources(shared),
    api,
    openApi: [...login, openapiResource([...login, ...api])],
    health,
    metrics,
    log,
    viewerDirectory,
  });
  return listenHttp(application, {
    ...settings.http,
    certificates,
    publicUrl: settings.publicUrl,
    prepare: expectBalancers(shared),
  });
}

/** What a server needs to know of the load balancers in front of it. */
function expectBalancers({ settings, log }: Shared): (server: Server) => void {
  const { proxyProtocol } = settings;
  if (proxyProtocol.length === 0) return () => {};
  const isBalancer = addressesWithin(proxyProtocol);
  const refused = (address: string, why: string) =>
    log.warn({ address, why }, 'a load balancer did not say who calls (PROXY protocol); its connection was closed');
  return (server) => expectProxy(server, { isBalancer, refused });
}

interface DicomDoorParts {
  readonly moveDestination: DimseDoorOptions['moveDestination'];
  readonly commitments: CommitmentReports;
}

async function openDicomDoor(shared: Shared, { moveDestination, commitments }: DicomDoorParts): Promise<DimseDoor> {
  const { settings, log, certificates, metrics, figures, credentials, devices } = shared;
  const { host, port, tlsPort } = settings.dimse;
  try {
    return await openDimseDoor({
      settings,
      async ingest(arrival, caller) {
        const ingested = await shared.ingest(arrival, caller);
        if (caller.device !== undefined) figures.stored(caller.device);
        return ingested;
      },
      parts: shared,
      moveDestination,
      commitments,
      certificates,
      limits: settings.dimse.limits,
      associationsPerDevice: settings.dimse.associationsPerDevice,
      log,
      prepare: expectBalancers(shared),
      admit: openAdmission({ devices, credentials, figures, log }),
      figures,
      onAssociation(what) {
        if (what === 'accepted') metrics.associations.inc();
        else if (what === 'ended') metrics.associations.dec();
        else metrics.associationsRefused.inc();
      },
    });
  } catch (error) {
    const isTls = tlsPort !== undefined && (error as { port?: unknown } | null)?.port === tlsPort;
    throw isTls
      ? whyNotListening(error, host, tlsPort, 'DIMSE_TLS_PORT')
      : whyNotListening(error, host, port, 'DIMSE_PORT');
  }
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
