/**
 * The device registry for administrators: who waits for approval, who may call, where they listen, whether they answer.
 */
import { z } from 'zod';
import {
  addDevice,
  approveDevice,
  changeDevice,
  DeviceExists,
  DeviceHasChanged,
  findDevice,
  listDevices,
  removeDevice,
  type RegisteredDevice,
} from '#access/device-registry.ts';
import { deviceService } from '#access/device-services.ts';
import { givenWay } from '#access/waiting-callers.ts';
import type { OutgoingLimits } from '#access/outgoing-limits.ts';
import { recordAccess } from '#access/record.ts';
import { isStorageSOPClass, sopClassName, verificationSOPClass } from '#dicom/data/sop-class.ts';
import type { Database } from '#index/database.ts';
import { echoDevice, echoOutcomes } from '../echo-device.ts';
import { readJson } from '../http/json.ts';
import type { CallerRequest, Resource } from '../http/resource.ts';
import { limits } from '#settings/limits.ts';
import type { Log } from '#settings/log.ts';
import type { OwnCertificates } from '#access/peer-tls.ts';
import { Problem } from '../problems.ts';
import { deviceEntry } from './device-entry.ts';
import { changedMeanwhile } from './changed-meanwhile.ts';
import { deviceFailure } from './failure.ts';
import { largestInteger, numberIn, there } from './numbered.ts';

const services = ['verification', 'storage', 'query', 'retrieve', 'worklist', 'mpps', 'commitment', 'other'] as const;
const namedStorageClasses = 3;
const noDevice = 'no such device';

const time = z.iso.datetime().nullable();
const version = z.string().max(64);
const device = deviceEntry.extend({
  id: z.int(),
  version,
  /** What it proposed when it was refused last. */
  asked: z.object({
    services: z.array(z.enum(services)),
    /** How many storage SOP classes, and the names of some. */
    storageClasses: z.int(),
    storage: z.array(z.string()),
  }),
  storedInstances: z.int(),
  lastStoredAt: time,
  lastSeenAt: time,
  createdAt: time,
  associations: z.int(),
  failures: z.int(),
  lastFailure: deviceFailure.nullable(),
  lastFailedAt: time,
});
/** With the version that was read, what somebody else has changed since is not written over. */
const changedEntry = deviceEntry.extend({ version: version.optional() });
const devices = z.object({
  devices: z.array(device),
  /** What to set on a device so that it reaches us. */
  here: z.object({
    aeTitle: z.string(),
    port: z.int(),
    /** Null where there is no TLS. */
    tlsPort: z.int().nullable(),
  }),
  /** How many entries of callers that waited gave way to later callers, and since when; null when none has lately. */
  givenWay: z.object({ entries: z.int(), since: z.iso.datetime() }).nullable(),
  /** How many callers are kept that wait for approval: in all, and of one address. */
  waitingAtMost: z.object({ inAll: z.int(), ofAddress: z.int() }),
});
const echoed = z.object({ outcome: z.enum(echoOutcomes), durationMs: z.int() });

export interface DeviceParts {
  readonly database: Database;
  readonly log: Log;
  /** Of ourselves. */
  readonly dimse: {
    readonly aeTitle: string;
    readonly port: number;
    readonly tlsPort?: number | undefined;
    readonly outgoing: OutgoingLimits;
  };
  /** What we show to devices over TLS, and whom we believe. */
  readonly certificates?: OwnCertificates;
}

export function deviceResources({
  database: { pool },
  log,
  dimse,
  certificates = { own: undefined, authorities: undefined },
}: DeviceParts): Resource[] {
  const note = ({ caller }: CallerRequest, managed: string): void =>
    recordAccess(log, { caller, action: 'manage', managed });

  return [
    {
      method: 'get',
      path: '/devices',
      right: 'manage',
      description: { summary: 'The device registry: those who wait for approval first', answer: devices },
      async handle(_request, response) {
        const [found, gone] = await Promise.all([listDevices(pool), givenWay(pool)]);
        const here = { aeTitle: dimse.aeTitle, port: dimse.port, tlsPort: dimse.tlsPort ?? null };
        const waitingAtMost = {
          inAll: limits.access.waitingDevices,
          ofAddress: limits.access.waitingDevicesPerAddress,
        };
        const answer = { devices: found.map(deviceJson), here, givenWay: gone ?? null, waitingAtMost };
        response.set('Cache-Control', 'no-store').json(answer);
      },
    },
    {
      method: 'post',
      path: '/devices',
      right: 'manage',
      description: { summary: 'Register a device', body: deviceEntry, answer: device },
      async handle(request, response) {
        const added = await addDevice(pool, await readJson(request, deviceEntry)).catch(refuse);
        note(request, `device ${added.id} added`);
        response.status(201).json(deviceJson(added));
      },
    },
    {
      method: 'put',
      path: '/devices/:device',
      right: 'manage',
      description: { summary: 'Change a device', body: changedEntry, answer: device },
      async handle(request, response) {
        const id = numberIn(request, 'device', noDevice, largestInteger);
        const { version: asRead, ...entry } = await readJson(request, changedEntry);
        const changed = there(await changeDevice(pool, id, entry, asRead).catch(refuse), noDevice);
        note(request, `device ${id} changed`);
        response.json(deviceJson(changed));
      },
    },
    {
      method: 'post',
      path: '/devices/:device/approve',
      right: 'manage',
      description: { summary: 'Let a device call', answer: device },
      async handle(request, response) {
        const id = numberIn(request, 'device', noDevice, largestInteger);
        const approved = there(await approveDevice(pool, id), noDevice);
        note(request, `device ${id} approved`);
        response.json(deviceJson(approved));
      },
    },
    {
      method: 'delete',
      path: '/devices/:device',
      right: 'manage',
      description: { summary: 'Forget a device; when it calls again, it waits for approval' },
      async handle(request, response) {
        const id = numberIn(request, 'device', noDevice, largestInteger);
        if (!(await removeDevice(pool, id))) throw new Problem('notFound', noDevice);
        note(request, `device ${id} removed`);
        response.status(204).end();
      },
    },
    {
      method: 'post',
      path: '/devices/:device/test',
      right: 'manage',
      description: { summary: 'Ask a device by C-ECHO whether it answers us', answer: echoed },
      async handle(request, response) {
        const found = there(await findDevice(pool, numberIn(request, 'device', noDevice, largestInteger)), noDevice);
        response
          .set('Cache-Control', 'no-store')
          .json(await echoDevice(found, { aeTitle: dimse.aeTitle, outgoing: dimse.outgoing, certificates }));
      },
    },
  ];
}

function deviceJson({ asked, ...rest }: RegisteredDevice) {
  const storage = asked.filter(isStorageSOPClass);
  return {
    ...rest,
    asked: {
      services: services.filter((service) => asked.some((uid) => serviceOf(uid) === service)),
      storageClasses: storage.length,
      storage: storage.slice(0, namedStorageClasses).map((uid) => sopClassName(uid) ?? uid),
    },
  };
}

/** The service class of an abstract syntax (PS3.4), as far as a person who approves wants to know. */
function serviceOf(uid: string): (typeof services)[number] {
  if (uid === verificationSOPClass) return 'verification';
  const service = deviceService(uid);
  if (service === 'store') return 'storage';
  // The three of an information model (PS3.4 C.6) end in 1: C-FIND, 2: C-MOVE, 3: C-GET.
  if (service === 'query-retrieve') return uid.endsWith('.1') ? 'query' : 'retrieve';
  return service ?? 'other';
}

function refuse(error: unknown): never {
  if (error instanceof DeviceHasChanged) throw changedMeanwhile(error);
  if (error instanceof DeviceExists) throw new Problem('alreadyThere', error.message, { cause: error });
  throw error;
}
