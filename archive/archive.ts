/**
 * The archive in one process: opens what both doors share, then both doors; closes everything in reverse.
 */
import type { Caller } from '#access/caller.ts';
import type { EarlierCall, RegisteredDestination } from '#access/device-places.ts';
import { reachable, type ReachableDevice } from '#access/peer-tls.ts';
import { limits } from '#settings/limits.ts';
import type { Addresses } from '#settings/process-channel.ts';
import type { Settings } from '#settings/settings.ts';
import { openEventStreams } from './api/events.ts';
import { watchAlerts } from './api/status.ts';
import { openCommitmentReports } from './commitment-reports.ts';
import type { DimseDoor } from './dimse-door.ts';
import { untilReady } from './health.ts';
import type { HttpServer } from './http/server.ts';
import { openSampleLoader } from './load-samples.ts';
import { openDicomDoor } from './open-dicom-door.ts';
import { openHttpDoor } from './open-http-door.ts';
import { openShared, type ArchiveParts } from './open-shared.ts';
import { startRouting } from './sends/routing.ts';
import { startSender } from './sends/sender.ts';
import type { Shared } from './shared.ts';
import { openStudyChanges } from './study-changes.ts';
import { watcher } from './watcher.ts';

export interface Archive extends AsyncDisposable {
  readonly addresses: Addresses;
}

/** @throws BusyPort, BadSetting and whatever else is to be said to the person who started us */
export async function openArchive(parts: ArchiveParts): Promise<Archive> {
  await using opening = new AsyncDisposableStack();
  const shared = await openShared(parts, opening);
  const { settings, log, database, storage, store, figures } = shared;
  const watch = watcher(shared);
  const watching = setInterval(() => void watch(), limits.http.healthWatchedMs);
  opening.defer(() => clearInterval(watching));
  const { aeTitle, outgoing } = settings.dimse;
  const { destination, moveDestination, callback } = reachedDevices(shared);
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

  await sayWhetherReady(shared);
  const opened = opening.move();
  return {
    addresses: addressesOf(settings, http, dimse),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Finds the devices that we call, and says how each is reached: in the clear, or by TLS. */
function reachedDevices({ devices, certificates, settings }: Shared) {
  const reached = (found: RegisteredDestination | undefined): ReachableDevice | undefined =>
    found && reachable(found, certificates, settings.dimse.outgoing);
  return {
    destination: async (aeTitle: string, device: number) => reached(await devices.destination(aeTitle, device)),
    moveDestination: async (aeTitle: string, asking: Caller) => reached(await devices.moveDestination(aeTitle, asking)),
    callback: async (earlier: EarlierCall) => reached(await devices.callback(earlier)),
  };
}

async function sayWhetherReady({ health, log }: Shared): Promise<void> {
  const { database, storage, status } = await untilReady(health, limits.http.healthAwaitedMs);
  if (status === 'not-ready') log.warn({ database, storage }, 'not ready yet; /health/ready tells when');
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
